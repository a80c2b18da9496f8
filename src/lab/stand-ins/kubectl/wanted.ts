import { type Flags, isOn } from './arguments.js';
import type { Session } from './session.js';
import { type KnownType, typeFinder } from './types.js';

const PAGE = 500;

/** One type or name of a type, as the command line asks for it. */
export interface Wanted {
  readonly type: KnownType;
  readonly name: string | undefined;
}

/** `TYPE[,TYPE] [NAME…]` or `TYPE/NAME…`. @throws Failure */
export async function wantedOf(
  words: readonly string[],
  session: Session,
): Promise<readonly Wanted[]> {
  const [first = '', ...names] = words;
  const typeNamed = typeFinder(session);
  const wanted: Wanted[] = [];
  if (first.includes('/')) {
    for (const pair of words) {
      const [type = '', name] = pair.split('/');
      wanted.push({ type: await typeNamed(type), name });
    }
    return wanted;
  }
  for (const word of first.split(',')) {
    const type = await typeNamed(word);
    for (const name of names.length === 0 ? [undefined] : names) wanted.push({ type, name });
  }
  return wanted;
}

export const isEverywhere = (flags: Flags): boolean => isOn(flags, 'all-namespaces');

export function pathOf(flags: Flags, session: Session, { type, name }: Wanted): string {
  const isScoped = name !== undefined || !isEverywhere(flags);
  const namespace = flags.get('namespace') ?? session.target.namespace;
  return objectPath(type, isScoped ? namespace : undefined, name);
}

export function objectPath(
  { group, version, plural, isNamespaced }: KnownType,
  namespace: string | undefined,
  name: string | undefined,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = isNamespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${name}`}`;
}

export function listQuery(flags: Flags, next: string | undefined): string {
  const query = new URLSearchParams({ limit: String(PAGE) });
  const fields = flags.get('field-selector');
  const labels = flags.get('selector');
  if (fields !== undefined) query.set('fieldSelector', fields);
  if (labels !== undefined) query.set('labelSelector', labels);
  if (next !== undefined) query.set('continue', next);
  return query.toString();
}

/** `?a=b`, or nothing. */
export function queryText(query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? '' : `?${text}`;
}

/** `lease.coordination.k8s.io` */
export const printedName = ({ kind, group }: KnownType): string =>
  kind.toLowerCase() + (group === '' ? '' : `.${group}`);

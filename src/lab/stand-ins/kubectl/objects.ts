import type { Flags } from './arguments.js';
import type { Io } from './io.js';
import { goJson, type KubeItem } from './printing.js';
import type { Session } from './session.js';
import type { KnownType } from './types.js';
import { listQuery, pathOf, printedName, type Wanted } from './wanted.js';
import { kubeYaml } from './yaml.js';

export interface Found {
  readonly type: KnownType;
  readonly item: KubeItem;
}

interface List {
  readonly items: readonly KubeItem[];
  readonly metadata: { readonly continue?: string };
}

/** One object, or every one that is selected. @throws Failure */
export async function findObjects(
  flags: Flags,
  session: Session,
  wanted: Wanted,
): Promise<readonly Found[]> {
  const { type, name } = wanted;
  const path = pathOf(flags, session, wanted);
  if (name !== undefined) {
    return [{ type, item: (await session.json('GET', path)) as KubeItem }];
  }
  const found: Found[] = [];
  let next: string | undefined;
  do {
    const page = (await session.json('GET', `${path}?${listQuery(flags, next)}`)) as List;
    found.push(...page.items.map((item) => ({ type, item })));
    next = page.metadata.continue || undefined;
  } while (next !== undefined);
  return found;
}

/** What became of an object: `node/a labeled`, or the object when `-o` asks for it. */
export function printDone({ type, item }: Found, what: string, flags: Flags, io: Io): void {
  const name = `${printedName(type)}/${item.metadata.name}`;
  switch (flags.get('output')) {
    case 'json':
      io.out(goJson(item));
      return;
    case 'yaml':
      io.out(kubeYaml(item));
      return;
    case 'name':
      io.out(`${name}\n`);
      return;
    default:
      io.out(`${name} ${what}\n`);
  }
}

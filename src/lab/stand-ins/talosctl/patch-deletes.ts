import { CommandError } from './errors.js';

export type Fields = { readonly [key: string]: unknown };

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One `$patch: delete`: where it stood. */
export interface Deletion {
  readonly path: readonly string[];
  /** In a list: what the entry says of itself. */
  readonly entry: readonly [key: string, value: unknown] | null;
}

export interface Split {
  /** What is left to merge; null: nothing. */
  readonly rest: Fields | null;
  readonly deletions: readonly Deletion[];
}

const isMark = (value: unknown): value is Fields => isFields(value) && value.$patch === 'delete';

/** talos: configloader, AppendDeletesTo. What becomes empty by this goes away as well. */
export function splitDeletions(document: Fields): Split {
  const deletions: Deletion[] = [];
  const rest = without(document, [], deletions);
  return { rest: rest === undefined ? null : (rest as Fields), deletions };
}

function without(value: unknown, path: readonly string[], found: Deletion[]): unknown {
  if (isMark(value)) {
    found.push({ path, entry: null });
    return undefined;
  }
  if (Array.isArray(value)) return withoutEntries(value, path, found);
  if (!isFields(value)) return value;
  const fields = Object.entries(value).map(
    ([key, inner]) => [key, without(inner, [...path, key], found)] as const,
  );
  const kept = fields.filter(([, inner]) => inner !== undefined);
  const isEmptied = kept.length === 0 && fields.length > 0;
  return isEmptied ? undefined : Object.fromEntries(kept);
}

function withoutEntries(
  list: readonly unknown[],
  path: readonly string[],
  found: Deletion[],
): readonly unknown[] | undefined {
  const kept = list.flatMap((item, index) => {
    if (!isMark(item)) return [without(item, [...path, `[${index}]`], found)];
    const entry = Object.entries(item).find(([key]) => key !== '$patch');
    if (entry === undefined) {
      throw new CommandError(`no key:val found in sequence node for path ${path.join('.')}`);
    }
    found.push({ path: [...path, `[${index}]`], entry });
    return [];
  });
  return kept.length === 0 && list.length > 0 ? undefined : kept;
}

/** @returns null when the whole document goes. @throws CommandError when it is not there. */
export function carryOutDeletion(
  document: Fields,
  { path, entry }: Deletion,
  label: string,
): Fields | null {
  if (path.length === 0) return null;
  const changed = removed(document, path, entry);
  if (changed !== undefined) return changed as Fields;
  const place = path.join('.');
  throw new CommandError(`${label}failed to delete path '${place}': lookup failed`);
}

/** undefined = it was not there. A key of Talos' own structs is always there, if only without a value. */
function removed(value: unknown, path: readonly string[], entry: Deletion['entry']): unknown {
  const [head = '', ...rest] = path;
  if (Array.isArray(value)) {
    const index = value.findIndex(
      (item) => isFields(item) && item[entry?.[0] ?? ''] === entry?.[1],
    );
    return rest.length > 0 || index < 0 ? undefined : value.toSpliced(index, 1);
  }
  if (!isFields(value)) return undefined;
  if (rest.length > 0) {
    const inner = removed(value[head], rest, entry);
    return inner === undefined ? undefined : { ...value, [head]: inner };
  }
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== head));
}

import { DOCUMENT_KINDS, DOCUMENT_STRUCTS } from './document-structs.js';
import { MACHINE_STRUCTS } from './machine-structs.js';

/**
 * The tables hold one struct per entry: its name and its keys in their order. `key:Struct` nests, `=b` is a boolean,
 * `=n` a number, `=s` anything else; `[]` and `{}` wrap lists and maps; `@13` came with that minor, `<13` left with it.
 */
export type Leaf = 'boolean' | 'number' | 'other';

export interface Key {
  /** The struct that it is a field of. */
  readonly owner: string;
  readonly name: string;
  readonly leaf: Leaf;
  /** null = no fields of its own. */
  readonly struct: string | null;
  readonly wrap: 'list' | 'map' | null;
  readonly sinceMinor: number;
  readonly untilMinor: number;
}

export type Struct = ReadonlyMap<string, Key>;

export interface DocumentKind {
  readonly kind: string;
  /** `network.HostnameConfigV1Alpha1` */
  readonly goType: string;
  readonly struct: Struct;
}

const ENTRY = /^([^\s:=@<[{]+)(?::([^@<[{]+)|=([bnsm]))?(\[\]|\{\})*(?:@(\d+))?(?:<(\d+))?$/;

const LEAVES: Readonly<Record<string, Leaf>> = { b: 'boolean', n: 'number' };

function keyOf(text: string, owner = ''): Key {
  const [, name = '', struct, leaf = '', wrap, since, until] = ENTRY.exec(text) ?? [];
  return {
    owner,
    name,
    struct: struct ?? null,
    leaf: LEAVES[leaf] ?? 'other',
    wrap: wrap === undefined ? null : wrap === '[]' ? 'list' : 'map',
    sinceMinor: Number(since ?? 0),
    untilMinor: Number(until ?? Number.POSITIVE_INFINITY),
  };
}

/** Lines of an entry that go on start with spaces. */
const entriesOf = (table: string): readonly (readonly string[])[] =>
  table
    .trim()
    .replaceAll('\n ', ' ')
    .split('\n')
    .map((line) => line.split(/\s+/));

let structs: ReadonlyMap<string, readonly Key[]> | null = null;

/** Read with the first configuration that somebody applies: a lab that only runs needs none of this. */
function allStructs(): ReadonlyMap<string, readonly Key[]> {
  structs ??= new Map(
    [MACHINE_STRUCTS, DOCUMENT_STRUCTS]
      .flatMap(entriesOf)
      .map(([name = '', ...keys]) => [name, keys.map((key) => keyOf(key, name))]),
  );
  return structs;
}

/** null = its fields are anybody's. */
export function structOf(name: string, minor: number): Struct | null {
  const keys = name === 'Unstructured' ? undefined : allStructs().get(name);
  if (keys === undefined) return null;
  const current = keys.filter(
    ({ sinceMinor, untilMinor }) => minor >= sinceMinor && minor < untilMinor,
  );
  return new Map(current.map((key) => [key.name, key]));
}

/** `siderolink.SiderolinkConfig`, as our table has to tell them apart, is Talos' `siderolink.ConfigV1Alpha1`. */
function typeName(entry: string): string {
  const [from = '', struct = ''] = entry.split('.');
  const prefix = `${from.charAt(0).toUpperCase()}${from.slice(1)}`;
  const name = struct.startsWith(prefix) ? struct.slice(prefix.length) : struct;
  return `${from}.${name}V1Alpha1`;
}

/** null: a node of this version does not know it. */
export function documentKind(kind: string, minor: number): DocumentKind | null {
  for (const [entry = '', goType = ''] of entriesOf(DOCUMENT_KINDS)) {
    const { name, sinceMinor } = keyOf(entry);
    if (name !== kind || minor < sinceMinor) continue;
    const [, struct = ''] = goType.split('.');
    return {
      kind,
      goType: kind === 'v1alpha1' ? 'v1alpha1.Config' : typeName(goType),
      struct: structOf(struct, minor) ?? new Map(),
    };
  }
  return null;
}

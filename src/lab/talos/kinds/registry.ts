import {
  type NamedDefinition,
  nameDefinition,
  type TypeDefinition,
} from '../resource-definitions.js';
import { REGISTERED_TYPES } from './registered-types.js';

interface Registered extends TypeDefinition {
  readonly sinceMinor: number;
  /** The first minor without it. */
  readonly untilMinor: number;
  /** null = never. */
  readonly sensitiveSinceMinor: number | null;
  readonly columnsSince: readonly number[];
}

const META: readonly string[] = [
  'ResourceDefinitions.meta.cosi.dev|meta||api-resources|Aliases=.aliases[:]',
  'Namespaces.meta.cosi.dev|meta||ns',
];

function parse(line: string): Registered {
  const [name = '', namespace = '', flags = '', aliases = '', columns = ''] = line.split('|');
  const words = flags.split(' ');
  const minor = (pattern: RegExp): number | null => {
    const found = words.map((word) => pattern.exec(word)).find((match) => match !== null);
    return found === undefined ? null : Number(found[1] ?? 0);
  };
  const cells = columns.split(';').filter((text) => text !== '');
  return {
    type: name.endsWith('.cosi.dev') ? name : `${name}.talos.dev`,
    namespace,
    isSensitive: false,
    isPlain: words.includes('plain'),
    aliases: aliases.split(',').filter((text) => text !== ''),
    columns: cells.map((cell) => {
      const [title = '', ...path] = cell.split('=');
      return { name: title.replace(/@\d+$/, ''), jsonPath: `{${path.join('=')}}` };
    }),
    columnsSince: cells.map((cell) => Number(/^[^=]*@(\d+)=/.exec(cell)?.[1] ?? 0)),
    sinceMinor: minor(/^\+(\d+)$/) ?? 0,
    untilMinor: minor(/^-(\d+)$/) ?? Number.POSITIVE_INFINITY,
    sensitiveSinceMinor: minor(/^S(\d*)$/),
  };
}

let parsed: ReadonlyMap<string, Registered> | undefined;

function registered(): ReadonlyMap<string, Registered> {
  parsed ??= new Map(
    [...META, ...REGISTERED_TYPES.trim().split('\n')].map((line) => {
      const entry = parse(line);
      return [entry.type, entry];
    }),
  );
  return parsed;
}

const exists = (entry: Registered, minor: number): boolean =>
  minor >= entry.sinceMinor && minor < entry.untilMinor;

/** Whether a node of this minor knows the type. */
export function isRegistered(type: string, minor: number): boolean {
  const entry = registered().get(type);
  return entry !== undefined && exists(entry, minor);
}

/** Whatever the namespace: the type alone decides (talos: access filter of apid). */
export function isSensitiveType(type: string, minor: number): boolean {
  const since = registered().get(type)?.sensitiveSinceMinor ?? null;
  return since !== null && minor >= since;
}

/** All types of a node of this minor, as its ResourceDefinitions say. */
export const definitionsOf = (minor: number): readonly NamedDefinition[] =>
  [...registered().values()]
    .filter((entry) => exists(entry, minor))
    .map((entry) =>
      nameDefinition({
        ...entry,
        isSensitive: isSensitiveType(entry.type, minor),
        columns: entry.columns.filter((_, index) => minor >= (entry.columnsSince[index] ?? 0)),
      }),
    );

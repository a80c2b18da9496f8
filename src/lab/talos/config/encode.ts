import type { Document } from '../../world/talos-settings.js';
import { toGoYaml, type YamlValue } from '../go-yaml.js';
import { documentKind, type Key, type Struct, structOf } from './structs.js';

type Fields = { readonly [key: string]: YamlValue | undefined };

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The documents as Talos would write them again: keys in the order of its structs, without comments. */
export function encodeConfig(documents: readonly Document[], minor: number): string {
  return documents
    .map((document) => {
      const { kind } = document;
      const found = documentKind(typeof kind === 'string' ? kind : 'v1alpha1', minor);
      const fields = document as Fields;
      return toGoYaml(found === null ? fields : inOrder(fields, found.struct, minor));
    })
    .join('---\n');
}

function inOrder(fields: Fields, struct: Struct, minor: number): YamlValue {
  const entries = [...struct.values()].flatMap((key) => {
    const value = fields[key.name];
    return value === undefined ? [] : [[key.name, ordered(value, key, minor)] as const];
  });
  return Object.fromEntries(entries);
}

function ordered(value: YamlValue, key: Key, minor: number): YamlValue {
  const struct = key.struct === null ? null : structOf(key.struct, minor);
  const one = (item: YamlValue): YamlValue =>
    struct !== null && isFields(item) ? inOrder(item, struct, minor) : sorted(item);
  if (Array.isArray(value)) return (value as readonly YamlValue[]).map(one);
  if (key.wrap !== 'map' || !isFields(value)) return one(value);
  return mapped(value, one);
}

/** Go writes a map by its keys. */
function sorted(value: YamlValue): YamlValue {
  if (Array.isArray(value)) return (value as readonly YamlValue[]).map(sorted);
  return isFields(value) ? mapped(value, sorted) : value;
}

const mapped = (fields: Fields, change: (value: YamlValue) => YamlValue): YamlValue =>
  Object.fromEntries(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, value === undefined ? value : change(value)]),
  );

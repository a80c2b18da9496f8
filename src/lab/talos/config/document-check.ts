import {
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { YamlValue } from '../go-yaml.js';
import { type Key, type Struct, structOf } from './structs.js';

type Unknown = YamlValue | undefined;

/** Compares a document with the structs that Talos reads it into. */
export class DocumentCheck {
  /** `line 5: cannot unmarshal !!str …` */
  readonly errors: string[] = [];
  readonly #lines: LineCounter;
  readonly #minor: number;

  constructor(lines: LineCounter, minor: number) {
    this.#lines = lines;
    this.#minor = minor;
  }

  /** @returns what nothing reads; undefined = everything is read. */
  map(map: YAMLMap, struct: Struct): Unknown {
    const unknown: [string, YamlValue][] = [];
    const lines = new Map<string, number>();
    for (const { key, value } of map.items) {
      const name = String(isScalar(key) ? key.value : key);
      const line = isScalar(key) ? this.#lineOf(key) : 0;
      const before = lines.get(name);
      if (before !== undefined) {
        this.errors.push(`line ${line}: mapping key "${name}" already defined at line ${before}`);
      }
      lines.set(name, line);
      const known = struct.get(name);
      const rest = known === undefined ? plain(value) : this.#field(value, known);
      if (rest !== undefined) unknown.push([name, rest]);
    }
    // Go prints a map by its keys.
    unknown.sort(([a], [b]) => (a < b ? -1 : 1));
    return unknown.length === 0 ? undefined : Object.fromEntries(unknown);
  }

  #field(value: unknown, key: Key): Unknown {
    if (value === null || (isScalar(value) && value.value === null)) return undefined;
    if (key.wrap === 'list') return this.#list(value, key);
    if (key.wrap === 'map') return this.#dictionary(value, key);
    return this.#value(value, key);
  }

  #list(value: unknown, key: Key): Unknown {
    if (!isSeq(value)) {
      // Several lists of Talos take a single text, or a form of their own.
      if (key.struct !== null) this.#mismatch(value, `[]${goTypeOf(key)}`);
      return undefined;
    }
    const rests = value.items.map((item) => this.#value(item, key));
    const unknown = rests.filter((rest) => rest !== undefined);
    return unknown.length === 0 ? undefined : unknown;
  }

  #dictionary(value: unknown, key: Key): Unknown {
    if (!isMap(value)) {
      this.#mismatch(value, `map[string]${goTypeOf(key)}`);
      return undefined;
    }
    const rests = value.items.flatMap(({ key: name, value: item }) => {
      const rest = this.#value(item, key);
      return rest === undefined
        ? []
        : [[String(isScalar(name) ? name.value : name), rest] as const];
    });
    return rests.length === 0 ? undefined : Object.fromEntries(rests);
  }

  #value(value: unknown, key: Key): Unknown {
    if (key.struct !== null) return this.#nested(value, key);
    if (isScalar(value)) this.#scalar(value, key);
    else if (key.leaf !== 'other') this.#mismatch(value, goTypeOf(key));
    return undefined;
  }

  #nested(value: unknown, key: Key): Unknown {
    const struct = structOf(key.struct ?? '', this.#minor);
    if (struct === null) return undefined;
    if (isMap(value)) return this.map(value, struct);
    if (!isScalar(value) || value.value !== null) this.#mismatch(value, goTypeOf(key));
    return undefined;
  }

  #scalar(scalar: Scalar, key: Key): void {
    const text = scalar.source ?? String(scalar.value);
    const isRight =
      scalar.value === null ||
      key.leaf === 'other' ||
      (key.leaf === 'boolean'
        ? isBoolean(scalar, text)
        : /^[-+]?(?:[\d_]+|0x[\da-f_]+|0o?[0-7_]+)$/i.test(text));
    if (!isRight) this.#mismatch(scalar, goTypeOf(key));
  }

  #mismatch(value: unknown, goType: string): void {
    const node = value as Node;
    this.errors.push(`line ${this.#lineOf(node)}: cannot unmarshal ${tagOf(node)} into ${goType}`);
  }

  #lineOf(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line;
  }
}

/** yaml.v4 accepts 1.1's words where a boolean is wanted. */
const isBoolean = (scalar: Scalar, text: string): boolean =>
  typeof scalar.value === 'boolean' ||
  (scalar.type === 'PLAIN' && /^(?:y|yes|on|n|no|off)$/i.test(text));

function goTypeOf({ struct, leaf }: Key): string {
  if (struct !== null) return `v1alpha1.${struct}`;
  if (leaf === 'boolean') return 'bool';
  return leaf === 'number' ? 'int' : 'string';
}

function tagOf(node: Node): string {
  if (isMap(node)) return '!!map';
  if (isSeq(node)) return '!!seq';
  if (!isScalar(node)) return '!!null';
  const text = node.source ?? String(node.value);
  const short = text.length > 10 ? `${text.slice(0, 7)}...` : text;
  const { value } = node;
  const kind =
    typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'int'
          : 'float'
        : 'str';
  return `!!${kind} \`${short}\``;
}

function plain(value: unknown): YamlValue {
  if (value === null || value === undefined) return null;
  return (value as { toJSON: () => YamlValue }).toJSON();
}

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
import { textFault } from './go-texts.js';
import {
  isArgs,
  isOpaque,
  itemTypeOf,
  pemFieldsOf,
  readerOf,
  takesText,
  wholeTypeOf,
} from './go-types.js';
import { type Key, type Struct, structOf } from './structs.js';

type Unknown = YamlValue | undefined;

/** What yaml of that release says: v3 and v4 up to rc.3 unmarshal, later ones construct. */
export const constructs = (minor: number): boolean => minor >= 13;

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
    if (isScalar(value) && takesText(key)) return undefined;
    if (!isSeq(value)) {
      this.#mismatch(value, wholeTypeOf(key, this.#minor));
      return undefined;
    }
    if (takesText(key) && wholeTypeOf(key, this.#minor) === 'string')
      this.#mismatch(value, 'string');
    const rests = value.items.map((item) => this.#value(item, key));
    const unknown = rests.filter((rest) => rest !== undefined);
    return unknown.length === 0 ? undefined : unknown;
  }

  #dictionary(value: unknown, key: Key): Unknown {
    if (!isMap(value)) {
      this.#mismatch(value, wholeTypeOf(key, this.#minor));
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
    if (isScalar(value) && value.value === null) return undefined;
    if (key.struct !== null) return this.#nested(value, key);
    const fields = pemFieldsOf(key);
    const type = itemTypeOf(key, this.#minor);
    if (fields !== null) return this.#pem(value, fields, type);
    if (isScalar(value)) this.#scalar(value, type);
    else if (isMap(value) && isOpaque(type) && !constructs(this.#minor)) return plain(value);
    else if (isArgs(key, this.#minor)) this.#argument(value);
    else this.#mismatch(value, readerOf(type, this.#minor));
    return undefined;
  }

  #argument(value: unknown): void {
    if (isSeq(value) && value.items.every((item) => isScalar(item))) return;
    this.errors.push(
      `line ${this.#lineOf(value as Node)}: arg value must be a string or list of strings`,
    );
  }

  #nested(value: unknown, key: Key): Unknown {
    const struct = structOf(key.struct ?? '', this.#minor);
    if (!isMap(value)) {
      this.#mismatch(value, itemTypeOf(key, this.#minor));
      return undefined;
    }
    return struct === null ? undefined : this.map(value, struct);
  }

  #pem(value: unknown, fields: readonly string[], type: string): Unknown {
    if (!isMap(value)) {
      this.#mismatch(value, type);
      return undefined;
    }
    const unknown = value.items.flatMap(({ key: name, value: item }) => {
      const text = String(isScalar(name) ? name.value : name);
      return fields.includes(text) ? [] : [[text, plain(item)] as const];
    });
    return unknown.length === 0 ? undefined : Object.fromEntries(unknown);
  }

  #scalar(scalar: Scalar, type: string): void {
    const text = scalar.source ?? String(scalar.value);
    if (!fits(scalar, text, type)) this.#mismatch(scalar, type);
    const fault = textFault(type, text);
    if (fault !== null) this.errors.push(`line ${this.#lineOf(scalar)}: ${fault}`);
  }

  #mismatch(value: unknown, goType: string): void {
    const node = value as Node;
    const verb = constructs(this.#minor) ? 'construct' : 'unmarshal';
    this.errors.push(`line ${this.#lineOf(node)}: cannot ${verb} ${tagOf(node)} into ${goType}`);
  }

  #lineOf(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line;
  }
}

/** yaml.v4 accepts 1.1's words where a boolean is wanted. */
const isBoolean = (scalar: Scalar, text: string): boolean =>
  typeof scalar.value === 'boolean' ||
  (scalar.type === 'PLAIN' && /^(?:y|yes|on|n|no|off)$/i.test(text));

const INTEGER = /^(?:v1alpha1\.FileMode|u?int\d*)$/;
const DURATION = /^[-+]?(?:0|(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+)$/;

function fits(scalar: Scalar, text: string, type: string): boolean {
  if (type === 'bool') return isBoolean(scalar, text);
  if (type === 'time.Duration') return DURATION.test(text);
  if (!INTEGER.test(type)) return true;
  // yaml cuts what comes after the point.
  return typeof scalar.value === 'number' || /^[-+]?(?:[\d_]+|0x[\da-f_]+|0o?[0-7_]+)$/i.test(text);
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

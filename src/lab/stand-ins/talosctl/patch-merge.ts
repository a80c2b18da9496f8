import { isDeepStrictEqual } from 'node:util';
import { documentKind, type Key, type Struct, structOf } from '../../talos/config/structs.js';
import { type Fields, isFields } from './patch-deletes.js';

/** talos@1.11–1.14: `merge:"replace"` in pkg/machinery/config/types. */
const REPLACED: ReadonlySet<string> = new Set([
  ...['podSubnets', 'serviceSubnets', 'auditPolicy', 'domains', 'ingress', 'ports'],
  ...['advertise', 'importRoutes', 'neighbors', 'pod', 'overrides'],
]);
/** Of these kinds alone. */
const REPLACED_CONFIGURATIONS: ReadonlySet<string> = new Set([
  'KubeAuditPolicyConfig',
  'KubeAuthenticationConfig',
  'KubeCredentialProviderConfig',
]);
/** Lists whose entries are known by one of their fields. */
const KEYED: Readonly<Record<string, readonly string[]>> = {
  interfaces: ['interface', 'deviceSelector'],
  vlans: ['vlanId'],
  admissionControl: ['name'],
  configFiles: ['mountPath'],
};

/** talos: merge.Merge of two documents of one kind. */
export function mergeDocument(left: Fields, right: Fields, minor: number): Fields {
  const kind = typeof left.kind === 'string' ? left.kind : 'v1alpha1';
  const struct = documentKind(kind, minor)?.struct ?? null;
  return new Merge(kind, minor).fields(left, right, struct);
}

class Merge {
  readonly #kind: string;
  readonly #minor: number;

  constructor(kind: string, minor: number) {
    this.#kind = kind;
    this.#minor = minor;
  }

  fields(left: Fields, right: Fields, struct: Struct | null): Fields {
    const merged: Record<string, unknown> = { ...left };
    for (const [name, value] of Object.entries(right)) {
      const key = struct?.get(name) ?? null;
      const isZero = value === null || (key?.wrap === null && (value === '' || value === 0));
      // A zero value of a struct is the same as none.
      if (!isZero) merged[name] = this.#value(merged[name], value, name, key);
    }
    return merged;
  }

  #value(old: unknown, value: unknown, name: string, key: Key | null): unknown {
    if (old === undefined || old === null || this.#isReplaced(name)) return value;
    const struct = key?.struct == null ? null : structOf(key.struct, this.#minor);
    if (Array.isArray(old) && Array.isArray(value)) return this.#lists(old, value, name, struct);
    if (!isFields(old) || !isFields(value)) return value;
    if (name === 'extraArgs') return { ...old, ...value };
    if (key?.wrap !== 'map' || struct === null) return this.fields(old, value, struct);
    return this.#map(old, value, struct);
  }

  #isReplaced(name: string): boolean {
    return (
      REPLACED.has(name) || (name === 'configuration' && REPLACED_CONFIGURATIONS.has(this.#kind))
    );
  }

  #map(old: Fields, value: Fields, struct: Struct): Fields {
    const merged: Record<string, unknown> = { ...old };
    for (const [name, entry] of Object.entries(value)) {
      const before = merged[name];
      const isPair = isFields(before) && isFields(entry);
      merged[name] = isPair ? this.fields(before, entry, struct) : entry;
    }
    return merged;
  }

  #lists(
    old: readonly unknown[],
    value: readonly unknown[],
    name: string,
    struct: Struct | null,
  ): readonly unknown[] {
    const keys = KEYED[name] ?? [];
    const merged = [...old];
    for (const entry of value) {
      const index = merged.findIndex((each) => isSameEntry(each, entry, keys));
      const before = merged[index];
      if (!isFields(before) || !isFields(entry)) merged.push(entry);
      else merged[index] = this.fields(before, entry, struct);
    }
    return merged;
  }
}

function isSameEntry(a: unknown, b: unknown, keys: readonly string[]): boolean {
  if (!isFields(a) || !isFields(b)) return false;
  const key = keys.find((each) => b[each] !== undefined);
  return key !== undefined && a[key] !== undefined && isDeepStrictEqual(a[key], b[key]);
}

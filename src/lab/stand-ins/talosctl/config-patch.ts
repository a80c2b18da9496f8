import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { CommandError, textOf } from './errors.js';

type Value = unknown;
type Fields = Readonly<Record<string, Value>>;

const isFields = (value: Value): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws CommandError when it is no YAML. */
function documentsOf(text: string): readonly Fields[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new CommandError(`yaml: ${error.message.split('\n')[0]}`);
    const value: Value = document.toJS();
    return isFields(value) ? [value] : [];
  });
}

/** `@file`, or the patch itself. @throws CommandError when the file cannot be read. */
function patchText(argument: string): string {
  if (!argument.startsWith('@')) return argument;
  try {
    return readFileSync(argument.slice(1), 'utf8');
  } catch (error) {
    throw new CommandError(textOf(error));
  }
}

/** talos: merge.Merge replaces these lists; all others grow. */
const REPLACED: ReadonlySet<string> = new Set([
  'podSubnets',
  'serviceSubnets',
  'auditPolicy',
  'admissionControl',
]);
/** Lists whose entries are known by one of their fields. */
const KEYED: Readonly<Record<string, readonly string[]>> = {
  interfaces: ['interface', 'deviceSelector'],
  vlans: ['vlanId'],
  admissionControl: ['name'],
};

function mergeLists(key: string, left: readonly Value[], right: readonly Value[]): Value {
  if (REPLACED.has(key) && KEYED[key] === undefined) return right;
  const keys = KEYED[key] ?? [];
  const identity = (value: Value): string | null => {
    if (!isFields(value)) return null;
    const name = keys.find((each) => value[each] !== undefined);
    return name === undefined ? null : JSON.stringify([name, value[name]]);
  };
  const merged = [...left];
  for (const entry of right) {
    const id = identity(entry);
    const index = id === null ? -1 : merged.findIndex((each) => identity(each) === id);
    const old = merged[index];
    if (index < 0 || !isFields(old) || !isFields(entry)) merged.push(entry);
    else merged[index] = merge(old, entry);
  }
  return merged;
}

/** Strategic merge; `$patch: delete` takes a field or an entry out. */
function merge(left: Fields, right: Fields): Fields {
  const merged: Record<string, Value> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = merged[key];
    if (isFields(value) && value.$patch === 'delete') delete merged[key];
    else if (isFields(old) && isFields(value)) merged[key] = merge(old, value);
    else if (Array.isArray(old) && Array.isArray(value)) merged[key] = mergeLists(key, old, value);
    else merged[key] = value;
  }
  return merged;
}

const identityOf = ({ kind, name }: Fields): string => JSON.stringify([kind ?? null, name ?? null]);

function mergeDocuments(left: readonly Fields[], right: readonly Fields[]): readonly Fields[] {
  let merged = [...left];
  for (const patch of right) {
    const id = identityOf(patch);
    const index = merged.findIndex((each) => identityOf(each) === id);
    const old = merged[index];
    if (patch.$patch === 'delete') merged = merged.filter((each) => identityOf(each) !== id);
    else if (old === undefined) merged.push(patch);
    else merged[index] = merge(old, patch);
  }
  return merged;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: Value;
}

const isJsonPatch = (text: string): boolean => /^\s*(?:\[|- op:)/.test(text);

/** RFC 6902: add, replace, remove. @throws CommandError for a path that is not there. */
function applyOperation(document: Fields, { op, path, value }: Operation): Fields {
  const result = structuredClone(document) as Record<string, Value>;
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = parts.pop() ?? '';
  let at: Value = result;
  for (const part of parts) at = (at as Record<string, Value> | undefined)?.[part];
  if (typeof at !== 'object' || at === null) {
    throw new CommandError(`error in ${op} for path '${path}': missing path`);
  }
  const target = at as Record<string, Value>;
  if (op === 'remove' || op === 'replace') {
    if (target[last] === undefined) {
      throw new CommandError(`Unable to ${op} nonexistent key: ${last}: missing value`);
    }
  }
  if (op === 'remove') delete target[last];
  else if (Array.isArray(at) && last === '-') at.push(value);
  else target[last] = value;
  return result;
}

/** talos: configpatcher.Apply. @throws CommandError. */
export function patchConfig(text: string, patches: readonly string[]): string {
  let documents = documentsOf(text);
  for (const patch of patches.map(patchText)) {
    if (!isJsonPatch(patch)) {
      documents = mergeDocuments(documents, documentsOf(patch));
      continue;
    }
    if (documents.length > 1) {
      throw new CommandError(
        'JSON6902 patches are not supported for multi-document machine configuration',
      );
    }
    const [operations] = parseAllDocuments(patch).map((each) => each.toJS() as Operation[]);
    documents = documents.map((document) => (operations ?? []).reduce(applyOperation, document));
  }
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

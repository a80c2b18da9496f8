import { fieldAt, isJsonObject, type JsonObject } from './object.js';
import { ApiError, badRequest } from './status.js';

/** RFC 7386: null deletes a key, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Lists that a strategic merge joins by a key instead of replacing (k8s API: patchMergeKey). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  taints: 'key',
  containers: 'name',
  ownerReferences: 'uid',
};

/** application/strategic-merge-patch+json, with `$patch: delete|replace` and `$retainKeys` left out of the result. */
export function strategicMergePatch(target: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch)) return mergeLists(target, patch, MERGE_KEYS[field]);
  if (!isJsonObject(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  const merged: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete merged[key];
    else merged[key] = strategicMergePatch(merged[key], value, key);
  }
  return merged;
}

function mergeLists(
  target: unknown,
  patch: readonly unknown[],
  mergeKey: string | undefined,
): readonly unknown[] {
  if (mergeKey === undefined) return patch;
  if (patch.some((entry) => fieldAt(entry, '$patch') === 'replace')) {
    return patch.filter((entry) => fieldAt(entry, '$patch') !== 'replace');
  }
  let result: readonly unknown[] = Array.isArray(target) ? target : [];
  for (const entry of patch) {
    const identity = fieldAt(entry, mergeKey);
    const isSameEntry = (other: unknown) => fieldAt(other, mergeKey) === identity;
    if (fieldAt(entry, '$patch') === 'delete') {
      result = result.filter((other) => !isSameEntry(other));
    } else if (result.some(isSameEntry)) {
      result = result.map((other) =>
        isSameEntry(other) ? strategicMergePatch(other, entry) : other,
      );
    } else {
      result = [...result, entry];
    }
  }
  return result;
}

const withoutDirectives = (patch: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));

/** RFC 6902: add, replace, remove, test. @throws ApiError 400, 422 */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest('json patch must be a list of operations');
  return operations.reduce((document: unknown, operation: unknown) => {
    const path = pointer(String(fieldAt(operation, 'path') ?? ''));
    const name = String(fieldAt(operation, 'op'));
    if (name === 'test') {
      const expected = JSON.stringify(fieldAt(operation, 'value'));
      if (JSON.stringify(valueAt(document, path)) === expected) return document;
      throw unprocessable(`testing value ${path.join('/')} failed: test failed`);
    }
    if (name !== 'add' && name !== 'replace' && name !== 'remove') {
      throw unprocessable(`Unexpected kind: ${name}`);
    }
    return changeAt(document, path, name, fieldAt(operation, 'value'));
  }, target);
}

const unprocessable = (message: string): ApiError =>
  new ApiError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${message}`,
  );

const pointer = (text: string): readonly string[] =>
  text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

const valueAt = (document: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      Array.isArray(value) ? value[Number(key)] : isJsonObject(value) ? value[key] : undefined,
    document,
  );

function changeAt(
  document: unknown,
  path: readonly string[],
  operation: 'add' | 'replace' | 'remove',
  value: unknown,
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(document)) {
    const copy = [...document];
    const index = key === '-' ? copy.length : Number(key);
    if (rest.length > 0) copy[index] = changeAt(copy[index], rest, operation, value);
    else if (operation === 'add') copy.splice(index, 0, value);
    else if (operation === 'replace') copy[index] = value;
    else copy.splice(index, 1);
    return copy;
  }
  if (!isJsonObject(document)) throw unprocessable(`doc is missing path: /${path.join('/')}`);
  const { [key]: child, ...others } = document;
  if (rest.length > 0) return { ...document, [key]: changeAt(child, rest, operation, value) };
  return operation === 'remove' ? others : { ...document, [key]: value };
}

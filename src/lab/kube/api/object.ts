import type { KubeObject } from '../../world/types.js';
import { badRequest } from './status.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Value at a dotted path, undefined where the path ends early. */
export function fieldAt(value: unknown, path: string): unknown {
  let current = value;
  for (const part of path.split('.')) {
    if (!isJsonObject(current)) return undefined;
    current = current[part];
  }
  return current;
}

export const textAt = (value: unknown, path: string): string => {
  const found = fieldAt(value, path);
  return typeof found === 'string' ? found : '';
};

export const listAt = (value: unknown, path: string): readonly unknown[] => {
  const found = fieldAt(value, path);
  return Array.isArray(found) ? found : [];
};

/** `kube-system/coredns`, or the bare name of an object without a namespace: the world's key. */
export const keyOf = (namespace: string | undefined, name: string): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

export const objectKey = ({ metadata }: KubeObject): string =>
  keyOf(metadata.namespace, metadata.name);

/** A request body that has at least the shape of an object. @throws ApiError 400 */
export function asObject(value: unknown): JsonObject & { readonly metadata: JsonObject } {
  if (!isJsonObject(value))
    throw badRequest('the object provided is unrecognized (must be of type Object)');
  const { metadata } = value;
  return { ...value, metadata: isJsonObject(metadata) ? metadata : {} };
}

/** `2026-11-20T08:00:00Z`: metav1.Time has whole seconds. */
export const timestamp = (atMs: number): string =>
  `${new Date(atMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;

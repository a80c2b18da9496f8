import { z } from 'zod';
import { kubeMalformed } from './kube-errors.js';
import type { Entry } from './watched-items.js';

/** One collection of the API and how its objects become ours. */
export interface KubeKind<T> {
  /** `/api/v1/nodes` */
  readonly path: string;
  readonly fieldSelector?: string;
  readonly schema: z.ZodType<T>;
}

const identity = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
});
const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const page = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});
const event = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
});

export interface KubePage<T> {
  readonly entries: readonly Entry<T>[];
  readonly resourceVersion: string;
  readonly next: string | null;
}

export type KubeWatchEvent = z.infer<typeof event>;

/** @throws ClientError malformed */
export function pageOf<T>(kind: KubeKind<T>, content: unknown): KubePage<T> {
  const result = page.safeParse(content);
  if (!result.success) throw kubeMalformed(kind.path, 'it is no list', result.error);
  const { metadata, items } = result.data;
  return {
    entries: (items ?? []).map((item) => entryOf(kind, item)),
    resourceVersion: metadata.resourceVersion,
    next: metadata.continue || null,
  };
}

/** @throws ClientError malformed */
export function eventOf(path: string, content: unknown): KubeWatchEvent {
  const result = event.safeParse(content);
  if (!result.success) throw kubeMalformed(path, 'it is no watch event', result.error);
  return result.data;
}

/** An object that does not fit stays in the list as an error. @throws ClientError malformed without a name */
export function entryOf<T>(kind: KubeKind<T>, content: unknown): Entry<T> {
  const key = keyOf(kind.path, content);
  const result = kind.schema.safeParse(content);
  if (result.success) return { key, value: result.data };
  const [issue] = result.error.issues;
  const reason = `${key}: ${issue?.path.join('.')}: ${issue?.message}`;
  return { key, error: kubeMalformed(kind.path, reason, result.error) };
}

/** Name with namespace. @throws ClientError malformed */
export function keyOf(path: string, content: unknown): string {
  const result = identity.safeParse(content);
  if (!result.success) throw kubeMalformed(path, 'an object without a name', result.error);
  const { namespace, name } = result.data.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** @throws ClientError malformed */
export function resourceVersionOf(path: string, content: unknown): string {
  const result = versioned.safeParse(content);
  if (!result.success) throw kubeMalformed(path, 'an object without a version', result.error);
  return result.data.metadata.resourceVersion;
}

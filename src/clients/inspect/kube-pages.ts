import { z } from 'zod';
import { ClientError } from '../../model/errors.js';
import { kubeMalformed } from '../kube-errors.js';
import type { KubeClient } from '../types.js';

/** A page of 500 pods is some 5 MB: the server and this process take a breath between two. */
const PAGE_SIZE = 500;

const page = z.object({
  metadata: z.object({ continue: z.string().nullish() }),
  items: z.array(z.unknown()).nullish(),
});

export type KubeLists = <T>(path: string, schema: z.ZodType<T>) => Promise<readonly T[]>;

/** Lists of any kind, page by page; an object that does not fit makes its list unreadable. */
export function kubeLists(kube: KubeClient, signal: AbortSignal): KubeLists {
  return async (path, schema) => {
    const all: z.infer<typeof schema>[] = [];
    let next: string | null = null;
    do {
      const content = page.safeParse(await kube.raw(pagePath(path, next), signal));
      if (!content.success) throw kubeMalformed(path, 'it is no list', content.error);
      for (const item of content.data.items ?? []) all.push(parsed(path, schema, item));
      next = content.data.metadata.continue || null;
    } while (next !== null);
    return all;
  };
}

/** Of a kind that this cluster may not have: empty then. */
export function ifServed(lists: KubeLists): KubeLists {
  return async (path, schema) => {
    try {
      return await lists(path, schema);
    } catch (error) {
      if (error instanceof ClientError && UNSERVED.includes(error.kind)) return [];
      throw error;
    }
  };
}

const UNSERVED: readonly string[] = ['not-found', 'unsupported'];

const pagePath = (path: string, next: string | null): string => {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(next && { continue: next }) });
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
};

/** @throws ClientError malformed */
function parsed<T>(path: string, schema: z.ZodType<T>, item: unknown): T {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw kubeMalformed(path, `${issue?.path.join('.')}: ${issue?.message}`, result.error);
}

import type { KubeCallOptions, KubeHttp } from './kube-http.js';
import { type KubeKind, pageOf } from './kube-kind.js';
import type { Entry } from './watched-items.js';

/** A page of 250 nodes parses in about 25 ms: keys and frames come in between two pages. */
const PAGE_SIZE = 250;

export interface KubeListing<T> {
  readonly entries: readonly Entry<T>[];
  readonly resourceVersion: string;
}

/** @throws OperatorError */
export async function listKind<T>(
  http: KubeHttp,
  kind: KubeKind<T>,
  options: KubeCallOptions,
): Promise<KubeListing<T>> {
  const entries: Entry<T>[] = [];
  let next: string | null = null;
  for (;;) {
    const path = withQuery(kind, { limit: String(PAGE_SIZE), ...(next && { continue: next }) });
    const page = pageOf(kind, await http.json(path, options));
    entries.push(...page.entries);
    if (page.next === null) return { entries, resourceVersion: page.resourceVersion };
    next = page.next;
  }
}

export function withQuery(
  { path, fieldSelector }: KubeKind<unknown>,
  parameters: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams(parameters);
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
  return `${path}?${query}`;
}

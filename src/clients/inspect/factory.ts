import { z } from 'zod';
import type { FactoryInspection } from '../../model/inspection.js';
import { askWeb, webMalformed, webRefusal } from './web.js';

const versions = z.array(z.string());
const extensions = z.array(z.object({ name: z.string().min(1) }));
const STABLE = /^v?(\d+)\.(\d+)\.(\d+)$/;

/** @throws ClientError */
export async function inspectFactory(
  factoryUrl: string,
  version: string,
  signal: AbortSignal,
): Promise<FactoryInspection> {
  const [all, official] = await Promise.all([
    getJson(below(factoryUrl, 'versions'), versions, signal),
    getJson(
      below(factoryUrl, `version/${encodeURIComponent(version)}/extensions/official`),
      extensions,
      signal,
    ),
  ]);
  return {
    versions: [...new Set(all.filter((each) => STABLE.test(each)).map(withV))].sort(byNumbers),
    officialExtensions: official.map(({ name }) => name).sort(),
  };
}

const below = (base: string, path: string): URL =>
  new URL(path, base.endsWith('/') ? base : `${base}/`);

async function getJson<T>(url: URL, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  const answer = await askWeb(url, signal);
  if (answer.code !== 200) throw webRefusal(url, answer);
  const result = schema.safeParse(parsed(answer.text));
  if (result.success) return result.data;
  throw webMalformed(url, result.error.issues[0]?.message ?? 'it is no list');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const withV = (version: string): string => (version.startsWith('v') ? version : `v${version}`);

function byNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((each) => (STABLE.exec(each) ?? []).slice(1).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

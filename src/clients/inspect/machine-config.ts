import { createHash } from 'node:crypto';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { IpAddress } from '../../model/ids.js';
import type { NodeInspection } from '../../model/inspection.js';
import { talosMalformed } from '../talos-errors.js';
import type { TalosClient } from '../types.js';

/** The few things of a machine configuration that plans ask about; the rest of it are the cluster's secrets. */
export type ConfigFacts = Pick<
  NodeInspection,
  'installImage' | 'hasExtraKernelArgs' | 'ephemeralConfig'
> & { readonly hasSideroLink: boolean };

const text = z.string().nullish();
const kinded = z.looseObject({ kind: text });

/** The document without a kind (talos@1.9 … 1.14). */
const main = z.object({
  machine: z.object({
    install: z.object({ image: text, extraKernelArgs: z.array(z.string()).nullish() }).nullish(),
  }),
});
/** talos@1.14 */
const unattended = z.object({ installer: z.object({ image: text }).nullish() });
const volume = z.object({
  name: text,
  provisioning: z
    .object({
      grow: z.boolean().nullish(),
      maxSize: z.union([z.string(), z.number().nonnegative()]).nullish(),
    })
    .nullish(),
});

const CONFIGS = { namespace: 'config', type: 'MachineConfigs.config.talos.dev' };
const ACTIVE_CONFIG = 'v1alpha1';

/**
 * The text of the configuration that a node runs with, which holds secrets. Null in maintenance mode, where there
 * is none.
 * @throws ClientError forbidden without os:admin
 */
export async function activeConfig(
  talos: TalosClient,
  node: IpAddress,
  signal: AbortSignal,
): Promise<string | null> {
  const configs = await talos.list(node, CONFIGS, signal);
  const active = configs.find(({ id }) => id === ACTIVE_CONFIG);
  if (active === undefined) return null;
  if (typeof active.spec === 'string') return active.spec;
  throw talosMalformed(node, 'the machine configuration is no text');
}

/** Of each node the last configuration that was read: its hash and what it says, never its text. */
const known = new Map<string, { readonly hash: string; readonly facts: ConfigFacts }>();

/**
 * A plan that is looked at and a run that pauses read it every few seconds, and it takes longer to parse than
 * everything else together.
 * @throws ClientError malformed, which never quotes the text
 */
export function configFactsOf(config: string, node: string): ConfigFacts {
  const hash = createHash('sha256').update(config).digest('base64');
  const last = known.get(node);
  if (last?.hash === hash) return last.facts;
  const facts = readFacts(config, node);
  known.set(node, { hash, facts });
  return facts;
}

function readFacts(config: string, node: string): ConfigFacts {
  const documents = documentsOf(config, node);
  const ofKind = (wanted: string | null) =>
    documents.filter(({ kind }) => (kind ?? null) === wanted);
  const [core, ...others] = ofKind(null);
  if (core === undefined || others.length > 0) throw unreadable(node, 'it has no machine section');
  const { install } = read(core, main, node).machine;
  const [installer] = ofKind('UnattendedInstallConfig').map((each) => read(each, unattended, node));
  const ephemeral = ofKind('VolumeConfig')
    .map((each) => read(each, volume, node))
    .find(({ name }) => name === 'EPHEMERAL');
  return {
    // talos@1.14: the document wins, machine.install is deprecated.
    installImage: installer?.installer?.image || install?.image || null,
    hasExtraKernelArgs: (install?.extraKernelArgs ?? []).length > 0,
    ephemeralConfig: ephemeral === undefined ? null : ephemeralOf(ephemeral),
    hasSideroLink: ofKind('SideroLinkConfig').length > 0,
  };
}

function ephemeralOf({
  provisioning,
}: z.infer<typeof volume>): NonNullable<ConfigFacts['ephemeralConfig']> {
  const maxSize = provisioning?.maxSize ?? null;
  const maxSizeBytes = maxSize === null ? null : byteSize(String(maxSize));
  return {
    grow: provisioning?.grow ?? null,
    maxSizeBytes,
    ...(maxSize !== null && maxSizeBytes === null ? { relativeMaxSize: String(maxSize) } : {}),
  };
}

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
  pi: 1024 ** 5,
};

/** `50GiB`, as go-humanize takes it; null for `80%` (talos ≥ 1.12) and `-10GiB` (≥ 1.13). */
function byteSize(words: string): number | null {
  const found = /^(\d+(?:\.\d+)?) ?([kmgtp]?i?)b?$/i.exec(words.trim().replaceAll(',', ''));
  const factor = FACTORS[found?.[2]?.toLowerCase() ?? '-'];
  return found === null || factor === undefined ? null : Math.round(Number(found[1]) * factor);
}

type Document = z.infer<typeof kinded>;

function documentsOf(config: string, node: string): readonly Document[] {
  const values = valuesOf(config);
  if (values === null) throw unreadable(node, 'it is no YAML');
  return values.map((value) => read(value, kinded, node));
}

function read<T>(document: unknown, schema: z.ZodType<T>, node: string): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw unreadable(node, `${result.error.issues[0]?.path.join('.') || 'a document'} is wrong`);
}

/** Null when it is no YAML: what the parser says would quote the line. */
function valuesOf(config: string): readonly unknown[] | null {
  try {
    const documents = parseAllDocuments(config, { logLevel: 'silent', prettyErrors: false });
    if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return null;
    return documents.map((each): unknown => each.toJS()).filter((value) => value !== null);
  } catch {
    return null;
  }
}

const unreadable = (node: string, why: string) =>
  talosMalformed(node, `the machine configuration: ${why}`);

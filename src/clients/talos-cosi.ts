import { parse } from 'yaml';
import { z } from 'zod';
import type { OperatorError } from '../model/errors.js';
import { talosMalformed } from './talos-errors.js';
import type { CosiResource } from './types.js';
import type { Entry } from './watched-items.js';
import { parseYaml } from './yaml-memory.js';

/** Holds the secrets of the cluster: no memory keeps it, and no error says what is in it. */
const MACHINE_CONFIG = 'MachineConfigs.config.talos.dev';

/** Messages of cosi.resource.State as far as we read them. */
const timestamp = z.object({ seconds: z.string(), nanos: z.number() }).nullable();

const resourceShape = z.object({
  metadata: z.object({
    namespace: z.string(),
    type: z.string(),
    id: z.string(),
    version: z.string(),
    phase: z.string(),
    created: timestamp,
    updated: timestamp,
  }),
  // Absent in a tombstone.
  spec: z.object({ yaml_spec: z.string() }).nullable(),
});

const watchResponse = z.object({
  event: z.array(
    z.object({
      resource: resourceShape.nullable(),
      event_type: z.union([z.string(), z.number()]),
      error: z.string().optional(),
    }),
  ),
});
const listResponse = z.object({ resource: resourceShape });

export type WireResource = z.infer<typeof resourceShape>;
export type WireEvent = z.infer<typeof watchResponse>['event'][number];

/** A resource with what tells two of its states apart. */
export interface SeenResource extends CosiResource {
  /** Versions alone start over when a node reboots. */
  readonly stamp: string;
}

/** @throws ClientError malformed */
export function eventsIn(message: unknown, node: string): readonly WireEvent[] {
  const result = watchResponse.safeParse(message);
  if (!result.success) throw talosMalformed(node, 'no watch response', result.error);
  return result.data.event;
}

/** @throws ClientError malformed */
export function resourceIn(message: unknown, node: string): CosiResource {
  const result = listResponse.safeParse(message);
  if (!result.success) throw talosMalformed(node, 'no list response', result.error);
  const entry = entryOf(result.data.resource, node);
  if ('error' in entry) throw entry.error;
  return entry.value;
}

/** A resource that was seen in this very state is taken over as it is. */
export function entryOf(
  { metadata, spec }: WireResource,
  node: string,
  known?: Entry<SeenResource>,
): Entry<SeenResource> {
  const { namespace, type, id, version, phase, created, updated } = metadata;
  const stamp = [version, phase, created?.seconds, updated?.seconds, updated?.nanos].join('/');
  if (known !== undefined && 'value' in known && known.value.stamp === stamp) return known;
  const broken = (reason: string, cause?: unknown): { key: string; error: OperatorError } => ({
    key: id,
    error: talosMalformed(node, `${type} "${id}": ${reason}`, cause),
  });
  if (phase !== 'running' && phase !== 'tearingDown') return broken(`unknown phase "${phase}"`);
  if (spec === null) return broken('it has no spec');
  if (type === MACHINE_CONFIG) {
    const text = configText(spec.yaml_spec);
    return text === null
      ? broken('its spec is not valid YAML')
      : { key: id, value: { namespace, type, id, version, phase, spec: text, stamp } };
  }
  try {
    const value = { namespace, type, id, version, phase, spec: parseYaml(spec.yaml_spec), stamp };
    return { key: id, value: { ...value, phase } };
  } catch (cause) {
    return broken('its spec is not valid YAML', cause);
  }
}

/**
 * All documents as one text: talos@1.12 puts it into YAML once more, talos@1.11 sends it as it is. Null when it is
 * no YAML.
 */
function configText(yaml: string): string | null {
  if (!/^\s*[|>"']/.test(yaml)) return yaml;
  try {
    const text: unknown = parse(yaml, { logLevel: 'silent', prettyErrors: false });
    return typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}

import { z } from 'zod';
import type { InspectedVolume, NodeInspection } from '../../model/inspection.js';
import { talosMalformed } from '../talos-errors.js';
import type { CosiResource } from '../types.js';

/** Every key may be missing on an older node (talos@1.9 … main: they differ in keys, never in their meaning). */
const text = z.string().nullish();
const flag = z.boolean().nullish();
const bytes = z.number().nonnegative().finite();

type Resources = readonly CosiResource[];

const security = z.object({ secureBoot: flag, bootedWithUKI: flag });

export function securityOf(
  items: Resources,
  node: string,
): Pick<NodeInspection, 'isUki' | 'isSecureBoot'> {
  const state = single(items, node, security);
  return { isUki: state?.bootedWithUKI ?? null, isSecureBoot: state?.secureBoot ?? null };
}

/** Null before the installation. */
export const systemDiskOf = (items: Resources, node: string): string | null =>
  single(items, node, z.object({ devPath: text }))?.devPath || null;

export const bootIdOf = (items: Resources, node: string): string | null =>
  single(items, node, z.object({ bootID: text }))?.bootID || null;

/** Null while Talos says nothing, and where it was told not to keep the time. */
export function isSyncedOf(items: Resources, node: string): boolean | null {
  const status = single(items, node, z.object({ synced: flag, syncDisabled: flag }));
  return status?.syncDisabled ? null : (status?.synced ?? null);
}

const disk = z.object({
  dev_path: z.string().min(1),
  size: bytes,
  readonly: flag,
  cdrom: flag,
  serial: text,
  bus_path: text,
});

export const disksOf = (items: Resources, node: string): NodeInspection['disks'] =>
  items.map((item) => {
    const found = parse(item, node, disk);
    return {
      devicePath: found.dev_path,
      sizeBytes: found.size,
      isCdrom: found.cdrom ?? false,
      isReadOnly: found.readonly ?? false,
      serial: found.serial || null,
      busPath: found.bus_path || null,
    };
  });

const volume = z.object({
  phase: z.string(),
  location: text,
  parentLocation: text,
  size: bytes.nullish(),
  filesystem: text,
  errorMessage: text,
});

/** Null while there is none. */
export function ephemeralOf(items: Resources, node: string): InspectedVolume | null {
  const item = items.find(({ id }) => id === 'EPHEMERAL');
  if (item === undefined) return null;
  const found = parse(item, node, volume);
  return {
    phase: found.phase,
    location: found.location || null,
    parentLocation: found.parentLocation || null,
    // Without a place it has no size either.
    sizeBytes: found.size ?? 0,
    filesystem: found.filesystem || null,
    errorMessage: found.errorMessage || null,
  };
}

const discovered = z.object({
  type: text,
  dev_path: text,
  /** talos@1.9 misspells it. */
  dev_dath: text,
  parent: text,
  parent_dev_path: text,
  offset: bytes.nullish(),
  size: bytes,
  partition_label: text,
  partition_index: z.number().int().nullish(),
});

export const partitionsOf = (items: Resources, node: string): NodeInspection['partitions'] =>
  items.flatMap((item) => {
    const found = parse(item, node, discovered);
    if (found.type !== 'partition') return [];
    return {
      device: found.dev_path || found.dev_dath || `/dev/${item.id}`,
      disk: found.parent_dev_path || (found.parent ? `/dev/${found.parent}` : ''),
      label: found.partition_label ?? '',
      index: found.partition_index ?? 0,
      offsetBytes: found.offset ?? null,
      sizeBytes: found.size,
    };
  });

const CONTROL_PLANE_POD = /^kube-system\/(kube-(?:apiserver|controller-manager|scheduler))-/;
const podStatus = z.object({
  phase: text,
  conditions: z.array(z.object({ type: text, status: text })).nullish(),
});

export const staticPodsOf = (items: Resources, node: string): NodeInspection['staticPods'] =>
  items.flatMap((item) => {
    const name = CONTROL_PLANE_POD.exec(item.id)?.[1];
    if (name === undefined) return [];
    const { phase, conditions } = parse(item, node, podStatus);
    const ready = conditions?.find(({ type }) => type === 'Ready');
    return { name, isReady: phase === 'Running' && ready?.status === 'True' };
  });

/** Of a type with one resource per node. */
function single<T>(items: Resources, node: string, schema: z.ZodType<T>): T | undefined {
  const [item] = items;
  return item === undefined ? undefined : parse(item, node, schema);
}

/** @throws ClientError malformed */
function parse<T>(item: CosiResource, node: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(item.spec);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'spec';
  throw talosMalformed(node, `${item.type} "${item.id}": ${where}: ${issue?.message}`);
}

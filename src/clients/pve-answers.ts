import { z } from 'zod';
import { ClientError } from '../model/errors.js';
import { asPveNodeName, asVmId } from '../model/ids.js';
import type { PveCluster, PveNode, PveStorage, PveTask, Vm, VmConfig } from '../model/proxmox.js';
import { bool01, maybe, num, str } from './pve-fields.js';
import { vmConfigShape } from './pve-vm-config.js';

const guestId = num.refine((id) => Number.isInteger(id) && id >= 100, 'is no guest id');

const guest = z
  .object({
    vmid: guestId,
    node: str,
    name: maybe(str),
    status: maybe(str),
    template: bool01,
    lock: maybe(str),
    cpu: maybe(num),
    mem: maybe(num),
    maxmem: maybe(num),
    uptime: maybe(num),
    tags: maybe(str),
  })
  .transform(
    (raw): Omit<Vm, 'config'> => ({
      id: asVmId(raw.vmid),
      pveNode: asPveNodeName(raw.node),
      // Without figures from pvestatd there is no name either.
      name: raw.name ?? `VM ${raw.vmid}`,
      status: raw.status ?? 'unknown',
      isTemplate: raw.template,
      lock: raw.lock || null,
      cpuRatio: raw.cpu,
      memoryUsedBytes: raw.mem,
      memoryTotalBytes: raw.maxmem,
      uptimeMs: (raw.uptime ?? 0) * 1000,
      tags: (raw.tags ?? '').split(/[;, ]+/).filter((tag) => tag !== ''),
    }),
  );

const storage = z
  .object({
    storage: str,
    node: str,
    plugintype: maybe(str),
    shared: bool01,
    status: maybe(str),
    disk: maybe(num),
    maxdisk: maybe(num),
  })
  .transform(
    (raw): PveStorage => ({
      pveNode: asPveNodeName(raw.node),
      name: raw.storage,
      type: raw.plugintype ?? 'unknown',
      isShared: raw.shared,
      isAvailable: raw.status === 'available',
      usedBytes: raw.disk ?? 0,
      totalBytes: raw.maxdisk ?? 0,
    }),
  );

const node = z
  .object({
    node: str,
    status: maybe(str),
    cpu: maybe(num),
    mem: maybe(num),
    maxmem: maybe(num),
    uptime: maybe(num),
  })
  .transform(
    (raw): PveNode => ({
      name: asPveNodeName(raw.node),
      isOnline: raw.status === 'online',
      cpuRatio: raw.cpu,
      memoryUsedBytes: raw.mem,
      memoryTotalBytes: raw.maxmem,
      uptimeMs: raw.uptime === null ? null : raw.uptime * 1000,
    }),
  );

const typed = z.array(z.looseObject({ type: str }));

export interface PveResources {
  readonly vms: readonly Omit<Vm, 'config'>[];
  readonly storages: readonly PveStorage[];
}

/** Arrays come in hash order: everything is sorted here. */
export function resourcesOf(data: unknown): PveResources {
  const where = 'cluster/resources';
  const all = readPve(where, typed, data);
  const ofType = (type: string) => all.filter((entry) => entry.type === type);
  return {
    vms: ofType('qemu')
      .map((entry) => readPve(where, guest, entry))
      .sort((a, b) => a.id - b.id),
    storages: ofType('storage')
      .map((entry) => readPve(where, storage, entry))
      .sort((a, b) => compare(a.pveNode, b.pveNode) || compare(a.name, b.name)),
  };
}

const clusterEntry = z.looseObject({ type: str, name: maybe(str), quorate: bool01 });
const release = z.object({ release: maybe(str) });

export function clusterOf(answers: {
  readonly status: unknown;
  readonly nodes: unknown;
  readonly version: unknown;
}): PveCluster {
  const entries = readPve('cluster/status', z.array(clusterEntry), answers.status);
  if (entries.length === 0) throw malformed('cluster/status', 'it is empty');
  const cluster = entries.find(({ type }) => type === 'cluster');
  return {
    name: cluster?.name ?? null,
    // A single host has no cluster entry and needs no votes.
    isQuorate: cluster?.quorate ?? true,
    nodes: readPve('cluster/resources', typed, answers.nodes)
      .filter(({ type }) => type === 'node')
      .map((entry) => readPve('cluster/resources', node, entry))
      .sort((a, b) => compare(a.name, b.name)),
    release: readPve('version', release, answers.version).release,
  };
}

const task = z
  .object({
    upid: z.string().startsWith('UPID:'),
    node: str,
    type: str,
    id: maybe(str),
    user: maybe(str),
    starttime: num,
    endtime: maybe(num),
    status: maybe(str),
  })
  .transform(
    (raw): PveTask => ({
      upid: raw.upid,
      pveNode: asPveNodeName(raw.node),
      type: raw.type,
      objectId: raw.id ?? '',
      user: raw.user ?? '',
      startedAtMs: raw.starttime * 1000,
      endedAtMs: raw.endtime === null ? null : raw.endtime * 1000,
      // `RUNNING` in task lists of a node, nothing at all in the cluster's.
      exitStatus: raw.status === 'RUNNING' ? null : raw.status,
    }),
  );

/** Newest first. */
export function tasksOf(data: unknown): readonly PveTask[] {
  return [...readPve('cluster/tasks', z.array(task), data)].sort(
    (a, b) => b.startedAtMs - a.startedAtMs || compare(a.upid, b.upid),
  );
}

export const vmConfigOf = (data: unknown): VmConfig => readPve('config', vmConfigShape, data);

/** @throws ClientError malformed */
export function readPve<T>(where: string, schema: z.ZodType<T>, data: unknown): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(where, `${issue?.path.join('.')}: ${issue?.message}`, result.error);
}

function malformed(where: string, reason: string, cause?: unknown): ClientError {
  return new ClientError(
    'malformed',
    `Proxmox, ${where}: the answer cannot be read: ${reason}`,
    'Check that the URL leads to the Proxmox VE API of version 8 or 9.',
    { cause },
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

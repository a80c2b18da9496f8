import { z } from 'zod';
import { ClientError } from '../../model/errors.js';
import type { PveNodeName, VmId } from '../../model/ids.js';
import type { VmInspection } from '../../model/inspection.js';
import type { VmConfig } from '../../model/proxmox.js';
import { readPve, vmConfigOf } from '../pve-answers.js';
import { bool01, maybe, num, str } from '../pve-fields.js';
import { parsePropertyString } from '../pve-property-string.js';
import type { PveClient } from '../types.js';
import { privilegesOn } from './privileges.js';

const config = z.record(z.string(), z.unknown());
const pending = z.array(
  z.object({
    key: z.string(),
    value: z.unknown().optional(),
    pending: z.unknown().optional(),
    delete: maybe(num),
  }),
);
const status = z.object({
  status: str,
  qmpstatus: maybe(str),
  lock: maybe(str),
  ha: z.object({ managed: bool01, state: maybe(str) }).nullish(),
});
const snapshots = z.array(z.object({ name: str, snaptime: maybe(num) }));
const tasks = z.array(z.object({ upid: z.string().startsWith('UPID:'), type: str }));

/** Of every guest there is; it stands for what runs now. */
const CURRENT = 'current';

/** @throws OperatorError */
export async function inspectVm(
  pve: PveClient,
  node: PveNodeName,
  id: VmId,
  signal: AbortSignal,
): Promise<VmInspection> {
  const guest = `/nodes/${node}/qemu/${id}`;
  const [running, changes, state, kept, active, sight, privileges] = await Promise.all([
    // Without `current` pending changes are mixed in (PVE 8 and 9).
    pve.get(`${guest}/config?current=1`, signal),
    pve.get(`${guest}/pending`, signal),
    pve.get(`${guest}/status/current`, signal),
    pve.get(`${guest}/snapshot`, signal),
    pve.get(`/nodes/${node}/tasks?source=active&vmid=${id}`, signal),
    privilegesOn(pve, `/nodes/${node}`, signal),
    privilegesOn(pve, `/vms/${id}`, signal),
  ]);
  requireSight(node, sight);
  const raw = readPve('config', config, running);
  const { digest, bootOrder, disks } = vmConfigOf(raw);
  const now = readPve('status/current', status, state);
  return {
    digest,
    status: now.status,
    qmpStatus: now.qmpstatus,
    lock: now.lock || lockOf(raw),
    bootOrder,
    pendingBootOrder: vmConfigOf(nextConfig(readPve('pending', pending, changes), digest))
      .bootOrder,
    drives: disks.map((disk) => driveOf(disk, raw)),
    snapshots: readPve('snapshot', snapshots, kept)
      .filter(({ name }) => name !== CURRENT)
      .map(({ name, snaptime }) => ({ name, atMs: snaptime === null ? null : snaptime * 1000 }))
      .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || (a.name < b.name ? -1 : 1)),
    runningTasks: readPve('tasks', tasks, active).map(({ upid, type }) => ({ upid, type })),
    haState: now.ha?.managed ? now.ha.state || 'unknown' : null,
    privileges,
  };
}

/** Without this privilege only our own tasks are told: the list would be empty while somebody else works. */
const SIGHT = 'Sys.Audit';

/** @throws ClientError forbidden */
function requireSight(node: PveNodeName, privileges: readonly string[]): void {
  if (privileges.includes(SIGHT)) return;
  throw new ClientError(
    'forbidden',
    `Proxmox: tasks of others on ${node} cannot be seen`,
    `Give user and token a role with ${SIGHT} on /nodes/${node}.`,
  );
}

const lockOf = (raw: z.infer<typeof config>): string | null =>
  typeof raw.lock === 'string' && raw.lock !== '' ? raw.lock : null;

/** The configuration that the next cold start brings. */
function nextConfig(entries: z.infer<typeof pending>, digest: string): z.infer<typeof config> {
  const kept = entries.flatMap(({ key, value, pending: next, delete: isDeleted }) => {
    const result = isDeleted ? undefined : (next ?? value);
    return result === undefined || result === null ? [] : [[key, result] as const];
  });
  return { ...Object.fromEntries(kept), digest };
}

function driveOf(
  { slot, volume, storage, sizeBytes, isCdrom }: VmConfig['disks'][number],
  raw: z.infer<typeof config>,
): VmInspection['drives'][number] {
  const text = raw[slot];
  const serial = typeof text === 'string' ? parsePropertyString(text).get('serial') : undefined;
  return { slot, volume, storage, sizeBytes, isCdrom, serial: serial ?? null };
}

import { z } from 'zod';
import { ClientError, OperatorError } from '../../model/errors.js';
import type { PveNodeName } from '../../model/ids.js';
import type { StorageInspection } from '../../model/inspection.js';
import { readPve } from '../pve-answers.js';
import { bool01, maybe, num, str } from '../pve-fields.js';
import type { PveClient } from '../types.js';
import { privilegesOn } from './privileges.js';

const status = z.object({ type: str, active: bool01, total: num, used: num, avail: num });
const configured = z.array(z.object({ storage: str, vgname: maybe(str), thinpool: maybe(str) }));
const pools = z.array(
  z.object({
    lv: str,
    vg: str,
    lv_size: num,
    used: num,
    metadata_size: num,
    metadata_used: num,
  }),
);
const content = z.array(z.object({ volid: str, size: num }));

interface Question {
  readonly pve: PveClient;
  readonly node: PveNodeName;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** @throws OperatorError, also for a storage that is not active: its figures are all zero then */
export async function inspectStorage(question: Question): Promise<StorageInspection> {
  const { pve, node, name, signal } = question;
  const path = `/nodes/${node}/storage/${name}`;
  const [told, virtualBytes, privileges] = await Promise.all([
    pve.get(`${path}/status`, signal),
    optional(async () => {
      const volumes = readPve('content', content, await pve.get(`${path}/content`, signal));
      return volumes.reduce((sum, { size }) => sum + size, 0);
    }),
    privilegesOn(pve, `/storage/${name}`, signal),
  ]);
  const { type, active, total, used, avail } = readPve('storage status', status, told);
  if (!active) throw inactive(question);
  return {
    type,
    totalBytes: total,
    usedBytes: used,
    availableBytes: avail,
    thin: type === 'lvmthin' ? await optional(() => thinPool(question)) : null,
    virtualBytes,
    privileges,
  };
}

/** Its metadata can be full while the storage has room, and the storage does not say so. */
async function thinPool({ pve, node, name, signal }: Question): Promise<StorageInspection['thin']> {
  const [storages, found] = await Promise.all([
    pve.get('/storage?type=lvmthin', signal),
    pve.get(`/nodes/${node}/disks/lvmthin`, signal),
  ]);
  const own = readPve('storage', configured, storages).find(({ storage }) => storage === name);
  const pool = readPve('disks/lvmthin', pools, found).find(
    ({ lv, vg }) => own !== undefined && lv === own.thinpool && vg === own.vgname,
  );
  if (pool === undefined) return null;
  return {
    dataBytes: pool.lv_size,
    dataUsedBytes: pool.used,
    metadataBytes: pool.metadata_size,
    metadataUsedBytes: pool.metadata_used,
  };
}

/** Null for what the token may not see. */
async function optional<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'forbidden') return null;
    throw error;
  }
}

const inactive = ({ node, name }: Question): ClientError =>
  new ClientError(
    'unreachable',
    `Proxmox: the storage ${name} is not active on ${node}.`,
    'Look at the storage in Proxmox: the system log of the host says why it is not active.',
  );

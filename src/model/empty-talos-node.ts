import type { IpAddress } from './ids.js';
import { WAITING } from './reading.js';
import type { TalosNode } from './talos.js';

/** A node that is known by address only: everything waits. */
export function emptyTalosNode(address: IpAddress): TalosNode {
  return {
    address,
    version: WAITING,
    status: WAITING,
    identity: WAITING,
    addresses: WAITING,
    links: WAITING,
    vipOperators: WAITING,
    image: WAITING,
    services: WAITING,
    etcd: WAITING,
    etcdMembers: WAITING,
    usage: WAITING,
    history: { cpuRatio: [], memoryRatio: [], dbSizeBytes: [] },
  };
}

import { CommandFailed } from '../../src/model/errors.js';
import type { IpAddress } from '../../src/model/ids.js';
import { GIB } from './builders.js';

/** One machine, as its own API, Kubernetes and Proxmox tell it. */
export interface NodeState {
  readonly number: number;
  readonly name: string;
  readonly address: IpAddress;
  boot: number;
  isUnschedulable: boolean;
  annotations: Readonly<Record<string, string>>;
  pods: readonly string[];
  diskBytes: number;
  ephemeralBytes: number;
  /** The guest sees the disk as it was when it was started. */
  isDiskHidden: boolean;
  version: string;
  /** Of the boot entry before; null: there is none. */
  previousVersion: string | null;
  /** Of the file system on EPHEMERAL; null: it is not told. */
  roomBytes: number | null;
  /** The file system keeps its size whatever EPHEMERAL has. */
  isRoomFixed: boolean;
  /** False: EPHEMERAL keeps its size whatever the disk has. */
  grows: boolean;
  isSilent: boolean;
  /** Commands about it that fail before one is obeyed. */
  refusals: number;
  isLeader: boolean;
  obeysForfeit: boolean;
}

/** Everything in front of EPHEMERAL. */
export const OFFSET_BYTES = 3 * GIB;
export const MIB = 1024 ** 2;

export const bootIdOf = ({ name, boot }: NodeState): string => `${name}-boot-${boot}`;

export const podJson = (name: string) => ({
  metadata: { namespace: 'web', name, ownerReferences: [{ kind: 'ReplicaSet' }] },
  status: { phase: 'Running' },
});

export const nodeJson = ({ annotations, isUnschedulable, ephemeralBytes }: NodeState) => ({
  metadata: { annotations },
  spec: { unschedulable: isUnschedulable },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'DiskPressure', status: 'False' },
    ],
    capacity: { 'ephemeral-storage': `${Math.round(ephemeralBytes / 1024)}Ki` },
  },
});

export function obey(
  node: NodeState,
  words: readonly string[],
  argv: readonly string[],
  all: readonly NodeState[],
): void {
  switch (words[0]) {
    case 'annotate': {
      const [key = '', value] = (words[3] ?? '').replace(/-$/, '').split('=');
      const { [key]: _, ...rest } = node.annotations;
      node.annotations = value === undefined ? rest : { ...rest, [key]: value };
      return;
    }
    case 'cordon':
      node.isUnschedulable = true;
      return;
    case 'uncordon':
      node.isUnschedulable = false;
      return;
    case 'drain':
      if (node.pods.includes('stuck')) {
        throw new CommandFailed(argv, 1, 'error: unable to drain node', 'Look at its pods.');
      }
      node.pods = [];
      return;
    case 'rollback':
      if (node.previousVersion === null) {
        throw new CommandFailed(argv, 1, 'previous UKI not found', 'Look at the node.');
      }
      [node.version, node.previousVersion] = [node.previousVersion, node.version];
      boot(node);
      return;
    case 'reboot':
      boot(node);
      return;
    case 'etcd': {
      const next = all.find(({ name }) => name !== node.name);
      if (next === undefined || !node.obeysForfeit) return;
      node.isLeader = false;
      next.isLeader = true;
      return;
    }
    default:
      throw new Error(`Nothing here obeys ${words.join(' ')}.`);
  }
}

function boot(node: NodeState): void {
  node.boot += 1;
  if (!node.grows) return;
  node.ephemeralBytes = node.diskBytes - OFFSET_BYTES - MIB;
  if (node.roomBytes !== null && !node.isRoomFixed) node.roomBytes = node.ephemeralBytes;
}

import type { Role } from './types.js';

export interface Size {
  readonly controlPlanes: number;
  readonly workers: number;
  /** Default 1. */
  readonly pveHosts?: number;
}

/** How machines find their Proxmox hosts: in turn, or every control plane on the first one. */
export type Placement = 'spread' | 'control-planes-together';

export interface HostPlan {
  readonly name: string;
  readonly address: string;
  readonly nodeId: number;
}

/** One machine as the scenario wants it, before it lives. */
export interface MachinePlan {
  readonly hostname: string;
  readonly role: Role;
  readonly address: string;
  readonly vmId: number;
  readonly mac: string;
  readonly index: number;
  readonly pveNode: string;
}

const MOST_CONTROL_PLANES = 9;
const MOST_MACHINES = 2000;
const MOST_PVE_HOSTS = 10;
/** Below the machines, around the gateway (1), the factory (3) and the virtual address (20). */
const PVE_HOSTS = [2, 4, 5, 6, 7, 8, 9, 10, 251, 252];
const FIRST_CONTROL_PLANE_HOST = 11;
const FIRST_WORKER_HOST = 21;
const FIRST_VM_ID = 101;
const HOSTS_PER_OCTET = 250;

/** `3+2` → 3 control planes, 2 workers; `3+2@3` on 3 Proxmox hosts; null when the text is no size. */
export function parseSize(text: string): Size | null {
  const match = /^(\d{1,4})\+(\d{1,4})(?:@(\d{1,2}))?$/.exec(text);
  if (match === null) return null;
  const size = {
    controlPlanes: Number(match[1]),
    workers: Number(match[2]),
    ...(match[3] === undefined ? {} : { pveHosts: Number(match[3]) }),
  };
  const pveHosts = pveHostsOf(size);
  const isPossible =
    size.controlPlanes >= 1 &&
    size.controlPlanes <= MOST_CONTROL_PLANES &&
    size.controlPlanes + size.workers <= MOST_MACHINES &&
    pveHosts >= 1 &&
    pveHosts <= MOST_PVE_HOSTS;
  return isPossible ? size : null;
}

export const pveHostsOf = ({ pveHosts = 1 }: Size): number => pveHosts;

export const planHosts = (size: Size, lanPrefix: string): readonly HostPlan[] =>
  PVE_HOSTS.slice(0, pveHostsOf(size)).map((host, index) => ({
    name: `pve${index + 1}`,
    address: `${lanPrefix}.0.${host}`,
    nodeId: index + 1,
  }));

/** Host number n of the lab's LAN: 127.N.0.n, and beyond 250 the next third octet. */
export function hostAddress(lanPrefix: string, host: number): string {
  if (host <= HOSTS_PER_OCTET) return `${lanPrefix}.0.${host}`;
  const beyond = host - HOSTS_PER_OCTET - 1;
  return `${lanPrefix}.${1 + Math.floor(beyond / HOSTS_PER_OCTET)}.${1 + (beyond % HOSTS_PER_OCTET)}`;
}

/** Proxmox' own MAC prefix, then numbers that say which machine of which lab it is. */
const macOf = (lanPrefix: string, index: number): string => {
  const lab = Number(lanPrefix.split('.')[1]);
  return ['bc', '24', '11', ...[lab, index >> 8, index & 255].map(hexByte)].join(':');
};

const hexByte = (value: number): string => value.toString(16).padStart(2, '0');

export function planMachines(
  size: Size,
  lanPrefix: string,
  placement: Placement = 'spread',
): readonly MachinePlan[] {
  const count = size.controlPlanes + size.workers;
  const width = Math.max(2, String(size.workers).length);
  return Array.from({ length: count }, (_, position) => {
    const isControlPlane = position < size.controlPlanes;
    const ordinal = isControlPlane ? position : position - size.controlPlanes;
    const isTogether = isControlPlane && placement === 'control-planes-together';
    const host = (isControlPlane ? FIRST_CONTROL_PLANE_HOST : FIRST_WORKER_HOST) + ordinal;
    return {
      hostname: isControlPlane
        ? `talos-cp-${String(ordinal + 1).padStart(2, '0')}`
        : `talos-w-${String(ordinal + 1).padStart(width, '0')}`,
      role: isControlPlane ? ('controlplane' as const) : ('worker' as const),
      address: hostAddress(lanPrefix, host),
      vmId: FIRST_VM_ID + position,
      mac: macOf(lanPrefix, position + 1),
      index: position,
      pveNode: `pve${isTogether ? 1 : 1 + (position % pveHostsOf(size))}`,
    };
  });
}

export const lanPrefixLengthFor = (size: Size): number =>
  FIRST_WORKER_HOST + size.workers > HOSTS_PER_OCTET ? 16 : 24;

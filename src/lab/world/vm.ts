import { createHash } from 'node:crypto';
import { fractionOf, type Random } from './random.js';
import type { ClusterFacts, LabDisk, LabNode, LabVm, World } from './types.js';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;
/** Logs, images and etcd's write-ahead log: what a quiet Talos node adds to its disk. */
const WRITTEN_PER_HOUR_BYTES = 24 * MIB;

export const VM_STORAGE = 'local-lvm';

/** A guest that nobody has switched on. */
export const stoppedVm = (
  wanted: Pick<LabVm, 'vmId' | 'pveNode' | 'config' | 'disks'>,
  nowMs: number,
): LabVm => ({
  ...wanted,
  status: 'stopped',
  qmpStatus: 'stopped',
  lock: null,
  startedAtMs: null,
  pid: null,
  pending: {},
  lastReport: null,
  isTemplate: false,
  haState: null,
  flockedBy: null,
  snapshots: [],
  parentSnapshot: null,
  writesCountedAtMs: nowMs,
});

export function createVm(
  node: LabNode,
  pveNode: string,
  random: Random,
  facts: Pick<ClusterFacts, 'seed' | 'startedAtMs'>,
): LabVm {
  const { seed } = facts;
  const isControlPlane = node.role === 'controlplane';
  const sizeBytes = (isControlPlane ? 40 : 100) * GIB;
  const fill = (isControlPlane ? 0.22 : 0.31) + 0.08 * fractionOf(seed, `disk:${node.hostname}`);
  const volume = `${VM_STORAGE}:vm-${node.vmId}-disk-1`;
  const disks: LabDisk[] = [
    {
      slot: 'efidisk0',
      volume: `${VM_STORAGE}:vm-${node.vmId}-disk-0`,
      storage: VM_STORAGE,
      sizeBytes: 4 * MIB,
      writtenBytes: 4 * MIB,
    },
    {
      slot: 'scsi0',
      volume,
      storage: VM_STORAGE,
      sizeBytes,
      writtenBytes: Math.floor(sizeBytes * fill),
    },
  ];
  const config = vmConfig(node, random, sizeBytes, volume);
  return {
    ...stoppedVm({ vmId: node.vmId, pveNode, config, disks }, facts.startedAtMs),
    status: 'running',
    qmpStatus: 'running',
    startedAtMs: node.bootedAtMs - 7000,
    pid: 2000 + node.vmId * 3,
  };
}

/** proxmox.md §10.2: property strings start with their default key, the rest is sorted. */
function vmConfig(
  node: LabNode,
  random: Random,
  sizeBytes: number,
  volume: string,
): LabVm['config'] {
  const isControlPlane = node.role === 'controlplane';
  const createdAtSeconds = Math.floor(node.bootedAtMs / 1000) - 30 * 86_400;
  return {
    agent: 'enabled=1',
    balloon: 0,
    bios: 'ovmf',
    boot: 'order=scsi0;ide2',
    cores: 4,
    cpu: 'host',
    efidisk0: `${VM_STORAGE}:vm-${node.vmId}-disk-0,efitype=4m,pre-enrolled-keys=0,size=4M`,
    ide2: 'none,media=cdrom',
    machine: 'q35',
    memory: isControlPlane ? '4096' : '8192',
    meta: `creation-qemu=10.1.2,ctime=${createdAtSeconds}`,
    name: node.hostname,
    net0: `virtio=${node.mac.toUpperCase()},bridge=vmbr0,queues=4`,
    numa: 0,
    onboot: 1,
    ostype: 'l26',
    scsi0: `${volume},discard=on,iothread=1,size=${sizeBytes / GIB}G,ssd=1`,
    scsihw: 'virtio-scsi-single',
    serial0: 'socket',
    smbios1: `uuid=${node.smbiosUuid}`,
    sockets: 1,
    tags: isControlPlane ? 'controlplane;talos' : 'talos;worker',
    vga: 'serial0',
    vmgenid: random.uuid(),
  };
}

/** `GET …/config`: pending changes already merged. */
export function mergedConfig(vm: LabVm): Record<string, string | number> {
  const merged: Record<string, string | number> = { ...vm.config };
  for (const [key, value] of Object.entries(vm.pending)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

/** SHA-1 of the configuration file, pending section included. */
export function configDigest(vm: LabVm): string {
  const lines = (values: Record<string, string | number | null>): string =>
    Object.entries(values)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => (value === null ? `delete: ${key}` : `${key}: ${value}`))
      .join('\n');
  const pending = Object.keys(vm.pending).length === 0 ? '' : `\n[PENDING]\n${lines(vm.pending)}`;
  return createHash('sha1')
    .update(`${lines(vm.config)}${pending}\n`)
    .digest('hex');
}

/** What the pool really holds of a disk: grows while the guest runs, never above its size. */
export function writtenBytesOf(world: World, vm: LabVm, disk: LabDisk): number {
  if (disk.slot === 'efidisk0' || vm.status !== 'running') return disk.writtenBytes;
  const sinceMs = Math.max(0, world.clock.monotonicMs() - vm.writesCountedAtMs);
  const grown = disk.writtenBytes + (sinceMs / HOUR_MS) * WRITTEN_PER_HOUR_BYTES;
  return Math.min(disk.sizeBytes, Math.floor(grown));
}

/** Call when the guest starts or stops: what it wrote so far stays written. */
export function countWrites(world: World, vm: LabVm): void {
  for (const disk of vm.disks) disk.writtenBytes = writtenBytesOf(world, vm, disk);
  vm.writesCountedAtMs = world.clock.monotonicMs();
}

export const memoryBytesOf = (vm: LabVm): number => Number(vm.config.memory ?? 0) * MIB;

export const coresOf = (vm: LabVm): number =>
  Number(vm.config.cores ?? 1) * Number(vm.config.sockets ?? 1);

export const vmOf = (world: World, node: LabNode): LabVm | undefined => world.vms.get(node.vmId);

export const nodeOfVm = (world: World, vmId: number): LabNode | undefined =>
  [...world.nodes.values()].find((node) => node.vmId === vmId);

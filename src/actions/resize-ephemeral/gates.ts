import { formatBytes, formatList } from '../../model/format.js';
import type { NodeInspection, VmInspection } from '../../model/inspection.js';
import { freshValue, readingError } from '../../model/reading.js';
import { type Growth, storageGate } from '../gates/proxmox.js';
import type { Gate, PlanContext } from '../types.js';
import { growthObstacle, systemDrive } from './layout.js';
import { GIB } from './size.js';
import type { GrowingTarget, ResizeWork } from './target.js';

interface Seen {
  readonly node: NodeInspection | undefined;
  readonly guest: VmInspection | undefined;
  /** Why one of them could not be read. */
  readonly problem: string;
}

function seenOf({ facts }: PlanContext, { address, vm, name }: GrowingTarget): Seen {
  const { nodes, vms } = facts.inspection;
  const node = nodes.get(address);
  const guest = vm === null ? undefined : vms.get(vm.id);
  const error =
    (node === undefined ? undefined : readingError(node)) ??
    (guest === undefined ? undefined : readingError(guest));
  return {
    node: node === undefined ? undefined : freshValue(node),
    guest: guest === undefined ? undefined : freshValue(guest),
    problem: error?.message ?? `the disks of ${name} have not been read`,
  };
}

/** R1: the drive that is grown is the disk that Talos runs from. */
export function diskGate(context: PlanContext, target: GrowingTarget): Gate {
  const gate = {
    id: 'R1',
    title: `${target.slot} is the system disk of ${target.name}`,
    remedy: 'Compare the disks of the guest with `talosctl get disks`, then plan again.',
    override: 'no',
  } as const;
  const { node, guest, problem } = seenOf(context, target);
  if (node === undefined || guest === undefined)
    return { ...gate, state: 'unknown', text: problem };
  const drive = systemDrive(node, guest);
  if (typeof drive === 'string') return { ...gate, state: 'red', text: drive };
  if (drive.slot !== target.slot) {
    return {
      ...gate,
      state: 'red',
      text: `${node.systemDisk} is ${drive.slot}, not ${target.slot}`,
    };
  }
  const size = formatBytes(drive.sizeBytes ?? 0);
  return drive.sizeBytes === target.diskBytes
    ? {
        ...gate,
        state: 'green',
        text: `${node.systemDisk} is ${target.slot}, ${size} on ${target.storage}`,
      }
    : {
        ...gate,
        state: 'red',
        text: `${target.slot} of ${target.name} has ${size} now, ${formatBytes(target.diskBytes)} when it was planned`,
      };
}

/** R2: EPHEMERAL grows into what is added. */
export function layoutGate(context: PlanContext, target: GrowingTarget, sizeGib: number): Gate {
  const gate = {
    id: 'R2',
    title: `EPHEMERAL of ${target.name} can grow`,
    remedy: 'Change what keeps it from growing, or replace the node.',
    override: 'no',
  } as const;
  const { node, problem } = seenOf(context, target);
  if (node === undefined) return { ...gate, state: 'unknown', text: problem };
  const obstacle = growthObstacle(node, sizeGib * GIB);
  return obstacle === null
    ? {
        ...gate,
        state: 'green',
        text: `last partition of ${node.systemDisk}, ${node.ephemeral?.filesystem}, ready`,
      }
    : { ...gate, state: 'red', text: obstacle };
}

/** R4: rolling back to a snapshot of before would cut the grown disk off. */
export function snapshotsGate(context: PlanContext, target: GrowingTarget): Gate {
  const gate = {
    id: 'R4',
    title: `No snapshot of the guest of ${target.name} keeps the old size`,
    remedy: 'Delete the snapshots, or never roll back to them.',
    override: 'type',
  } as const;
  const { guest, problem } = seenOf(context, target);
  if (guest === undefined) return { ...gate, state: 'unknown', text: problem };
  const names = guest.snapshots.map(({ name }) => name);
  return names.length === 0
    ? { ...gate, state: 'green', text: 'it has none' }
    : {
        ...gate,
        state: 'red',
        text: `${formatList(names)}: a rollback would shrink the disk and lose data`,
      };
}

/** Per storage what all nodes of the plan add to it together. */
export function storageGrowths(work: ResizeWork): readonly Growth[] {
  const growth = new Map<string, Growth>();
  for (const { vm, storage, diskBytes } of work.targets) {
    if (vm === null) continue;
    const key = `${vm.pveNode}/${storage}`;
    const before = growth.get(key)?.deltaBytes ?? 0;
    const deltaBytes = before + Math.max(0, work.sizeGib * GIB - diskBytes);
    growth.set(key, { pveNode: vm.pveNode, storage, deltaBytes });
  }
  return [...growth.values()];
}

/** R3 */
export const storageGates = (context: PlanContext, work: ResizeWork): readonly Gate[] =>
  storageGrowths(work).map((each) => storageGate(context, each));

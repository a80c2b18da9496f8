import { otherEntry } from './boot-entries.js';
import { powerGone } from './life.js';
import { touchNode } from './node.js';
import { bootNode, restartAfterFailure } from './talos-boot.js';
import { cordonAndDrain } from './talos-drain.js';
import { leaveEtcd } from './talos-leave.js';
import { type Phase, pause, phase, runSequence, type Task } from './talos-sequence.js';
import { cleanup, removeAllPods, stopAll } from './talos-stop.js';
import type { LabNode, World } from './types.js';

/** reboot(2): what RestartEvent carries. */
const RESTART_CMD = 0x01234567;
const KEXEC_CMD = 0x45584543;
const POWER_OFF_CMD = 0x4321fedc;

export type RebootMode = 'DEFAULT' | 'POWERCYCLE' | 'FORCE';

export const drainTask = (world: World, node: LabNode): Task => ({
  name: 'cordonAndDrainNode',
  run: (end) => cordonAndDrain(world, node, end),
});

/** The last task: the machine goes, and comes back or not. */
export const restartTask = (world: World, node: LabNode, usesKexec: boolean): Task =>
  pause(world, node, 'reboot', 30, () => {
    const cmd = usesKexec ? KEXEC_CMD : RESTART_CMD;
    node.journal.note(world.clock.now(), { kind: 'restart', cmd });
  });

export const powerOffTask = (world: World, node: LabNode): Task =>
  pause(world, node, 'shutdown', 30, () => {
    node.journal.note(world.clock.now(), { kind: 'restart', cmd: POWER_OFF_CMD });
  });

/** After a sequence that ends with a restart; a failure restarts too, after ten seconds. */
export const thenRestart =
  (world: World, node: LabNode, usesKexec: boolean) =>
  (failure: string | null): void => {
    if (failure !== null) restartAfterFailure(world, node);
    else {
      powerGone(world, node);
      bootNode(world, node, usesKexec ? 'kexec' : 'cold');
    }
  };

interface Order {
  /** Whoever asked over the API; empty = nobody. */
  readonly actorId: string;
  readonly takesOver?: boolean;
}

/** talos: the reboot sequence neither cordons nor drains. @returns whether it started. */
export function orderReboot(
  world: World,
  node: LabNode,
  mode: RebootMode,
  order: Order = { actorId: '' },
): boolean {
  // kexec starts the installed kernel; without an installation only the firmware can.
  const usesKexec = mode === 'DEFAULT' && node.machine.systemDisk !== null;
  const phases: readonly Phase[] =
    mode === 'FORCE' ? [] : [...cleanup(world, node), ...stopAll(world, node, usesKexec)];
  return runSequence(world, node, {
    name: 'reboot',
    ...order,
    stage: 'rebooting',
    phases: [...phases, phase('reboot', restartTask(world, node, usesKexec))],
    onEnd: thenRestart(world, node, usesKexec),
  });
}

/** `whenOff` runs when the guest has switched itself off. */
export function orderShutdown(
  world: World,
  node: LabNode,
  isForced: boolean,
  order: Order,
  whenOff: () => void,
): boolean {
  return runSequence(world, node, {
    name: 'shutdown',
    actorId: order.actorId,
    takesOver: true,
    stage: 'shutting down',
    phases: [
      phase('storeShutdown', pause(world, node, 'storeShutdownEmergency', 20)),
      ...(isForced ? [] : [phase('drain', drainTask(world, node))]),
      ...cleanup(world, node),
      ...stopAll(world, node, false),
      phase('shutdown', powerOffTask(world, node)),
    ],
    onEnd: (failure) => {
      if (failure !== null) restartAfterFailure(world, node);
      else {
        powerGone(world, node);
        whenOff();
      }
    },
  });
}

/** Flips the boot entry. @returns why not, null = it reboots. */
export function orderRollback(world: World, node: LabNode): string | null {
  const { systemDisk } = node.machine;
  if (systemDisk === null) return 'system disk not found';
  const previous = otherEntry(systemDisk);
  if (previous === null) {
    return systemDisk.bootloader === 'grub'
      ? 'cannot rollback to "", label does not exist'
      : 'previous UKI not found';
  }
  systemDisk.next = previous;
  orderReboot(world, node, 'DEFAULT', { actorId: '', takesOver: true });
  return null;
}

export interface ResetOrder extends Order {
  readonly isGraceful: boolean;
  readonly isReboot: boolean;
  /** Labels of partitions; empty = the whole system disk, unless only user disks go. */
  readonly labels: readonly string[];
  readonly mode: 'ALL' | 'SYSTEM_DISK' | 'USER_DISKS';
  /** `/dev/sdb` */
  readonly userDisks: readonly string[];
}

export function orderReset(
  world: World,
  node: LabNode,
  order: ResetOrder,
  whenOff: () => void,
): boolean {
  const { isGraceful, isReboot, labels, mode } = order;
  const usesKexec = labels.length > 0 && !labels.includes('BOOT');
  const wipesSystem = mode !== 'USER_DISKS';
  const leaves = isGraceful && node.role === 'controlplane';
  const [stopPods, stopDbus] = cleanup(world, node);
  const phases: readonly (Phase | undefined)[] = [
    isGraceful ? phase('drain', drainTask(world, node), { mayFail: true }) : undefined,
    isGraceful ? phase('cleanup', removeAllPods(world, node), { mayFail: true }) : stopPods,
    stopDbus,
    leaves
      ? phase('leave', { name: 'leaveEtcd', run: (end) => leaveEtcd(world, node, end) })
      : undefined,
    phase('preReset', pause(world, node, 'sendResetSignal', 50)),
    ...stopAll(world, node, usesKexec).map((each) => ({ ...each, mayFail: true })),
    phase('forceCleanup', pause(world, node, 'forceCleanup', 100)),
    wipesSystem ? wipePhase(world, node, labels) : undefined,
    order.userDisks.length > 0 && mode !== 'SYSTEM_DISK'
      ? phase('resetUserDisks', pause(world, node, 'resetUserDisks', 900))
      : undefined,
    isReboot
      ? phase('reboot', restartTask(world, node, usesKexec))
      : phase('shutdown', powerOffTask(world, node)),
  ];
  return runSequence(world, node, {
    name: 'reset',
    actorId: order.actorId,
    stage: 'resetting',
    phases: phases.filter((each) => each !== undefined),
    onEnd: (failure) => {
      if (failure !== null) restartAfterFailure(world, node);
      else if (isReboot) thenRestart(world, node, usesKexec)(null);
      else {
        powerGone(world, node);
        whenOff();
      }
    },
  });
}

function wipePhase(world: World, node: LabNode, labels: readonly string[]): Phase {
  const name = labels.length === 0 ? 'reset' : 'resetSpec';
  const task = labels.length === 0 ? 'resetSystemDisk' : 'resetSystemDiskPartitions';
  return phase(
    name,
    pause(world, node, task, 1200, () => wipe(world, node, labels)),
  );
}

/** The partitions of these labels, or all of them. */
export function wipe(world: World, node: LabNode, labels: readonly string[]): void {
  const { machine } = node;
  const disk = machine.systemDisk;
  if (disk === null) return;
  if (labels.length === 0 || labels.includes('BOOT') || labels.includes('EFI')) {
    machine.systemDisk = null;
    node.pulledImages = [];
  } else {
    if (labels.includes('STATE')) disk.config = null;
    if (labels.includes('META')) disk.meta.clear();
    if (labels.includes('EPHEMERAL')) {
      disk.ephemeralBytes = null;
      disk.hasEtcdData = false;
      disk.kubeletCertificates.clear();
      node.pulledImages = [];
    }
  }
  touchNode(world, node);
}

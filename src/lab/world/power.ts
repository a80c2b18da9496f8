import { hangNode, powerGone, unhangNode } from './life.js';
import { endTask, startTask, type TaskOrder } from './pve-tasks.js';
import { bootNode } from './talos-boot.js';
import { orderReboot, orderShutdown } from './talos-orders.js';
import type { LabNode, LabPveTask, LabVm, World } from './types.js';
import { countWrites, mergedConfig, nodeOfVm } from './vm.js';

const ROOT = 'root@pam';
const SHUTDOWN_TIMEOUT = 'VM quit/powerdown failed - got timeout';
/** qemu-server: without `timeout` and without `startup: down=`. */
const SHUTDOWN_SECONDS = 60;

/** `qm start`: pending configuration becomes real, the guest boots. @returns null when it runs already. */
export function startVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  if (vm.status === 'running')
    return vm.qmpStatus === 'io-error' ? resumeVm(world, vm, user) : null;
  const warnings = startWarnings(vm);
  return vmTask(
    world,
    vm,
    { type: 'qmstart', user, durationMs: 1500, log: warnings.map((text) => `WARN: ${text}`) },
    () => {
      switchOn(world, vm);
      return warnings.length === 0 ? 'OK' : `WARNINGS: ${warnings.length}`;
    },
  );
}

/** A new QEMU process with everything that was pending. */
function switchOn(world: World, vm: LabVm): void {
  countWrites(world, vm);
  vm.status = 'running';
  vm.qmpStatus = 'running';
  vm.startedAtMs = world.clock.now();
  vm.pid = world.random.int(20_000, 4_000_000);
  vm.config = mergedConfig(vm);
  vm.pending = {};
  world.touch('pve');
  const node = nodeOfVm(world, vm.vmId);
  if (node !== undefined) bootNode(world, node);
}

/** proxmox.md §13.3: success all the same. */
function startWarnings(vm: LabVm): readonly string[] {
  const config = mergedConfig(vm);
  const threads = Object.entries(config).filter(
    ([key, value]) => /^scsi\d+$/.test(key) && String(value).includes('iothread=1'),
  );
  const isSingle = config.scsihw === 'virtio-scsi-single';
  return [
    ...(isSingle ? [] : threads).map(
      () => 'iothread is only valid with virtio disk or virtio-scsi-single controller, ignoring',
    ),
    ...(config.bios === 'ovmf' && config.efidisk0 === undefined
      ? ['no efidisk configured! Using temporary efivars disk.']
      : []),
  ];
}

/** QEMU lets the guest go on where it stood: after an I/O error, or a pause. */
export function resumeVm(world: World, vm: LabVm, user = ROOT): LabPveTask {
  return vmTask(world, vm, { type: 'qmresume', user, durationMs: 400 }, () => {
    vm.qmpStatus = 'running';
    world.touch('pve');
    const node = nodeOfVm(world, vm.vmId);
    if (node !== undefined) unhangNode(world, node);
    return 'OK';
  });
}

/** The guest stands still with everything that it holds in memory. */
export function suspendVm(world: World, vm: LabVm, user = ROOT): LabPveTask {
  return vmTask(world, vm, { type: 'qmpause', user, durationMs: 400 }, () => {
    standStill(world, vm, 'paused');
    world.touch('pve');
    return 'OK';
  });
}

/** `qm stop`: the power cable. */
export function stopVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  if (vm.status !== 'running') return null;
  // The guest is gone at once; only the task takes its time to say so.
  vmIsOff(world, vm);
  return vmTask(world, vm, { type: 'qmstop', user, durationMs: 1200 }, () => 'OK');
}

/** The reset button: the same QEMU process, so nothing that is pending comes into force. */
export function resetVm(world: World, vm: LabVm, user = ROOT): LabPveTask {
  const node = nodeOfVm(world, vm.vmId);
  vm.qmpStatus = 'running';
  if (node !== undefined) {
    powerGone(world, node);
    bootNode(world, node);
  }
  world.touch('pve');
  return vmTask(world, vm, { type: 'qmreset', user, durationMs: 300 }, () => 'OK');
}

export interface ShutdownOrder {
  readonly type: 'qmshutdown' | 'qmreboot';
  readonly user: string;
  readonly timeoutSeconds?: number;
  /** Pulls the cable when the time is up. */
  readonly isForced?: boolean;
}

const BY_ROOT: ShutdownOrder = { type: 'qmshutdown', user: ROOT };

/**
 * Through the guest agent or the ACPI button: Talos stops in order, then the power goes, and with it the task ends.
 * A reboot starts a new process after that, when its task has ended already.
 */
export function shutdownVm(
  world: World,
  vm: LabVm,
  { type, user, timeoutSeconds = SHUTDOWN_SECONDS, isForced = false }: ShutdownOrder = BY_ROOT,
): LabPveTask {
  const task = vmTask(world, vm, { type, user, durationMs: timeoutSeconds * 1000 }, () => {
    stopWatching();
    if (vm.status !== 'running') return 'OK';
    if (!isForced) return SHUTDOWN_TIMEOUT;
    vmIsOff(world, vm);
    return 'OK';
  });
  const stopWatching = world.subscribe((topics) => {
    if (!topics.includes('pve') || vm.status === 'running') return;
    stopWatching();
    if (task.endedAtMs !== null) return;
    endTask(world, task, 'OK');
    if (type === 'qmreboot') startAgain(world, vm);
  });
  const node = nodeOfVm(world, vm.vmId);
  // talos: ACPI and the agent ask for the same as `talosctl shutdown --force`.
  if (node !== undefined && hearsButton(node)) {
    orderShutdown(world, node, true, { actorId: '' }, () => vmIsOff(world, vm));
  }
  return task;
}

/** machined listens; a machine that halted in the ISO, hangs or has not booted does not. */
const hearsButton = (node: LabNode): boolean => node.isUp && !node.isHung && !node.machine.isHalted;

const RESTART_MS = 800;

/** qmeventd notices the end of the process and runs `qm cleanup`. */
function startAgain(world: World, vm: LabVm): void {
  world.clock.after(RESTART_MS, () => {
    if (vm.status === 'stopped') switchOn(world, vm);
  });
}

/** Talos' own reboot: the VM keeps running. */
export function rebootNode(world: World, node: LabNode): void {
  orderReboot(world, node, 'DEFAULT');
}

/** QEMU pauses a guest whose disk takes no more writes. */
export function pauseByIoError(world: World, vm: LabVm): void {
  if (vm.qmpStatus !== 'io-error') standStill(world, vm, 'io-error');
}

function standStill(world: World, vm: LabVm, state: 'io-error' | 'paused'): void {
  if (vm.status !== 'running') return;
  vm.qmpStatus = state;
  const node = nodeOfVm(world, vm.vmId);
  if (node?.isUp) hangNode(world, node);
}

/** The power is gone, however that came. */
export function vmIsOff(world: World, vm: LabVm): void {
  countWrites(world, vm);
  vm.status = 'stopped';
  vm.qmpStatus = 'stopped';
  vm.startedAtMs = null;
  vm.pid = null;
  // proxmox.md §10.5: a clean stop writes what was pending into the file.
  vm.config = mergedConfig(vm);
  vm.pending = {};
  world.touch('pve');
  const node = nodeOfVm(world, vm.vmId);
  if (node !== undefined) powerGone(world, node);
}

function vmTask(
  world: World,
  vm: LabVm,
  order: Pick<TaskOrder, 'type' | 'user' | 'durationMs' | 'log'>,
  finish: () => string,
): LabPveTask {
  return startTask(world, { ...order, objectId: String(vm.vmId), finish });
}

import { hangNode, powerGone, unhangNode } from './life.js';
import { startTask } from './pve-tasks.js';
import { bootNode } from './talos-boot.js';
import { orderReboot, orderShutdown } from './talos-orders.js';
import type { LabNode, LabPveTask, LabVm, World } from './types.js';
import { countWrites, mergedConfig, nodeOfVm } from './vm.js';

const ROOT = 'root@pam';
export const SHUTDOWN_TIMEOUT = 'VM quit/powerdown failed - got timeout';

/** `qm start`: pending configuration becomes real, the guest boots. @returns null when it runs already. */
export function startVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  if (vm.status === 'running')
    return vm.qmpStatus === 'io-error' ? resumeVm(world, vm, user) : null;
  const warnings = startWarnings(vm);
  return vmTask(
    world,
    vm,
    'qmstart',
    user,
    1500,
    () => {
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
      return warnings.length === 0 ? 'OK' : `WARNINGS: ${warnings.length}`;
    },
    warnings.map((text) => `WARN: ${text}`),
  );
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

/** After an I/O error: the guest goes on where it stood. */
function resumeVm(world: World, vm: LabVm, user: string): LabPveTask {
  return vmTask(world, vm, 'qmresume', user, 400, () => {
    vm.qmpStatus = 'running';
    world.touch('pve');
    const node = nodeOfVm(world, vm.vmId);
    if (node !== undefined) unhangNode(world, node);
    return undefined;
  });
}

/** `qm stop`: the power cable. */
export function stopVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  if (vm.status !== 'running') return null;
  // The guest is gone at once; only the task takes its time to say so.
  vmIsOff(world, vm);
  return vmTask(world, vm, 'qmstop', user, 1200, () => undefined);
}

/** `qm shutdown` through the guest agent: Talos stops in order, then the power goes. */
export function shutdownVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  const node = nodeOfVm(world, vm.vmId);
  if (vm.status !== 'running' || node === undefined) return null;
  if (!node.isUp || node.isHung) {
    return vmTask(world, vm, 'qmshutdown', user, 60_000, () => SHUTDOWN_TIMEOUT);
  }
  // talos: ACPI and the agent ask for the same as `talosctl shutdown --force`.
  orderShutdown(world, node, true, { actorId: '' }, () => vmIsOff(world, vm));
  return vmTask(world, vm, 'qmshutdown', user, 6000, () => undefined);
}

/** Talos' own reboot: the VM keeps running. */
export function rebootNode(world: World, node: LabNode): void {
  orderReboot(world, node, 'DEFAULT');
}

/** QEMU pauses a guest whose disk takes no more writes. */
export function pauseByIoError(world: World, vm: LabVm): void {
  if (vm.status !== 'running' || vm.qmpStatus === 'io-error') return;
  vm.qmpStatus = 'io-error';
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
  world.touch('pve');
  const node = nodeOfVm(world, vm.vmId);
  if (node !== undefined) powerGone(world, node);
}

function vmTask(
  world: World,
  vm: LabVm,
  type: string,
  user: string,
  durationMs: number,
  effect: () => string | undefined,
  log: readonly string[] = [],
): LabPveTask {
  return startTask(world, {
    type,
    objectId: String(vm.vmId),
    user,
    durationMs,
    log,
    finish: () => effect() ?? 'OK',
  });
}

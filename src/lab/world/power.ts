import { hangNode, powerGone, unhangNode } from './life.js';
import { startTask } from './pve-tasks.js';
import { bootNode } from './talos-boot.js';
import { orderReboot, orderShutdown } from './talos-orders.js';
import type { LabNode, LabPveTask, LabVm, World } from './types.js';
import { countWrites, mergedConfig, nodeOfVm } from './vm.js';

const ROOT = 'root@pam';

/** `qm start`: pending configuration becomes real, the guest boots. @returns null when it runs already. */
export function startVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  if (vm.status === 'running')
    return vm.qmpStatus === 'io-error' ? resumeVm(world, vm, user) : null;
  return vmTask(world, vm, 'qmstart', user, 1500, () => {
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
  });
}

/** After an I/O error: the guest goes on where it stood. */
function resumeVm(world: World, vm: LabVm, user: string): LabPveTask {
  return vmTask(world, vm, 'qmresume', user, 400, () => {
    vm.qmpStatus = 'running';
    world.touch('pve');
    const node = nodeOfVm(world, vm.vmId);
    if (node !== undefined) unhangNode(world, node);
  });
}

/** `qm stop`: the power cable. */
export function stopVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  if (vm.status !== 'running') return null;
  // The guest is gone at once; only the task takes its time to say so.
  vmIsOff(world, vm);
  return vmTask(world, vm, 'qmstop', user, 1200, () => {});
}

/** `qm shutdown` through the guest agent: Talos stops in order, then the power goes. */
export function shutdownVm(world: World, vm: LabVm, user = ROOT): LabPveTask | null {
  const node = nodeOfVm(world, vm.vmId);
  if (vm.status !== 'running' || node === undefined) return null;
  if (!node.isUp || node.isHung) {
    return vmTask(
      world,
      vm,
      'qmshutdown',
      user,
      60_000,
      () => {},
      'VM quit/powerdown failed - got timeout',
    );
  }
  // talos: ACPI and the agent ask for the same as `talosctl shutdown --force`.
  orderShutdown(world, node, true, { actorId: '' }, () => vmIsOff(world, vm));
  return vmTask(world, vm, 'qmshutdown', user, 6000, () => {});
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
  effect: () => void,
  failure?: string,
): LabPveTask {
  return startTask(world, {
    type,
    objectId: String(vm.vmId),
    user,
    durationMs,
    finish: () => {
      if (failure !== undefined) return failure;
      effect();
      return 'OK';
    },
  });
}

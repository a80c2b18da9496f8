import { hangNode, unhangNode } from './life.js';
import { startVm, vmIsOff } from './power.js';
import { endTask } from './pve-tasks.js';
import type { LabPveHost, LabVm, World } from './types.js';
import { vmCpuRatio, vmMemoryBytes, vmUptimeSeconds } from './usage.js';
import { nodeOfVm } from './vm.js';

/** proxmox.md §7: figures of a host that does not report are shown for five minutes, then its guests are unknown. */
const REPORT_KEPT_MS = 5 * 60_000;
/** Firmware, kernel and services of a small server until pvestatd reports. */
export const HOST_BOOT_MS = 90_000;

export const guestsOf = (world: World, { name }: LabPveHost): readonly LabVm[] =>
  [...world.vms.values()].filter(({ pveNode }) => pveNode === name);

/** corosync: more than half of all votes, counted by the host that was asked. */
export function hasPveQuorum(world: World, asked: LabPveHost): boolean {
  const { size } = world.pveHosts;
  return size === 1 || membersSeenBy(world, asked).length > size / 2;
}

/** The members of the partition in which a host finds itself. */
export const membersSeenBy = (world: World, asked: LabPveHost): readonly LabPveHost[] =>
  [...world.pveHosts.values()].filter(
    (host) => host === asked || (host.isOnline && host.isLinked && asked.isLinked),
  );

export const isSeenBy = (world: World, asked: LabPveHost, host: LabPveHost): boolean =>
  membersSeenBy(world, asked).includes(host);

export const isForgotten = (world: World, host: LabPveHost): boolean =>
  host.silentSinceMs !== null && world.clock.now() - host.silentSinceMs >= REPORT_KEPT_MS;

/** The server loses its power, or stops answering with everything that runs on it. */
export function hostDown(world: World, host: LabPveHost, how: 'off' | 'hung'): void {
  if (!host.isOnline) return;
  fallsSilent(world, host);
  host.isOnline = false;
  host.isHung = how === 'hung';
  if (how === 'off') killTasks(world, host);
  for (const vm of guestsOf(world, host)) {
    if (vm.status !== 'running') continue;
    if (how === 'off') vmIsOff(world, vm);
    else hangGuest(world, vm, true);
  }
  world.touch('pve');
}

/** Workers die with their host, without a last line. */
function killTasks(world: World, host: LabPveHost): void {
  const running = world.pveTasks.filter(
    (task) => task.pveNode === host.name && task.endedAtMs === null,
  );
  for (const task of running) endTask(world, task, 'unexpected status');
}

/** After a power loss the host boots and starts its guests with `onboot`; after a hang everything goes on. */
export function hostUp(world: World, host: LabPveHost): void {
  if (host.isOnline) return;
  const wasHung = host.isHung;
  host.isHung = false;
  if (wasHung) {
    reportsAgain(world, host);
    for (const vm of guestsOf(world, host)) hangGuest(world, vm, false);
    return;
  }
  world.clock.after(HOST_BOOT_MS, () => {
    if (host.isOnline) return;
    host.bootedAtMs = world.clock.now();
    reportsAgain(world, host);
    for (const vm of guestsOf(world, host)) {
      if (Number(vm.config.onboot ?? 0) === 1) startVm(world, vm);
    }
  });
}

/** Its corosync network fails or works again. The guests run on. */
export function setLinked(world: World, host: LabPveHost, isLinked: boolean): void {
  if (host.isLinked === isLinked) return;
  host.isLinked = isLinked;
  if (isLinked && host.isOnline) reportsAgain(world, host);
  else if (!isLinked) fallsSilent(world, host);
  world.touch('pve');
}

function fallsSilent(world: World, host: LabPveHost): void {
  if (host.silentSinceMs !== null) return;
  for (const vm of guestsOf(world, host)) {
    vm.lastReport = {
      status: vm.status === 'running' ? vm.qmpStatus : 'stopped',
      uptimeSeconds: vm.status === 'running' ? vmUptimeSeconds(world, vm) : 0,
      cpuRatio: vmCpuRatio(world, vm),
      memoryBytes: vmMemoryBytes(world, vm),
    };
  }
  host.silentSinceMs = world.clock.now();
}

function reportsAgain(world: World, host: LabPveHost): void {
  host.isOnline = true;
  if (host.isLinked) {
    host.silentSinceMs = null;
    for (const vm of guestsOf(world, host)) vm.lastReport = null;
  }
  world.touch('pve');
}

function hangGuest(world: World, vm: LabVm, isHung: boolean): void {
  const node = nodeOfVm(world, vm.vmId);
  if (node === undefined || vm.status !== 'running' || vm.qmpStatus === 'io-error') return;
  if (isHung) hangNode(world, node);
  else unhangNode(world, node);
}

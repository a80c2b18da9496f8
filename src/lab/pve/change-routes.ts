import { SHUTDOWN_TIMEOUT, shutdownVm, startVm, stopVm, vmIsOff } from '../world/power.js';
import { endTask, startTask } from '../world/pve-tasks.js';
import type { LabPveTask, LabVm } from '../world/types.js';
import { nodeOfVm } from '../world/vm.js';
import { checkKeys, isAllowed, needPrivilege } from './access.js';
import { applyUpdate, CONFIG_PARAMETERS, checkUpdate, keysOf } from './config-update.js';
import { guestCall, needQuorum } from './guest-call.js';
import { flockHolder, holdingTask, lockedTask, whenUnlocked } from './guest-lock.js';
import { hostNamed } from './hosts.js';
import type { ParameterTypes } from './parameters.js';
import { died, invalidParameters, PveRefusal } from './refusal.js';
import type { Call, Route } from './route.js';
import { taskNamed } from './tasks.js';

const ROOT_ONLY = ['skiplock', 'keepActive'];

/** @throws PveRefusal 400, 500 before any task exists */
function power(
  action: string,
  parameters: ParameterTypes,
  order: (call: Call, vm: LabVm) => LabPveTask,
): Route {
  return {
    method: 'POST',
    path: `/nodes/{node}/qemu/{vmid}/status/${action}`,
    privilege: ['/vms/{vmid}', 'VM.PowerMgmt'],
    parameters: {
      ...parameters,
      'timeout?': 'integer',
      'skiplock?': 'boolean',
      'keepActive?': 'boolean',
    },
    run: (call) => {
      const forbidden = ROOT_ONLY.find((name) => call.given[name] !== undefined);
      if (forbidden !== undefined) {
        throw invalidParameters({ [forbidden]: 'Only root may use this option.' });
      }
      const vm = guestCall(call);
      if (action === 'start') needQuorum(call);
      if (vm.lock !== null) throw died(`VM is locked (${vm.lock})`);
      return { data: order(call, vm).upid };
    },
  };
}

/** A task that ends at once with a text. */
const finished = ({ world, user }: Call, vm: LabVm, type: string, exitStatus: string): LabPveTask =>
  startTask(world, {
    type,
    objectId: String(vm.vmId),
    user,
    durationMs: 300,
    finish: () => exitStatus,
  });

const DEFAULT_SHUTDOWN_SECONDS = 60;

/** It keeps the guest's lock file until the guest is off or its time is up. */
function shutdown(call: Call, vm: LabVm): LabPveTask {
  if (vm.status !== 'running') throw died(`VM ${vm.vmId} not running`);
  return lockedTask(call, vm, 'qmshutdown', () => {
    const node = nodeOfVm(call.world, vm.vmId);
    const isDeaf = node === undefined || !node.isUp || node.isHung;
    const task = isDeaf ? deafShutdown(call, vm) : shutdownVm(call.world, vm, call.user);
    if (task === null) throw died(`VM ${vm.vmId} not running`);
    vm.flockedBy = task.upid;
    return task;
  });
}

/** A guest that does not answer is stopped when its time is up and `forceStop` is set. */
function deafShutdown(call: Call, vm: LabVm): LabPveTask {
  const { world, user, given } = call;
  return holdingTask(call, vm, {
    type: 'qmshutdown',
    objectId: String(vm.vmId),
    user,
    durationMs: Number(given.timeout ?? DEFAULT_SHUTDOWN_SECONDS) * 1000,
    finish: () => {
      if (vm.status !== 'running') return 'OK';
      if (given.forceStop !== '1') return SHUTDOWN_TIMEOUT;
      vmIsOff(world, vm);
      return 'OK';
    },
  });
}

/** `overrule-shutdown` ends the shutdown that holds the lock; without it a stop waits in vain. */
function stop(call: Call, vm: LabVm): LabPveTask {
  const holder = flockHolder(call.world, vm);
  if (holder?.type === 'qmshutdown' && call.given['overrule-shutdown'] === '1') {
    endTask(call.world, holder, 'received interrupt');
  }
  return lockedTask(call, vm, 'qmstop', () => {
    const task = stopVm(call.world, vm, call.user);
    return task ?? finished(call, vm, 'qmstop', 'OK');
  });
}

const POWER: readonly Route[] = [
  power('start', { 'machine?': 'string' }, (call, vm) =>
    lockedTask(call, vm, 'qmstart', () => {
      const task = startVm(call.world, vm, call.user);
      return task ?? finished(call, vm, 'qmstart', `VM ${vm.vmId} already running`);
    }),
  ),
  power('stop', { 'overrule-shutdown?': 'boolean' }, stop),
  power('shutdown', { 'forceStop?': 'boolean' }, shutdown),
];

const CONFIG_PATH = '/nodes/{node}/qemu/{vmid}/config';

/** @throws PveRefusal 400, 403, 500 */
function configCall(call: Call): LabVm {
  const vm = guestCall(call);
  checkKeys(call.world, vm, call.given, keysOf(call.given));
  needQuorum(call);
  checkUpdate(vm, call.given);
  return vm;
}

const CONFIG: readonly Route[] = [
  {
    method: 'PUT',
    path: CONFIG_PATH,
    privilege: null,
    parameters: CONFIG_PARAMETERS,
    run: (call) => {
      const vm = configCall(call);
      return whenUnlocked(call, vm, () => {
        // Somebody may have written while we waited.
        checkUpdate(vm, call.given);
        applyUpdate(call.world, vm, call.given);
        return { data: null };
      });
    },
  },
  {
    method: 'POST',
    path: CONFIG_PATH,
    privilege: null,
    parameters: CONFIG_PARAMETERS,
    run: (call) => {
      const vm = configCall(call);
      const task = lockedTask(call, vm, 'qmconfig', () =>
        holdingTask(call, vm, {
          type: 'qmconfig',
          objectId: String(vm.vmId),
          user: call.user,
          durationMs: 400,
          finish: () => tried(() => applyUpdate(call.world, vm, call.given)),
        }),
      );
      return { data: task.upid };
    },
  },
];

/** In a worker a refusal is the end of its task. */
function tried(run: () => void): string {
  try {
    run();
    return 'OK';
  } catch (error) {
    if (error instanceof PveRefusal) return error.message;
    throw error;
  }
}

const TASKS: readonly Route[] = [
  {
    method: 'DELETE',
    path: '/nodes/{node}/tasks/{upid}',
    privilege: null,
    parameters: {},
    run: (call) => {
      const node = hostNamed(call, call.path.node ?? '').name;
      const task = taskNamed(call.world, node, call.path.upid ?? '');
      if (task.user !== call.user && !isAllowed(call.world, 'Sys.Modify')) {
        needPrivilege(call.world, `/nodes/${node}`, 'Sys.Modify');
      }
      if (task.endedAtMs === null) endTask(call.world, task, 'received interrupt');
      return { data: null };
    },
  },
];

export const CHANGE_ROUTES: readonly Route[] = [...POWER, ...CONFIG, ...TASKS];

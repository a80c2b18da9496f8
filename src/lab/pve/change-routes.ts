import { shutdownVm, startVm, stopVm } from '../world/power.js';
import { hasPveQuorum } from '../world/pve-hosts.js';
import { startTask } from '../world/pve-tasks.js';
import type { LabPveTask, LabVm } from '../world/types.js';
import { applyUpdate, CONFIG_PARAMETERS, checkUpdate } from './config-update.js';
import { guestOn } from './guests.js';
import { hostNamed } from './hosts.js';
import type { ParameterTypes } from './parameters.js';
import { died, invalidParameters, noQuorum } from './refusal.js';
import type { Call, Route } from './route.js';

const ROOT_ONLY = ['skiplock', 'keepActive'];

const guestOf = (call: Call): LabVm =>
  guestOn(call.world, hostNamed(call, call.path.node ?? '').name, call.path.vmid ?? '');

/** The owner of the guest writes, so its own partition counts. @throws PveRefusal 500 */
function needQuorum(call: Call): void {
  const owner = hostNamed(call, call.path.node ?? '');
  if (!hasPveQuorum(call.world, owner)) throw noQuorum();
}

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
      const vm = guestOf(call);
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

/** A guest that does not answer is stopped when its time is up and `forceStop` is set. */
function shutdown(call: Call, vm: LabVm): LabPveTask {
  if (vm.status !== 'running') throw died(`VM ${vm.vmId} not running`);
  const { world, user, given } = call;
  const task = shutdownVm(world, vm, user);
  if (task === null) throw died(`VM ${vm.vmId} not running`);
  if (given.forceStop === '1') {
    const epoch = vm.startedAtMs;
    world.clock.after(Number(given.timeout ?? DEFAULT_SHUTDOWN_SECONDS) * 1000, () => {
      if (vm.startedAtMs === epoch) stopVm(world, vm, user);
    });
  }
  return task;
}

const POWER: readonly Route[] = [
  power('start', { 'machine?': 'string' }, (call, vm) => {
    const task = startVm(call.world, vm, call.user);
    return task ?? finished(call, vm, 'qmstart', `VM ${vm.vmId} already running`);
  }),
  power('stop', { 'overrule-shutdown?': 'boolean' }, (call, vm) => {
    const task = stopVm(call.world, vm, call.user);
    return task ?? finished(call, vm, 'qmstop', 'OK');
  }),
  power('shutdown', { 'forceStop?': 'boolean' }, shutdown),
];

const CONFIG_PATH = '/nodes/{node}/qemu/{vmid}/config';
const CONFIG_PRIVILEGE: Route['privilege'] = ['/vms/{vmid}', 'VM.Config.Options'];

const CONFIG: readonly Route[] = [
  {
    method: 'PUT',
    path: CONFIG_PATH,
    privilege: CONFIG_PRIVILEGE,
    parameters: CONFIG_PARAMETERS,
    run: (call) => {
      const vm = guestOf(call);
      needQuorum(call);
      checkUpdate(vm, call.given);
      applyUpdate(call.world, vm, call.given);
      return { data: null };
    },
  },
  {
    method: 'POST',
    path: CONFIG_PATH,
    privilege: CONFIG_PRIVILEGE,
    parameters: CONFIG_PARAMETERS,
    run: (call) => {
      const vm = guestOf(call);
      needQuorum(call);
      checkUpdate(vm, call.given);
      const task = startTask(call.world, {
        type: 'qmconfig',
        objectId: String(vm.vmId),
        user: call.user,
        durationMs: 400,
        finish: () => {
          applyUpdate(call.world, vm, call.given);
          return 'OK';
        },
      });
      return { data: task.upid };
    },
  },
];

export const CHANGE_ROUTES: readonly Route[] = [...POWER, ...CONFIG];

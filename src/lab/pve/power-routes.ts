import {
  resetVm,
  resumeVm,
  type ShutdownOrder,
  shutdownVm,
  startVm,
  stopVm,
  suspendVm,
} from '../world/power.js';
import { endTask, startTask } from '../world/pve-tasks.js';
import type { LabPveTask, LabVm } from '../world/types.js';
import { guestCall, needQuorum } from './guest-call.js';
import { flockHolder, holdingTask, lockedTask } from './guest-lock.js';
import { managedTask } from './ha.js';
import type { ParameterTypes } from './parameters.js';
import { died, invalidParameters } from './refusal.js';
import type { Call, Route } from './route.js';

const ROOT_ONLY = ['skiplock', 'keepActive'];

interface PowerOrder {
  readonly action: string;
  readonly parameters: ParameterTypes;
  /** Answers that a guest which is off gives before any task. */
  readonly needsRunning?: boolean;
  readonly task: (call: Call, vm: LabVm) => LabPveTask;
}

/** @throws PveRefusal 400, 500 before any task exists */
const power = ({ action, parameters, needsRunning = false, task }: PowerOrder): Route => ({
  method: 'POST',
  path: `/nodes/{node}/qemu/{vmid}/status/${action}`,
  privilege: ['/vms/{vmid}', 'VM.PowerMgmt'],
  parameters: { ...parameters, 'skiplock?': 'boolean', 'keepActive?': 'boolean' },
  run: (call) => {
    const forbidden = ROOT_ONLY.find((name) => call.given[name] !== undefined);
    if (forbidden !== undefined && call.user !== 'root@pam') {
      throw invalidParameters({ [forbidden]: 'Only root may use this option.' });
    }
    const vm = guestCall(call);
    if (action === 'start') needQuorum(call);
    if (action === 'start' && vm.isTemplate) throw died("you can't start a vm if it's a template");
    const isLocked = vm.lock !== null && call.given.skiplock !== '1';
    if (isLocked && !mayPass(action, vm)) throw died(`VM is locked (${vm.lock})`);
    if (needsRunning && vm.status !== 'running') throw died(`VM ${vm.vmId} not running`);
    return { data: task(call, vm).upid };
  },
});

/** A guest that hibernates is locked, and starting it is how it wakes up. */
const mayPass = (action: string, vm: LabVm): boolean =>
  vm.lock === 'suspended' && (action === 'start' || action === 'resume');

/** A task that ends at once with a text. */
const finished = ({ world, user }: Call, vm: LabVm, type: string, exitStatus: string): LabPveTask =>
  startTask(world, {
    type,
    objectId: String(vm.vmId),
    user,
    durationMs: 300,
    finish: () => exitStatus,
  });

function start(call: Call, vm: LabVm): LabPveTask {
  const { world, user } = call;
  if (vm.haState !== null) return managedTask(call, vm, 'started');
  return lockedTask(call, vm, 'qmstart', () => {
    if (vm.lock === 'suspended') vm.lock = null;
    const task = startVm(world, vm, user);
    return task ?? finished(call, vm, 'qmstart', `VM ${vm.vmId} already running`);
  });
}

/** It keeps the guest's lock file until the guest is off or its time is up. */
function shutdown(call: Call, vm: LabVm, type: ShutdownOrder['type']): LabPveTask {
  const { world, user, given } = call;
  if (vm.qmpStatus === 'paused') throw died('VM is paused - cannot shutdown');
  if (vm.haState !== null && type === 'qmshutdown') return managedTask(call, vm, 'stopped');
  return lockedTask(call, vm, type, () => {
    const task = shutdownVm(world, vm, {
      type,
      user,
      ...(given.timeout === undefined ? {} : { timeoutSeconds: Number(given.timeout) }),
      isForced: given.forceStop === '1',
    });
    vm.flockedBy = task.upid;
    return task;
  });
}

/** `overrule-shutdown` ends the shutdown that holds the lock; without it a stop waits in vain. */
function stop(call: Call, vm: LabVm): LabPveTask {
  const overrules = call.given['overrule-shutdown'] === '1';
  if (vm.haState !== null) {
    if (overrules)
      throw invalidParameters({ 'overrule-shutdown': 'not applicable for HA resources.' });
    return managedTask(call, vm, 'stopped');
  }
  const holder = flockHolder(call.world, vm);
  if (holder?.type === 'qmshutdown' && overrules) {
    endTask(call.world, holder, 'received interrupt');
  }
  return lockedTask(call, vm, 'qmstop', () => {
    const task = stopVm(call.world, vm, call.user);
    return task ?? finished(call, vm, 'qmstop', 'OK');
  });
}

/** To disk it is a task that ends with the guest off and locked. */
function suspend(call: Call, vm: LabVm): LabPveTask {
  const { world, user, given } = call;
  if (given.todisk !== '1')
    return lockedTask(call, vm, 'qmpause', () => suspendVm(world, vm, user));
  return lockedTask(call, vm, 'qmsuspend', () =>
    holdingTask(call, vm, {
      type: 'qmsuspend',
      objectId: String(vm.vmId),
      user,
      durationMs: 8000,
      finish: () => {
        stopVm(world, vm, user);
        vm.lock = 'suspended';
        return 'OK';
      },
    }),
  );
}

export const POWER_ROUTES: readonly Route[] = [
  power({
    action: 'start',
    parameters: { 'timeout?': 'integer', 'machine?': 'string', 'force-cpu?': 'string' },
    task: start,
  }),
  power({
    action: 'stop',
    parameters: { 'timeout?': 'integer', 'overrule-shutdown?': 'boolean' },
    task: stop,
  }),
  power({
    action: 'shutdown',
    parameters: { 'timeout?': 'integer', 'forceStop?': 'boolean' },
    needsRunning: true,
    task: (call, vm) => shutdown(call, vm, 'qmshutdown'),
  }),
  power({
    action: 'reboot',
    parameters: { 'timeout?': 'integer' },
    needsRunning: true,
    task: (call, vm) => shutdown(call, vm, 'qmreboot'),
  }),
  power({
    action: 'reset',
    parameters: {},
    needsRunning: true,
    task: (call, vm) => lockedTask(call, vm, 'qmreset', () => resetVm(call.world, vm, call.user)),
  }),
  power({
    action: 'suspend',
    parameters: { 'todisk?': 'boolean', 'statestorage?': 'string' },
    needsRunning: true,
    task: suspend,
  }),
  power({
    action: 'resume',
    parameters: { 'nocheck?': 'boolean' },
    task: (call, vm) => {
      if (vm.lock === 'suspended') return start(call, vm);
      if (vm.status !== 'running') throw died(`VM ${vm.vmId} not running`);
      return lockedTask(call, vm, 'qmresume', () => resumeVm(call.world, vm, call.user));
    },
  }),
];

import { endTask } from '../world/pve-tasks.js';
import type { LabVm } from '../world/types.js';
import { checkKeys, needPrivilege } from './access.js';
import { applyUpdate, CONFIG_PARAMETERS, checkUpdate, keysOf } from './config-update.js';
import { guestCall, needQuorum } from './guest-call.js';
import { holdingTask, lockedTask, whenUnlocked } from './guest-lock.js';
import { hostNamed } from './hosts.js';
import { PveRefusal } from './refusal.js';
import type { Call, Route } from './route.js';
import { taskNamed } from './tasks.js';

const CONFIG_PATH = '/nodes/{node}/qemu/{vmid}/config';

/** @throws PveRefusal 400, 403, 500 */
function configCall(call: Call): LabVm {
  const vm = guestCall(call);
  checkKeys(call, vm, call.given, keysOf(call.given));
  needQuorum(call);
  checkUpdate(call, vm);
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
        checkUpdate(call, vm);
        applyUpdate(call, vm);
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
          finish: () => tried(() => applyUpdate(call, vm)),
        }),
      );
      return { data: task.upid };
    },
  },
];

/** qemu-server: unlink is a change of the configuration by another name. */
const UNLINK: Route = {
  method: 'PUT',
  path: '/nodes/{node}/qemu/{vmid}/unlink',
  privilege: ['/vms/{vmid}', 'VM.Config.Disk'],
  parameters: { idlist: 'string', 'force?': 'boolean' },
  run: (call) => {
    const { idlist = '', force } = call.given;
    const given = { delete: idlist, ...(force === undefined ? {} : { force }) };
    const order: Call = { ...call, given };
    const vm = configCall(order);
    return whenUnlocked(order, vm, () => {
      checkUpdate(order, vm);
      applyUpdate(order, vm);
      return { data: null };
    });
  },
};

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
      if (task.user !== call.user) needPrivilege(call, `/nodes/${node}`, 'Sys.Modify');
      if (task.endedAtMs === null) endTask(call.world, task, 'received interrupt');
      return { data: null };
    },
  },
];

export const CHANGE_ROUTES: readonly Route[] = [...CONFIG, UNLINK, ...TASKS];

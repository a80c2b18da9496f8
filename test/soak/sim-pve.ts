import { clusterOf, resourcesOf, tasksOf, vmConfigOf } from '../../src/clients/pve-answers.js';
import { pveRefusal } from '../../src/clients/pve-errors.js';
import type { PveClient } from '../../src/clients/types.js';
import { checkParameters } from '../../src/lab/pve/parameters.js';
import { PveRefusal } from '../../src/lab/pve/refusal.js';
import { findRoute } from '../../src/lab/pve/route.js';
import { ALL_ROUTES } from '../../src/lab/pve/routes.js';
import type { World } from '../../src/lab/world/types.js';
import { ClientError } from '../../src/model/errors.js';
import type { Doors } from './doors.js';
import type { Order } from './orders.js';

const USER = 'root@pam!lab';
const POLL_FOR_TASK = /^UPID:/;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Parameters = Readonly<Record<string, string>>;

/** The lab's Proxmox hosts without a wire in between. `onOrder` hears of every change before it is made. */
export function simPve(
  world: World,
  doors: Doors,
  onOrder: (order: Order) => () => void,
): PveClient {
  const ask = async (method: Method, path: string, parameters: Parameters): Promise<unknown> => {
    const host = [...world.pveHosts.values()].find(({ isOnline, isHung }) => isOnline && !isHung);
    const match = findRoute(ALL_ROUTES, method, path);
    if (host === undefined) {
      throw new ClientError('unreachable', 'Proxmox: connection refused', 'Start the host.');
    }
    try {
      if (match === null) throw new PveRefusal(501, `Method '${method} ${path}' not implemented`);
      checkParameters(parameters, match.route.parameters);
      const call = {
        world,
        user: USER,
        fingerprint: '',
        host,
        path: match.path,
        given: parameters,
      };
      const { data } = await doors.clock.driven(Promise.resolve(match.route.run(call)));
      return JSON.parse(JSON.stringify(data ?? null));
    } catch (error) {
      if (!(error instanceof PveRefusal)) throw error;
      if (error.afterMs > 0) await doors.clock.pass(error.afterMs);
      throw pveRefusal(`${method} ${path}`, error.code, error.message, error.errors ?? {});
    }
  };
  const get = async (path: string): Promise<unknown> => {
    doors.enter(`pve GET ${path}`);
    const url = new URL(path, 'https://lab');
    return await ask('GET', url.pathname, Object.fromEntries(url.searchParams));
  };

  return {
    async cluster() {
      const [status, resources, version] = [
        await get('/cluster/status'),
        await get('/cluster/resources?type=node'),
        await get('/version'),
      ];
      return clusterOf({ status, nodes: resources, version });
    },
    resources: async () => resourcesOf(await get('/cluster/resources')),
    vmConfig: async (node, id) =>
      vmConfigOf(await get(`/nodes/${node}/qemu/${id}/config?current=1`)),
    tasks: async () => tasksOf(await get('/cluster/tasks')),
    get,
    async order(method, path, parameters) {
      doors.enter(`pve ${method} ${path}`);
      const taken = onOrder({ kind: 'pve', method, path, parameters });
      const answer = await ask(method, path, parameters);
      taken();
      // The answer may get lost although the order was taken.
      doors.enter(`pve-answer ${method} ${path}`);
      return typeof answer === 'string' && POLL_FOR_TASK.test(answer) ? answer : null;
    },
    async taskStatus(upid) {
      const node = upid.split(':')[1] ?? '';
      const status = (await get(`/nodes/${node}/tasks/${upid}/status`)) as {
        readonly status: string;
        readonly exitstatus?: string;
      };
      const isRunning = status.status === 'running';
      return { isRunning, exitStatus: status.exitstatus ?? null, lastLogLines: [] };
    },
    close: async () => undefined,
  };
}

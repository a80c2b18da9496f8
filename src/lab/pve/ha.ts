import { shutdownVm, startVm } from '../world/power.js';
import { hasPveQuorum } from '../world/pve-hosts.js';
import { startTask } from '../world/pve-tasks.js';
import type { HaState, LabPveTask, LabVm, World } from '../world/types.js';
import { seconds, shuffled } from './order.js';
import { died, invalidParameters, PveRefusal } from './refusal.js';
import type { Call, Route } from './route.js';

/** pve-ha-crm and pve-ha-lrm look at the world every ten seconds or so. */
const MANAGER_MS = 10_000;
const STATES: readonly HaState[] = ['started', 'stopped', 'disabled', 'ignored'];

/** Of a managed guest a power call only writes down what is wanted, and its task has ended before anything moves. */
export function managedTask(
  { world, user }: Call,
  vm: LabVm,
  wanted: 'started' | 'stopped',
): LabPveTask {
  const isStart = wanted === 'started';
  return startTask(world, {
    type: isStart ? 'hastart' : 'hastop',
    objectId: String(vm.vmId),
    user,
    durationMs: 600,
    log: [`Requesting HA ${isStart ? 'start' : 'stop'} for VM ${vm.vmId}`],
    finish: () => {
      want(world, vm, wanted);
      return 'OK';
    },
  });
}

function want(world: World, vm: LabVm, state: HaState): void {
  vm.haState = state;
  world.touch('pve');
  world.clock.after(MANAGER_MS, () => {
    if (vm.haState !== state) return;
    if (state === 'started') startVm(world, vm);
    else if (state !== 'ignored' && vm.status === 'running') shutdownVm(world, vm);
  });
}

const managed = (world: World): readonly LabVm[] =>
  shuffled(
    world,
    [...world.vms.values()].filter(({ haState }) => haState !== null),
    ({ vmId }) => `ha${vmId}`,
  );

/** @throws PveRefusal 400, 500 */
function guestOf({ world }: Call, sid: string): LabVm {
  const id = /^(?:vm:)?(\d+)$/.exec(sid)?.[1];
  if (id === undefined) {
    throw invalidParameters({ sid: `invalid format - unable to parse resource ID '${sid}'\n` });
  }
  const vm = world.vms.get(Number(id));
  if (vm === undefined) throw died(`cannot add resource 'vm:${id}' - VM does not exist`);
  return vm;
}

function stateOf(state = 'started'): HaState {
  const found = STATES.find((each) => each === (state === 'enabled' ? 'started' : state));
  if (found !== undefined) return found;
  throw invalidParameters({
    state: `value '${state}' does not have a value in the enumeration 'started, stopped, enabled, disabled, ignored'`,
  });
}

function status({ world, host }: Call): readonly unknown[] {
  const isQuorate = hasPveQuorum(world, host);
  const services = managed(world).map((vm) => ({
    id: `service:vm:${vm.vmId}`,
    type: 'service',
    sid: `vm:${vm.vmId}`,
    node: vm.pveNode,
    state: vm.haState,
    crm_state: vm.haState,
    request_state: vm.haState,
    max_relocate: 1,
    max_restart: 1,
    status: `vm:${vm.vmId} (${vm.pveNode}, ${vm.haState})`,
  }));
  const now = seconds(world.clock.now());
  return [
    {
      id: 'quorum',
      type: 'quorum',
      node: host.name,
      quorate: isQuorate ? 1 : 0,
      status: isQuorate ? 'OK' : 'No quorum on node!',
    },
    ...(services.length === 0
      ? []
      : [
          {
            id: 'master',
            type: 'master',
            node: world.facts.pveNode,
            timestamp: now,
            status: `${world.facts.pveNode} (active, ${new Date(now * 1000).toUTCString()})`,
          },
        ]),
    ...services,
  ];
}

const CONSOLE: Route['privilege'] = ['/', 'Sys.Console'];
const AUDIT: Route['privilege'] = ['/', 'Sys.Audit'];
const RESOURCE = '/cluster/ha/resources/{sid}';
const OPTIONS = {
  'state?': 'string',
  'max_restart?': 'integer',
  'max_relocate?': 'integer',
  'comment?': 'string',
  'failback?': 'boolean',
} as const;

const entry = (vm: LabVm) => ({ sid: `vm:${vm.vmId}`, type: 'vm', state: vm.haState });

export const HA_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/ha/status/current',
    privilege: AUDIT,
    parameters: {},
    run: (call) => ({ data: status(call) }),
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources',
    privilege: AUDIT,
    parameters: { 'type?': 'string' },
    run: ({ world }) => ({ data: managed(world).map(entry) }),
  },
  {
    method: 'GET',
    path: RESOURCE,
    privilege: AUDIT,
    parameters: {},
    run: (call) => {
      const vm = guestOf(call, call.path.sid ?? '');
      if (vm.haState === null) throw died(`no such resource '${call.path.sid}'`);
      return { data: entry(vm) };
    },
  },
  {
    method: 'POST',
    path: '/cluster/ha/resources',
    privilege: CONSOLE,
    parameters: { sid: 'string', ...OPTIONS, 'type?': 'string' },
    run: (call) => {
      const vm = guestOf(call, call.given.sid ?? '');
      if (vm.haState !== null) throw died(`resource ID 'vm:${vm.vmId}' already defined`);
      want(call.world, vm, stateOf(call.given.state));
      return { data: null };
    },
  },
  {
    method: 'PUT',
    path: RESOURCE,
    privilege: CONSOLE,
    parameters: { ...OPTIONS, 'digest?': 'string', 'delete?': 'string' },
    run: (call) => {
      const vm = guestOf(call, call.path.sid ?? '');
      if (vm.haState === null) throw new PveRefusal(500, `no such resource '${call.path.sid}'`);
      if (call.given.state !== undefined) want(call.world, vm, stateOf(call.given.state));
      return { data: null };
    },
  },
  {
    method: 'DELETE',
    path: RESOURCE,
    privilege: CONSOLE,
    parameters: { 'purge?': 'boolean' },
    run: (call) => {
      const vm = guestOf(call, call.path.sid ?? '');
      if (vm.haState === null) {
        throw died(`cannot delete service 'vm:${vm.vmId}', not HA managed!`);
      }
      vm.haState = null;
      call.world.touch('pve');
      return { data: null };
    },
  },
];

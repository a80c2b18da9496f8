import { isAllowed } from './access.js';
import { guestConfig, guestList, guestOn, guestPending, guestStatus } from './guests.js';
import {
  clusterResources,
  clusterStatus,
  hostNamed,
  nodeList,
  nodeStatus,
  repositoryId,
} from './hosts.js';
import type { ParameterTypes } from './parameters.js';
import { invalidParameters } from './refusal.js';
import type { Call, Envelope, Route } from './route.js';
import { oneStorage, storageContent, storageList, storageNamed, thinPools } from './storages.js';
import { clusterTasks, nodeTasks, taskLog, taskNamed, taskStatus } from './tasks.js';

const SYS_AUDIT: Route['privilege'] = ['/', 'Sys.Audit'];
const NODE_AUDIT: Route['privilege'] = ['/nodes/{node}', 'Sys.Audit'];
const VM_AUDIT: Route['privilege'] = ['/vms/{vmid}', 'VM.Audit'];
const STORAGE_AUDIT: Route['privilege'] = [
  '/storage/{storage}',
  'Datastore.Audit|Datastore.AllocateSpace',
];

function get(
  path: string,
  privilege: Route['privilege'],
  parameters: ParameterTypes,
  run: (call: Call) => unknown,
): Route {
  return { method: 'GET', path, privilege, parameters, run: (call) => ({ data: run(call) }) };
}

/** The node of the path, once it is known to exist and to be on. */
const nodeOf = (call: Call): string => hostNamed(call, call.path.node ?? '').name;
const guestOf = (call: Call) => guestOn(call.world, nodeOf(call), call.path.vmid ?? '');
const storageOf = (call: Call) => storageNamed(call.world, nodeOf(call), call.path.storage ?? '');

const CLUSTER: readonly Route[] = [
  get('/version', null, {}, ({ world }) => ({
    release: world.facts.pveRelease,
    version: world.facts.pveVersion,
    repoid: repositoryId(world),
  })),
  get('/cluster/status', SYS_AUDIT, {}, clusterStatus),
  get('/cluster/resources', null, { 'type?': 'string' }, (call) => {
    const { type } = call.given;
    checkEnumeration('type', type, ['vm', 'storage', 'node', 'sdn']);
    return clusterResources(call, type);
  }),
  get('/cluster/tasks', null, {}, clusterTasks),
  get('/cluster/nextid', null, { 'vmid?': 'integer' }, nextId),
  get('/cluster/options', null, {}, () => ({ keyboard: 'en-us', mac_prefix: 'BC:24:11' })),
];

const NODES: readonly Route[] = [
  get('/nodes', null, {}, (call) => nodeList(call, call.fingerprint)),
  get('/nodes/{node}/status', NODE_AUDIT, {}, (call) =>
    nodeStatus(call.world, hostNamed(call, call.path.node ?? '')),
  ),
  get('/nodes/{node}/version', null, {}, ({ world }) => ({
    release: world.facts.pveRelease,
    version: world.facts.pveVersion,
    repoid: repositoryId(world),
  })),
  get('/nodes/{node}/disks/lvmthin', SYS_AUDIT, {}, (call) => thinPools(call.world, nodeOf(call))),
];

const STORAGES: readonly Route[] = [
  get(
    '/nodes/{node}/storage',
    ['/storage', 'Datastore.Audit'],
    { 'content?': 'string', 'enabled?': 'boolean', 'storage?': 'string', 'format?': 'boolean' },
    (call) =>
      storageList(call.world, nodeOf(call), call.given.content).filter(
        ({ storage }) => call.given.storage === undefined || storage === call.given.storage,
      ),
  ),
  get('/nodes/{node}/storage/{storage}/status', STORAGE_AUDIT, {}, (call) =>
    oneStorage(call.world, nodeOf(call), call.path.storage ?? ''),
  ),
  get(
    '/nodes/{node}/storage/{storage}/content',
    STORAGE_AUDIT,
    { 'content?': 'string', 'vmid?': 'integer' },
    (call) =>
      storageContent(call.world, storageOf(call), call.given.content).filter(
        (item) =>
          call.given.vmid === undefined ||
          ('vmid' in item && item.vmid === Number(call.given.vmid)),
      ),
  ),
];

const GUESTS: readonly Route[] = [
  get('/nodes/{node}/qemu', null, { 'full?': 'boolean' }, (call) => {
    const node = nodeOf(call);
    return guestList(call.world, node).filter(({ vmid }) =>
      isAllowed(call, `/vms/${vmid}`, 'VM.Audit'),
    );
  }),
  get(
    '/nodes/{node}/qemu/{vmid}/config',
    VM_AUDIT,
    { 'current?': 'boolean', 'snapshot?': 'string' },
    (call) => guestConfig(guestOf(call), call.given.current === '1'),
  ),
  get('/nodes/{node}/qemu/{vmid}/pending', VM_AUDIT, {}, (call) => guestPending(guestOf(call))),
  get('/nodes/{node}/qemu/{vmid}/status/current', VM_AUDIT, {}, (call) =>
    guestStatus(call.world, guestOf(call)),
  ),
];

const TASKS: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/tasks',
    privilege: null,
    parameters: {
      'source?': 'string',
      'limit?': 'integer',
      'start?': 'integer',
      'vmid?': 'integer',
      'typefilter?': 'string',
      'userfilter?': 'string',
      'errors?': 'boolean',
      'since?': 'integer',
      'until?': 'integer',
      'statusfilter?': 'string',
    },
    run: listNodeTasks,
  },
  get('/nodes/{node}/tasks/{upid}/status', null, {}, (call) =>
    taskStatus(taskNamed(call.world, nodeOf(call), call.path.upid ?? '')),
  ),
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    privilege: null,
    parameters: { 'start?': 'integer', 'limit?': 'integer' },
    run: (call) =>
      taskLog(
        taskNamed(call.world, nodeOf(call), call.path.upid ?? ''),
        Number(call.given.start ?? '0'),
        Number(call.given.limit ?? '50'),
      ),
  },
];

export const READ_ROUTES: readonly Route[] = [
  ...CLUSTER,
  ...NODES,
  ...STORAGES,
  ...GUESTS,
  ...TASKS,
];

function listNodeTasks(call: Call): Envelope {
  const { given } = call;
  const source = given.source ?? 'archive';
  checkEnumeration('source', source, ['archive', 'active', 'all']);
  return nodeTasks(call, nodeOf(call), {
    source,
    vmid: given.vmid,
    typefilter: given.typefilter,
    start: Number(given.start ?? '0'),
    limit: Number(given.limit ?? '50'),
  });
}

function checkEnumeration(name: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return;
  throw invalidParameters({
    [name]: `value '${value}' does not have a value in the enumeration '${known.join(', ')}'`,
  });
}

const LOWEST_VM_ID = 100;

/** A string, computed or echoed; no reservation. */
function nextId({ world, given }: Call): string {
  if (given.vmid !== undefined) {
    if (!world.vms.has(Number(given.vmid))) return given.vmid;
    throw invalidParameters({ vmid: `VM ${given.vmid} already exists` });
  }
  let id = LOWEST_VM_ID;
  while (world.vms.has(id)) id += 1;
  return String(id);
}

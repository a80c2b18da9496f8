import { hostNamed } from './hosts.js';
import { seconds } from './order.js';
import type { Call, Route } from './route.js';

const MACHINES = ['10.1', '10.0', '9.2', '9.0', '8.2'];
const CPUS = [
  'host',
  'kvm64',
  'max',
  'qemu64',
  'x86-64-v2',
  'x86-64-v2-AES',
  'x86-64-v3',
  'x86-64-v4',
];

const get = (path: string, data: (call: Call) => unknown): Route => ({
  method: 'GET',
  path,
  privilege: ['/nodes/{node}', 'Sys.Audit'],
  parameters: {},
  run: (call) => {
    hostNamed(call, call.path.node ?? '');
    return { data: data(call) };
  },
});

export const HOST_ROUTES: readonly Route[] = [
  get('/nodes/{node}/capabilities/qemu/machines', () =>
    ['q35', 'i440fx'].flatMap((type) =>
      MACHINES.map((version) => ({
        id: `pc-${type}-${version}${version === MACHINES[0] ? '+pve0' : ''}`,
        type,
        version: `${version}${version === MACHINES[0] ? '+pve0' : ''}`,
      })),
    ),
  ),
  get('/nodes/{node}/capabilities/qemu/cpu', () =>
    CPUS.map((name) => ({ name, custom: 0, vendor: name === 'host' ? 'host' : 'default' })),
  ),
  get('/nodes/{node}/time', ({ world }) => ({
    time: seconds(world.clock.now()),
    localtime: seconds(world.clock.now()),
    timezone: 'UTC',
  })),
  get('/nodes/{node}/dns', ({ world }) => ({ search: 'lab.local', dns1: world.facts.gateway })),
  {
    method: 'GET',
    path: '/storage',
    privilege: ['/storage', 'Datastore.Audit'],
    parameters: { 'type?': 'string' },
    run: ({ world }) => {
      const names = [...new Set(world.storages.map(({ name }) => name))];
      return {
        data: names.flatMap((name) => {
          const found = world.storages.find((storage) => storage.name === name);
          if (found === undefined) return [];
          const { type, content } = found;
          const where =
            type === 'dir' ? { path: '/var/lib/vz' } : { vgname: 'pve', thinpool: 'data' };
          return [{ storage: name, type, content, ...where }];
        }),
      };
    },
  },
];

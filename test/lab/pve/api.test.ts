import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import type { World } from '../../../src/lab/world/types.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { whileTimePasses } from '../../support/passing-time.js';
import { type PveCallOptions, type PveReply, pveCall } from '../../support/pve-wire.js';

let serverLab: ServerLab;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0 });
});

afterEach(() => serverLab.close());

const world = (): World => serverLab.lab.world;
const call = (path: string, options?: PveCallOptions): Promise<PveReply> =>
  pveCall(serverLab.lab, path, options);
const data = async (path: string): Promise<unknown> => (await call(path)).json.data;

test('the version comes in the envelope that every client expects', async () => {
  const reply = await call('/version');

  expect(reply).toMatchObject({ code: 200, reason: 'OK' });
  expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8');
  expect(reply.headers['content-length']).toBeDefined();
  expect(reply.json).toEqual({
    data: { release: '9.1', version: '9.1.5', repoid: expect.stringMatching(/^[0-9a-f]{16}$/) },
  });
});

test.each([
  ['no token', null, 'No ticket'],
  ['a wrong token', 'root@pam!tui=00000000-0000-4000-8000-000000000000', 'Authentication failed!'],
])('%s is refused after three seconds, without a body', async (_what, token, reason) => {
  const asked = call('/version', { token });
  const { value, passedMs } = await whileTimePasses(world(), asked);

  expect(value).toMatchObject({ code: 401, reason, text: '' });
  expect(passedMs).toBeGreaterThanOrEqual(3000);
});

test('an unknown path is not implemented, and the connection ends', async () => {
  const reply = await call('/nodes/pve1/nothing');

  expect(reply).toMatchObject({
    code: 501,
    reason: "Method 'GET /nodes/pve1/nothing' not implemented",
  });
  expect(reply.headers.connection).toBe('close');
});

test('a missing guest is an error of the server, a missing node a failed look-up', async () => {
  expect(await call('/nodes/pve1/qemu/999/config')).toMatchObject({
    code: 500,
    reason: "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
    json: {
      data: null,
      message: "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist\n",
    },
  });
  expect((await call('/nodes/elsewhere/qemu')).reason).toContain(
    "hostname lookup 'elsewhere' failed",
  );
});

test('a parameter that the call does not know is named in the errors', async () => {
  const reply = await call('/cluster/resources?type=vm&colour=red');

  expect(reply).toMatchObject({ code: 400, reason: 'Parameter verification failed.' });
  expect(reply.json.errors).toEqual({
    colour: 'property is not defined in schema and the schema does not allow additional properties',
  });
  expect((await call('/nodes/pve1/qemu?full=true')).json.errors).toEqual({
    full: "type check ('boolean') failed - got 'true'",
  });
});

test('bodies that pveproxy refuses are refused', async () => {
  const stop = '/nodes/pve1/qemu/101/status/stop';
  const chunked = await call(stop, {
    method: 'POST',
    headers: { 'transfer-encoding': 'chunked' },
  });
  const odd = await call(stop, { method: 'POST', body: '<a/>', contentType: 'text/xml' });

  expect(chunked).toMatchObject({ code: 501, reason: 'chunked transfer encoding not supported' });
  expect(odd.code).toBe(506);
  expect(world().vms.get(101)?.status).toBe('running');
});

test('resources hold guests, nodes and storages with numbers as numbers', async () => {
  const all = (await data('/cluster/resources')) as readonly Record<string, unknown>[];
  const guest = all.find((entry) => entry.id === 'qemu/101');

  expect(guest).toMatchObject({
    type: 'qemu',
    vmid: 101,
    node: 'pve1',
    name: 'talos-cp-01',
    status: 'running',
    template: 0,
    maxcpu: 4,
    maxmem: 4 * 1024 ** 3,
    disk: 0,
    tags: 'controlplane;talos',
  });
  expect(guest?.cpu).toBeGreaterThan(0);
  expect(guest?.cpu).toBeLessThan(1);
  expect(guest).not.toHaveProperty('lock');
  expect(all.find((entry) => entry.id === 'node/pve1')).toMatchObject({ status: 'online' });
  expect(all.find((entry) => entry.id === 'storage/pve1/local-lvm')).toMatchObject({
    plugintype: 'lvmthin',
    status: 'available',
    shared: 0,
  });
  const guests = (await data('/cluster/resources?type=vm')) as readonly { type: string }[];
  expect(guests).toHaveLength(5);
  expect(guests.every(({ type }) => type === 'qemu')).toBe(true);
});

test('values have the types that Perl gives them', async () => {
  expect(await data('/cluster/nextid')).toBe('100');
  expect(await data('/nodes/pve1/qemu/101/config')).toMatchObject({
    memory: '4096',
    cores: 4,
    digest: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  const status = (await data('/nodes/pve1/status')) as { readonly loadavg: readonly unknown[] };
  expect(status.loadavg.every((value) => typeof value === 'string')).toBe(true);
  expect(await data('/cluster/status')).toEqual([
    expect.objectContaining({ type: 'node', nodeid: 0, local: 1, online: 1 }),
  ]);
});

test('lists come in no useful order', async () => {
  const guests = (await data('/nodes/pve1/qemu')) as readonly { readonly vmid: number }[];
  const ids = guests.map(({ vmid }) => vmid);

  expect(ids.toSorted()).toEqual([101, 102, 103, 104, 105]);
  expect(ids).not.toEqual([101, 102, 103, 104, 105]);
});

test('a storage that is not there shows zeros, never a fill', async () => {
  const pool = world().storages.find(({ name }) => name === 'local-lvm');
  if (pool === undefined) throw new Error('no pool');
  const [before] = (await data('/nodes/pve1/storage?storage=local-lvm')) as readonly {
    readonly used_fraction: number;
  }[];
  pool.isActive = false;
  const [after] = (await data('/nodes/pve1/storage?storage=local-lvm')) as readonly object[];

  expect(before?.used_fraction).toBeGreaterThan(0.05);
  expect(after).toMatchObject({ active: 0, total: 0, used: 0, avail: 0 });
  expect(after).not.toHaveProperty('used_fraction');
});

test('what is forbidden says which privilege is missing, and only there', async () => {
  world().faults.forbidden.add('pve:/nodes/pve1/qemu/101/config');

  expect(await call('/nodes/pve1/qemu/101/config')).toMatchObject({
    code: 403,
    reason: 'Permission check failed (/vms/101, VM.Audit)',
  });
  expect((await call('/nodes/pve1/qemu/102/config')).code).toBe(200);
});

test('ordered errors come as often as ordered, in the reason phrase', async () => {
  world().faults.apiErrors.push({ server: 'pve', code: 596, count: 1 });

  expect(await call('/version')).toMatchObject({ code: 596, reason: 'Connection timed out' });
  expect((await call('/version')).code).toBe(200);
});

test('the fingerprint that the API tells is the one of its certificate', async () => {
  const [node] = (await data('/nodes')) as readonly { readonly ssl_fingerprint: string }[];

  expect(node?.ssl_fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
});

test('an address that somebody else has is no half-started server', async () => {
  await expect(startPveServer(serverLab.lab)).rejects.toThrow('EADDRINUSE');

  expect((await call('/version')).code).toBe(200);
});

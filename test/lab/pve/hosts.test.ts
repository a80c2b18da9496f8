import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { HOST_BOOT_MS, hostDown, hostUp, setLinked } from '../../../src/lab/world/pve-hosts.js';
import type { LabPveHost, World } from '../../../src/lab/world/types.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { whileTimePasses } from '../../support/passing-time.js';
import { type PveCallOptions, type PveReply, pveCall } from '../../support/pve-wire.js';

type Entries = readonly Record<string, unknown>[];

let serverLab: ServerLab;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0, pveHosts: 3 });
});

afterEach(() => serverLab.close());

const world = (): World => serverLab.lab.world;
const call = (path: string, options?: PveCallOptions): Promise<PveReply> =>
  pveCall(serverLab.lab, path, options);
const data = async <T = Entries>(path: string, options?: PveCallOptions): Promise<T> =>
  (await call(path, options)).json.data as T;

function host(name: string): LabPveHost {
  const found = world().pveHosts.get(name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
}

const put = (path: string): Promise<PveReply> => call(path, { method: 'PUT', body: 'tags=mine' });

const guest = async (vmid: number): Promise<Record<string, unknown> | undefined> =>
  (await data('/cluster/resources?type=vm')).find((entry) => entry.vmid === vmid);

/** The answer, which comes no sooner than this. */
async function after(ms: number, asked: Promise<PveReply>): Promise<PveReply> {
  const { value, passedMs } = await whileTimePasses(world(), asked);
  expect(passedMs).toBeGreaterThanOrEqual(ms);
  return value;
}

test('machines are spread over the hosts, each with storages of its own', async () => {
  const status = await data('/cluster/status');
  const resources = await data('/cluster/resources');

  expect(status.find(({ type }) => type === 'cluster')).toMatchObject({ nodes: 3, quorate: 1 });
  expect(
    status
      .filter(({ type }) => type === 'node')
      .map(({ name, nodeid, local }) => [name, nodeid, local])
      .toSorted(),
  ).toEqual([
    ['pve1', 1, 1],
    ['pve2', 2, 0],
    ['pve3', 3, 0],
  ]);
  const nodeOf = (vmid: number): unknown => resources.find((entry) => entry.vmid === vmid)?.node;
  expect([101, 102, 103, 104, 105].map(nodeOf)).toEqual(['pve1', 'pve2', 'pve3', 'pve1', 'pve2']);
  expect(resources.filter(({ storage }) => storage === 'local-lvm')).toHaveLength(3);
  expect((await call('/nodes/pve1/qemu/102/config')).reason).toBe(
    "Configuration file 'nodes/pve1/qemu-server/102.conf' does not exist",
  );
});

test('every host answers for all, and says that it was the one', async () => {
  const status = await data('/cluster/status', { host: host('pve3').address });

  expect(status.find(({ local }) => local === 1)).toMatchObject({ name: 'pve3' });
  expect(await data('/nodes/pve2/qemu/102/config', { host: host('pve3').address })).toMatchObject({
    name: 'talos-cp-02',
  });
});

test('a call for a host that is off waits and fails with 595, for one that hangs with 596', async () => {
  hostDown(world(), host('pve2'), 'off');
  hostDown(world(), host('pve3'), 'hung');

  expect(await after(3000, call('/nodes/pve2/qemu/102/config'))).toMatchObject({
    code: 595,
    reason: 'No route to host',
  });
  expect(await after(30_000, call('/nodes/pve3/qemu'))).toMatchObject({
    code: 596,
    reason: 'Connection timed out',
  });
  await expect(call('/version', { host: host('pve2').address })).rejects.toThrow('ECONNREFUSED');
});

test('guests of a host that is off are shown as they were, and after five minutes as unknown', async () => {
  const before = await guest(102);
  hostDown(world(), host('pve2'), 'off');
  world().clock.advance(60_000);
  expect(await guest(102)).toMatchObject({ status: 'running', mem: before?.mem });
  expect(world().nodes.get('talos-cp-02')?.isUp).toBe(false);
  world().clock.advance(240_000);

  expect(await guest(102)).toEqual({
    id: 'qemu/102',
    type: 'qemu',
    node: 'pve2',
    vmid: 102,
    template: 0,
    tags: 'controlplane;talos',
    status: 'unknown',
  });
  expect((await data('/nodes')).find(({ node }) => node === 'pve2')).toMatchObject({
    status: 'offline',
  });
  expect((await data('/cluster/status')).find(({ name }) => name === 'pve2')).toMatchObject({
    online: 0,
  });
});

test('a host that boots again starts its guests', async () => {
  hostDown(world(), host('pve2'), 'off');
  world().clock.advance(600_000);
  hostUp(world(), host('pve2'));
  expect(await guest(102)).toMatchObject({ status: 'unknown' });
  world().clock.advance(HOST_BOOT_MS + 60_000);

  expect(await guest(102)).toMatchObject({ status: 'running' });
  expect(world().nodes.get('talos-cp-02')).toMatchObject({ isUp: true, stage: 'running' });
  expect(world().pveTasks.find(({ type }) => type === 'qmstart')).toMatchObject({
    pveNode: 'pve2',
  });
});

test('without a quorum everything can be read and runs on, and nothing can be written', async () => {
  for (const name of ['pve2', 'pve3']) setLinked(world(), host(name), false);
  const status = await data('/cluster/status');
  expect(status.find(({ type }) => type === 'cluster')).toMatchObject({ quorate: 0 });
  expect(await put('/nodes/pve1/qemu/101/config')).toMatchObject({
    code: 500,
    reason: 'cluster not ready - no quorum?',
  });
  expect(await put('/nodes/pve2/qemu/102/config')).toMatchObject({ code: 500 });
  expect(
    await call('/nodes/pve1/qemu/101/status/start', { method: 'POST', body: '' }),
  ).toMatchObject({ code: 500, reason: 'cluster not ready - no quorum?' });
  expect((await call('/nodes/pve1/qemu/101/config')).code).toBe(200);
  expect([...world().nodes.values()].every(({ isUp }) => isUp)).toBe(true);
  for (const name of ['pve2', 'pve3']) setLinked(world(), host(name), true);

  expect((await put('/nodes/pve1/qemu/101/config')).code).toBe(200);
});

test('the host that is cut off stands alone while the others keep the quorum', async () => {
  setLinked(world(), host('pve3'), false);

  expect((await put('/nodes/pve1/qemu/101/config')).code).toBe(200);
  expect(await put('/nodes/pve3/qemu/103/config')).toMatchObject({
    reason: 'cluster not ready - no quorum?',
  });
});

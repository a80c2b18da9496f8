import { connect as connectTcp } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { putObject } from '../../../src/lab/world/kube-store.js';
import { hangNode, unhangNode } from '../../../src/lab/world/life.js';
import { startVm, stopVm } from '../../../src/lab/world/power.js';
import type { LabNode, World } from '../../../src/lab/world/types.js';
import { releaseVip } from '../../../src/lab/world/vip.js';
import { type KubeWire, type KubeWireOptions, kubeWire } from '../../support/kube-wire.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { eventually } from '../../support/patience.js';

let serverLab: ServerLab;
const wires: KubeWire[] = [];

beforeEach(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 0, workers: 1 });
});

afterEach(async () => {
  for (const wire of wires.splice(0)) wire.close();
  await serverLab.close();
});

const world = (): World => serverLab.lab.world;

function wireTo(options: KubeWireOptions = {}): KubeWire {
  const wire = kubeWire(serverLab.lab, options);
  wires.push(wire);
  return wire;
}

function nodeNamed(name: string): LabNode {
  const node = world().nodes.get(name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
}

const holder = (): LabNode => nodeNamed(world().vip.holder ?? '');
const others = (): readonly LabNode[] =>
  [...world().nodes.values()].filter((node) => node.role === 'controlplane' && node !== holder());

function stopPower(node: LabNode): void {
  const vm = world().vms.get(node.vmId);
  if (vm !== undefined) stopVm(world(), vm);
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code,
  );

/** Ports open and close outside virtual time: ask until it is so. */
const untilIt = (says: (code: unknown) => boolean, options?: KubeWireOptions): Promise<void> =>
  eventually(async () => expect(await codeOf(wireTo(options).get('/version'))).toSatisfy(says));

const soon = <T>(promise: Promise<T>): Promise<T | 'silence'> =>
  Promise.race([
    promise,
    new Promise<'silence'>((resolve) => setTimeout(() => resolve('silence'), 250)),
  ]);

test('every control plane answers on its own address, workers do not', async () => {
  for (const node of world().nodes.values()) {
    const call = wireTo({ address: node.address }).get('/version');
    if (node.role === 'worker') expect(await codeOf(call)).toBe('ECONNREFUSED');
    else expect((await call).json).toMatchObject({ gitVersion: 'v1.35.0' });
  }
});

test('nobody gets in without a certificate of this cluster', async () => {
  const none = await wireTo({ client: null }).get('/version');
  const foreign = await wireTo({ client: serverLab.lab.pki.pveServer() }).get('/api/v1/nodes');
  const nowMs = Date.now();
  const expired = serverLab.lab.pki.kubeAdmin({ fromMs: nowMs - 7_200_000, toMs: nowMs - 60_000 });
  const late = await wireTo({ client: expired }).get('/api/v1/nodes');

  for (const reply of [none, foreign, late]) {
    expect(reply.code).toBe(401);
    expect(reply.json).toMatchObject({ kind: 'Status', reason: 'Unauthorized' });
  }
});

test('a user without rights reads why in the words of RBAC', async () => {
  const wire = wireTo({ client: serverLab.lab.pki.kubeClient('eve', ['guests']) });
  const reply = await wire.get('/api/v1/namespaces/shop/pods/db-0');

  expect(reply.code).toBe(403);
  expect(reply.json.message).toBe(
    'pods "db-0" is forbidden: User "eve" cannot get resource "pods" in API group "" in the namespace "shop"',
  );
  const self = await wire.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
  expect(self.json.status).toMatchObject({
    userInfo: { username: 'eve', groups: ['guests', 'system:authenticated'] },
  });
});

test('a forbidden kind darkens itself only', async () => {
  world().faults.forbidden.add('kube:nodes');
  const wire = wireTo();

  expect((await wire.get('/api/v1/nodes')).code).toBe(403);
  expect((await wire.get('/api/v1/namespaces')).code).toBe(200);
});

test('api-errors fail as many requests as were ordered', async () => {
  world().faults.apiErrors.push({ server: 'kube', code: 503, count: 2 });
  const wire = wireTo();
  const codes = [];
  for (let round = 0; round < 3; round += 1) codes.push((await wire.get('/version')).code);

  expect(codes).toEqual([503, 503, 200]);
});

test('the virtual address follows its holder and drops old connections', async () => {
  const wire = wireTo();
  const watch = await wire.watch('/api/v1/nodes?watch=1&resourceVersion=0');
  const [next] = others();
  releaseVip(world(), next);
  world().clock.advance(1000);

  expect(await watch.ended).toBe('cut');
  await untilIt((code) => code === 'answered');
  expect(world().vip.holder).toBe(next?.hostname);
});

test('without a holder nobody answers on the virtual address', async () => {
  world().vip.isConfigured = false;
  releaseVip(world());

  await untilIt((code) => code === 'ECONNREFUSED');
});

test('a machine without power refuses, and serves again once its API server runs', async () => {
  const [node] = others();
  if (node === undefined) throw new Error('no other control plane');
  stopPower(node);
  const { address } = node;
  await untilIt((code) => code !== 'answered', { address });
  const vm = world().vms.get(node.vmId);
  if (vm !== undefined) startVm(world(), vm);
  world().clock.advance(60_000);

  await untilIt((code) => code === 'answered', { address });
});

test('a machine that hangs accepts connections and says nothing, also to old watches', async () => {
  const [node] = others();
  if (node === undefined) throw new Error('no other control plane');
  const wire = wireTo({ address: node.address });
  const watch = await wire.watch('/api/v1/namespaces?watch=1&resourceVersion=0');
  const seen = (await watch.received(5)).length;
  hangNode(world(), node);
  putObject(world(), 'namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'unseen' },
  });

  const socket = connectTcp(serverLab.lab.ports.kube, node.address);
  await new Promise((resolve) => socket.once('connect', resolve));
  expect(await soon(wireTo({ address: node.address }).get('/version'))).toBe('silence');
  expect(await soon(wire.get('/version'))).toBe('silence');
  expect(watch.events).toHaveLength(seen);
  socket.destroy();

  unhangNode(world(), node);
  const events = await watch.received(seen + 1);
  expect(events.at(-1)?.object.metadata.name).toBe('unseen');
});

test('without a majority of etcd reads end in a timeout, readyz names etcd, and cached reads go on', async () => {
  const wire = wireTo();
  for (const node of others()) stopPower(node);
  const ready = await wire.get('/readyz?verbose');
  expect(ready.code).toBe(500);
  expect(ready.text).toContain('[-]etcd failed: reason withheld\n');
  expect(ready.text).toContain('readyz check failed');

  expect((await wire.get('/api/v1/nodes?resourceVersion=0')).code).toBe(200);
  const reading = wire.get('/api/v1/nodes');
  expect(await soon(reading)).toBe('silence');
  world().clock.advance(7500);
  const reply = await reading;
  expect(reply.code).toBe(500);
  expect(reply.json.message).toBe('etcdserver: request timed out');
});

test('a full etcd still reads but takes no writes', async () => {
  const [member] = world().etcd.members.values();
  member?.alarms.add('NOSPACE');
  const wire = wireTo();
  const written = await wire.call('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'too-much' },
  });

  expect((await wire.get('/api/v1/nodes')).code).toBe(200);
  expect(written.json.message).toBe('etcdserver: mvcc: database space exceeded');
});

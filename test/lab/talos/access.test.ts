import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KeyPair } from '../../../src/lab/world/types.js';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

const PERMISSION_DENIED = 7;
const UNAVAILABLE = 14;
const SECRET_TYPES = [
  ['network', 'OperatorSpecs.net.talos.dev'],
  ['config', 'MachineConfigs.config.talos.dev'],
] as const;
const HOUR_MS = 3_600_000;

let lab: TalosTestLab;
const clients: TalosTestClient[] = [];

const connect = (pair?: KeyPair): TalosTestClient => {
  const created = new TalosTestClient(lab, lab.node('talos-cp-01').address, pair);
  clients.push(created);
  return created;
};

beforeEach(async () => {
  lab = await startTalosTestLab();
});

afterEach(async () => {
  for (const created of clients.splice(0)) created.close();
  await lab.close();
});

test('an admin reads types that hold secrets, a reader does not', async () => {
  const admin = connect();
  const reader = connect(lab.pki.talosClient('os:reader'));
  for (const [namespace, type] of SECRET_TYPES) {
    expect((await admin.list(namespace, type)).length).toBeGreaterThan(0);
    await expect(reader.list(namespace, type)).rejects.toMatchObject({
      code: PERMISSION_DENIED,
      details: 'not authorized',
    });
    const watch = reader.watch({ namespace, type });
    expect(await watch.ended()).toEqual({ code: PERMISSION_DENIED, details: 'not authorized' });
  }
});

test('the kubelet configuration is a secret from 1.13 on', async () => {
  const reader = connect(lab.pki.talosClient('os:reader'));
  const list = () => reader.list('k8s', 'KubeletSpecs.kubernetes.talos.dev');
  expect(await list()).toHaveLength(1);

  lab.node('talos-cp-01').talosVersion = 'v1.13.0';
  await expect(list()).rejects.toMatchObject({ code: PERMISSION_DENIED });
});

test.each([
  ['os:reader', 'machine.MachineService/Version', true],
  ['os:reader', 'machine.MachineService/EtcdStatus', true],
  ['os:reader', 'machine.MachineService/EtcdAlarmDisarm', false],
  ['os:operator', 'machine.MachineService/EtcdAlarmDisarm', true],
  ['os:operator', 'machine.MachineService/EtcdForfeitLeadership', false],
  ['os:etcd:backup', 'machine.MachineService/EtcdStatus', true],
  ['os:etcd:backup', 'machine.MachineService/Version', false],
  ['os:nobody', 'machine.MachineService/Version', false],
])('%s may call %s: %s', async (role, method, isAllowed) => {
  const call = connect(lab.pki.talosClient(role)).unary(method);

  if (isAllowed) await expect(call).resolves.toBeDefined();
  else
    await expect(call).rejects.toMatchObject({
      code: PERMISSION_DENIED,
      details: 'not authorized',
    });
});

test('a reader cannot take a snapshot or read files, a backup role can take one', async () => {
  const snapshot = 'machine.MachineService/EtcdSnapshot';
  const read = 'machine.MachineService/Read';
  const reader = connect(lab.pki.talosClient('os:reader'));
  const backup = connect(lab.pki.talosClient('os:etcd:backup'));

  expect(await reader.stream(snapshot).ended()).toMatchObject({ code: PERMISSION_DENIED });
  expect(await reader.stream(read, { path: '/etc/os-release' }).ended()).toMatchObject({
    code: PERMISSION_DENIED,
  });
  expect(await backup.stream(snapshot).ended()).toMatchObject({ code: 0 });
});

test('nobody writes resources', async () => {
  await expect(
    connect().unary('cosi.resource.State/Destroy', { namespace: 'runtime', type: 'x', id: 'y' }),
  ).rejects.toMatchObject({ code: PERMISSION_DENIED });
});

test('a certificate that is expired or of another cluster gets no connection', async () => {
  const expired = lab.pki.talosClient('os:admin', {
    fromMs: Date.now() - 2 * HOUR_MS,
    toMs: Date.now() - HOUR_MS,
  });
  await expect(connect(expired).unary('machine.MachineService/Version')).rejects.toMatchObject({
    code: UNAVAILABLE,
  });
  const other = await startTalosTestLab();
  try {
    await expect(
      connect(other.pki.talosAdmin()).unary('machine.MachineService/Version'),
    ).rejects.toMatchObject({ code: UNAVAILABLE });
  } finally {
    await other.close();
  }
});

test('what the lab forbids is denied to an admin too, and nothing else is', async () => {
  lab.world.faults.forbidden.add('talos:OperatorSpecs.net.talos.dev');
  lab.world.faults.forbidden.add('talos:EtcdStatus');
  const admin = connect();

  await expect(admin.list('network', 'OperatorSpecs.net.talos.dev')).rejects.toMatchObject({
    code: PERMISSION_DENIED,
  });
  await expect(admin.unary('machine.MachineService/EtcdStatus')).rejects.toMatchObject({
    code: PERMISSION_DENIED,
  });
  await expect(admin.unary('machine.MachineService/Version')).resolves.toBeDefined();
});

test('errors on order hit the next calls and are then used up', async () => {
  lab.world.faults.apiErrors.push({ server: 'talos', code: 503, count: 2 });
  const admin = connect();
  const version = () => admin.unary('machine.MachineService/Version');

  await expect(version()).rejects.toMatchObject({ code: UNAVAILABLE });
  await expect(version()).rejects.toMatchObject({ code: UNAVAILABLE });
  await expect(version()).resolves.toBeDefined();
});

test('cutting streams ends all of them, and new ones work at once', async () => {
  const admin = connect();
  const request = {
    namespace: 'runtime',
    type: 'MachineStatuses.runtime.talos.dev',
    options: { bootstrap_contents: true },
  };
  const streams = [admin.watch(request), admin.stream('machine.MachineService/Events')];
  await Promise.all(streams.map((stream) => stream.frameCount(1)));
  lab.world.touch('cut:talos');

  for (const stream of streams) expect(await stream.ended()).toMatchObject({ code: UNAVAILABLE });
  await admin.watch(request).frameCount(3);
});

test('latency delays every answer', async () => {
  lab.world.faults.latencyMs.set('talos', 200);
  const admin = connect();
  const startedAt = performance.now();
  await admin.unary('machine.MachineService/Version');

  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195);
});

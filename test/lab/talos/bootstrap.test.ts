import { afterEach, beforeEach, expect, test } from 'vitest';
import { isEtcdWorking, memberOf } from '../../../src/lab/world/etcd.js';
import {
  getObject,
  listObjects,
  putObject,
  removeObject,
} from '../../../src/lab/world/kube-store.js';
import { startService, stopService } from '../../../src/lab/world/life.js';
import { runWorld } from '../../../src/lab/world/run.js';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';
import { talosUpload } from '../../support/talos-upload.js';

const NAMES = ['talos-cp-01', 'talos-cp-02', 'talos-cp-03'];

let lab: TalosTestLab;
let client: TalosTestClient;

async function start(talosVersion = 'v1.12.4'): Promise<void> {
  lab = await startTalosTestLab({ talosVersion });
  runWorld(lab.world);
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
}

beforeEach(() => start());

afterEach(async () => {
  client.close();
  await lab.close();
});

const advance = (seconds: number): void => lab.world.clock.advance(seconds * 1000);

const at = (hostname: string) => ({ node: lab.node(hostname).address });

/** All control planes lose EPHEMERAL, and etcd with it: they wait for a cluster. */
async function wipe(): Promise<void> {
  for (const name of NAMES) {
    const request = {
      graceful: false,
      reboot: true,
      system_partitions_to_wipe: [{ label: 'EPHEMERAL', wipe: true }],
    };
    await client.unary('machine.MachineService/Reset', request, { node: lab.node(name).address });
  }
  advance(120);
  client.close();
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
}

const bootstrap = (hostname: string, request: object = {}) =>
  client.unary('machine.MachineService/Bootstrap', request, at(hostname));

async function snapshot(): Promise<Buffer> {
  const stream = client.stream<{ bytes: Buffer }>('machine.MachineService/EtcdSnapshot');
  await stream.ended();
  return Buffer.concat(stream.frames.map(({ bytes }) => bytes));
}

const stateOf = (hostname: string): string =>
  lab.node(hostname).services.get('etcd')?.state ?? 'none';

test('a cluster that runs is not bootstrapped again', async () => {
  await expect(bootstrap('talos-cp-01')).rejects.toMatchObject({
    code: 6,
    details: 'etcd data directory is not empty',
  });
});

test.each([
  ['v1.12.4', 9, 'bootstrap can only be performed on a control plane node'],
  ['v1.13.9', 12, 'bootstrap is only available on control plane nodes'],
])('Talos %s bootstraps no worker', async (version, code, details) => {
  client.close();
  await lab.close();
  await start(version);
  await expect(bootstrap('talos-w-01')).rejects.toMatchObject({ code, details });
});

test('a node with a wrong clock waits for the time', async () => {
  await wipe();
  lab.node('talos-cp-01').machine.clockSkewMs = 600_000;
  await expect(bootstrap('talos-cp-01')).rejects.toMatchObject({
    code: 9,
    details: 'time is not in sync yet',
  });
});

test('control planes without data prepare and wait, and nothing is there to be had', async () => {
  await wipe();
  expect(NAMES.map(stateOf)).toEqual(['Preparing', 'Preparing', 'Preparing']);
  expect(isEtcdWorking(lab.world)).toBe(false);
});

test('who bootstraps twice in a row founds one cluster', async () => {
  await wipe();
  await bootstrap('talos-cp-01');
  advance(2);
  await bootstrap('talos-cp-01');
  advance(2);
  const first = memberOf(lab.world, 'talos-cp-01')?.id;
  expect(first).toBeDefined();
  advance(60);
  expect(memberOf(lab.world, 'talos-cp-01')?.id).toBe(first);
  await expect(bootstrap('talos-cp-01')).rejects.toMatchObject({ code: 6 });
});

test('after a bootstrap the others join as learners and become voters, and a fresh Kubernetes begins', async () => {
  await wipe();
  await bootstrap('talos-cp-01');
  advance(6);
  expect(memberOf(lab.world, 'talos-cp-01')?.isLearner).toBe(false);
  expect(getObject(lab.world, 'namespaces', 'shop')).toBeUndefined();
  const seen = new Set<string>();
  for (let step = 0; step < 120; step += 1) {
    advance(1);
    for (const member of lab.world.etcd.members.values()) {
      seen.add(`${member.hostname} ${member.isLearner ? 'learner' : 'voter'}`);
    }
  }
  expect(seen).toContain('talos-cp-02 learner');
  expect([...lab.world.etcd.members.values()].map(({ isLearner }) => isLearner)).toEqual([
    false,
    false,
    false,
  ]);
  // A kubelet registers when it starts: those that ran all the time are unknown to the new cluster.
  for (const name of ['talos-w-01', 'talos-w-02']) {
    stopService(lab.world, lab.node(name), 'kubelet');
    startService(lab.world, lab.node(name), 'kubelet');
  }
  advance(120);
  expect(listObjects(lab.world, 'nodes').map(({ metadata }) => metadata.name)).toEqual([
    ...NAMES,
    'talos-w-01',
    'talos-w-02',
  ]);
  expect([...lab.world.nodes.values()].every(({ isReady }) => isReady)).toBe(true);
  const system = listObjects(lab.world, 'pods').map(({ metadata }) => metadata.name);
  expect(system).toContain('kube-apiserver-talos-cp-01');
  expect(system.filter((name) => name.startsWith('kube-proxy-'))).toHaveLength(5);
});

test('a recovery brings back exactly what the snapshot holds, with its revision', async () => {
  const { world } = lab;
  const file = await snapshot();
  const { revision } = world.etcd;
  const before = listObjects(world, 'deployments').map(({ metadata }) => metadata.name);
  removeObject(world, 'deployments', 'web', 'shop');
  putObject(world, 'configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'later', namespace: 'default' },
  });
  await wipe();
  await talosUpload(lab, 'talos-cp-01', 'machine.MachineService/EtcdRecover', file);
  await bootstrap('talos-cp-01', { recover_etcd: true });
  advance(7);

  expect(listObjects(world, 'deployments').map(({ metadata }) => metadata.name)).toEqual(before);
  expect(getObject(world, 'configmaps', 'later', 'default')).toBeUndefined();
  expect(world.etcd.revision).toBeGreaterThanOrEqual(revision);
  expect(world.etcd.revision).toBeLessThan(revision + 200);
  advance(300);
  expect([...world.nodes.values()].every(({ isReady }) => isReady)).toBe(true);
});

test('a copy of the database has no checksum: it is taken only on request', async () => {
  const copy = (await snapshot()).subarray(0, -32);
  await wipe();
  await talosUpload(lab, 'talos-cp-01', 'machine.MachineService/EtcdRecover', copy);
  await bootstrap('talos-cp-01', { recover_etcd: true });
  advance(7);
  expect(stateOf('talos-cp-01')).toBe('Failed');
  await talosUpload(lab, 'talos-cp-01', 'machine.MachineService/EtcdRecover', copy);
  await bootstrap('talos-cp-01', { recover_etcd: true, recover_skip_hash_check: true });
  advance(12);
  expect(isEtcdWorking(lab.world)).toBe(true);
});

test('a recovery without a snapshot fails in the service', async () => {
  await wipe();
  await bootstrap('talos-cp-01', { recover_etcd: true });
  advance(7);
  expect(stateOf('talos-cp-01')).toBe('Failed');
});

test('a worker takes no snapshot', async () => {
  await expect(
    talosUpload(lab, 'talos-w-01', 'machine.MachineService/EtcdRecover', Buffer.from('x')),
  ).rejects.toMatchObject({
    code: 12,
    details: 'etcd recover is only available on control plane nodes',
  });
});

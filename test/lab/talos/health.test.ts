import { afterEach, beforeEach, expect, test } from 'vitest';
import { listObjects, removeObject } from '../../../src/lab/world/kube-store.js';
import { powerGone, stopService } from '../../../src/lab/world/life.js';
import { settingsOf } from '../../../src/lab/world/talos-settings.js';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

let lab: TalosTestLab;
let client: TalosTestClient;

beforeEach(async () => {
  lab = await startTalosTestLab();
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
});

afterEach(async () => {
  client.close();
  await lab.close();
});

const health = (request: object = {}) =>
  client.stream<{ readonly message: string }>('cluster.ClusterService/HealthCheck', {
    wait_timeout: { seconds: 1200, nanos: 0 },
    ...request,
  });

function approveAll(): void {
  for (const { metadata } of listObjects(lab.world, 'certificatesigningrequests')) {
    removeObject(lab.world, 'certificatesigningrequests', metadata.name);
  }
}

test('a healthy cluster passes every check, in the order of talosctl', async () => {
  approveAll();
  const run = health();
  expect(await run.ended()).toEqual({ code: 0, details: '' });
  const lines = run.frames.map(({ message }) => message);

  expect(lines[0]).toMatch(/^discovered nodes: \["127\.\d+\.0\.11" .*\]$/);
  expect(lines.slice(1, 3)).toEqual([
    'waiting for etcd to be healthy: ...',
    'waiting for etcd to be healthy: OK',
  ]);
  expect(lines.filter((line) => line.endsWith(': OK'))).toHaveLength(16);
  expect(lines.at(-1)).toBe('waiting for all k8s nodes to report schedulable: OK');
});

test('unapproved requests hold the check up, and it ends after the minute that it has', async () => {
  const run = health();
  await run.until(
    ({ frames }) => frames.at(-1)?.message.includes('active diagnostics') === true,
    'the diagnostics',
  );
  expect(run.frames.at(-1)?.message).toMatch(
    /^waiting for no diagnostics: active diagnostics: 127\.\d+\.0\.13: kubelet server certificate rotation is enabled, but CSR is not approved; /,
  );
  lab.world.clock.advance(65_000);
  expect(await run.ended()).toEqual({ code: 4, details: 'context deadline exceeded' });
});

test('a check that comes right meanwhile lets the run go on', async () => {
  approveAll();
  const node = lab.node('talos-cp-02');
  stopService(lab.world, node, 'kubelet');
  const run = health();
  await run.until(
    ({ frames }) =>
      frames.at(-1)?.message.startsWith('waiting for kubelet to be healthy: 1 error') === true,
    'the kubelet',
  );
  const kubelet = node.services.get('kubelet');
  if (kubelet === undefined) throw new Error('No kubelet.');
  kubelet.state = 'Running';
  kubelet.events.push({ atMs: lab.world.clock.now(), state: 'Running', message: 'Started' });
  kubelet.isHealthy = true;
  node.isKubeletUp = true;
  lab.world.clock.advance(6000);

  expect(await run.ended()).toEqual({ code: 0, details: '' });
});

test('only the nodes that the caller names are looked at, and Kubernetes may have no others', async () => {
  approveAll();
  lab.node('talos-w-02').stage = 'booting';
  const names = ['talos-cp-01', 'talos-cp-02', 'talos-cp-03'].map((name) => lab.node(name).address);
  const run = health({ cluster_info: { control_plane_nodes: names, worker_nodes: [] } });
  await run.until(
    ({ frames }) => frames.at(-1)?.message.includes('unexpected nodes') === true,
    'the workers',
  );
  expect(run.frames[0]?.message).toBe(
    `discovered nodes: [${names.map((name) => JSON.stringify(name)).join(' ')}]`,
  );
  const workers = ['talos-w-01', 'talos-w-02'];
  const addresses = workers.map((name) => JSON.stringify(lab.node(name).address)).join(' ');
  expect(run.frames.at(-1)?.message).toBe(
    `waiting for all k8s nodes to report: unexpected nodes with IPs [${addresses}]`,
  );
  for (const name of workers) removeObject(lab.world, 'nodes', name);
  lab.world.clock.advance(31_000);
  await run.until(
    ({ frames }) => frames.some(({ message }) => message.endsWith('to report: OK')),
    'the next check',
  );
});

test('the cluster is asked at the endpoint that the configuration of the node names', async () => {
  approveAll();
  lab.world.vip.holder = null;
  const { address, machine } = lab.node('talos-cp-01');
  const founded = (endpoint: string) => {
    const settings = settingsOf([
      { machine: { type: 'controlplane' }, cluster: { controlPlane: { endpoint } } },
    ]);
    machine.config = { text: null, settings };
  };
  founded(`https://${address}:6443`);
  const run = health();
  expect(await run.ended()).toEqual({ code: 0, details: '' });

  lab.node('talos-cp-02').areStaticPodsUp = false;
  founded(`https://${lab.node('talos-cp-02').address}:6443`);
  const refused = health({ wait_timeout: { seconds: 1, nanos: 0 } });
  await refused.until(
    ({ frames }) => frames.at(-1)?.message.includes('connection refused') === true,
    'the API server',
  );
});

test('a control plane without power is named by the first check, until the time is over', async () => {
  const down = lab.node('talos-cp-03');
  powerGone(lab.world, down);
  const run = health({ wait_timeout: { seconds: 20, nanos: 0 } });
  await run.until(({ frames }) => frames.length === 3, 'the check');
  expect(run.frames.at(-1)?.message).toBe(
    `waiting for etcd to be healthy: 1 error occurred:\n\t* ${down.address}: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp ${down.address}:50000: connect: no route to host"`,
  );
  for (let round = 0; round < 4; round += 1) {
    lab.world.clock.advance(5000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await run.ended()).toEqual({ code: 4, details: 'context deadline exceeded' });
  expect(run.frames).toHaveLength(3);
});

test('a worker knows itself alone', async () => {
  const worker = new TalosTestClient(lab, lab.node('talos-w-01').address);
  const run = worker.stream<{ readonly message: string }>('cluster.ClusterService/HealthCheck', {
    wait_timeout: { seconds: 1, nanos: 0 },
  });
  await run.until(({ frames }) => frames.length === 3, 'the first check');
  expect(run.frames.at(-1)?.message).toBe(
    'waiting for etcd to be healthy: rpc error: code = PermissionDenied desc = no request forwarding',
  );
  worker.close();
});

import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createKubeClient } from '../../src/clients/kube.js';
import { disruptionBudgets, warningEvents } from '../../src/clients/kube-activity.js';
import { entryOf, type KubeKind } from '../../src/clients/kube-kind.js';
import { csrs, nodes } from '../../src/clients/kube-objects.js';
import { list, makeFakeKubectl, startFakeKubernetes, status } from '../support/fake-kubernetes.js';

function read<T>(kind: KubeKind<T>, object: object): T {
  const entry = entryOf(kind, object);
  if ('error' in entry) throw entry.error;
  return entry.value;
}

async function aClient() {
  const api = await startFakeKubernetes();
  const { program } = await makeFakeKubectl(api.port);
  const kube = createKubeClient({
    connection: { kubeconfigPath: 'kubeconfig', context: 'x' },
    program,
    env: process.env,
    clock: systemClock,
  });
  onTestFinished(kube.close);
  return { api, kube };
}

test('reads a control plane node of Talos', () => {
  const node = read(nodes, {
    metadata: {
      name: 'cp-1',
      uid: 'u1',
      labels: { 'node-role.kubernetes.io/control-plane': '' },
      annotations: { 'talos.dev/cordoned': 'true' },
    },
    spec: {
      unschedulable: true,
      taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }],
    },
    status: {
      conditions: [
        { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'lost' },
        { type: 'DiskPressure', status: 'maybe' },
      ],
      addresses: [
        { type: 'InternalIP', address: '10.0.0.11' },
        { type: 'InternalIP', address: 'fd00::11' },
        { type: 'Hostname', address: 'cp-1' },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.35.0',
        osImage: 'Talos (v1.12.4)',
        systemUUID: '8C2E7E5A-0F00-4A5C-9D2E-000000000101',
        bootID: 'b1',
      },
    },
  });

  expect(node).toMatchObject({
    name: 'cp-1',
    isControlPlane: true,
    ready: 'Unknown',
    isUnschedulable: true,
    isCordonedByTalos: true,
    internalIps: ['10.0.0.11', 'fd00::11'],
    externalIps: [],
    dnsNames: ['cp-1'],
    osImage: 'Talos (v1.12.4)',
    systemUuid: '8c2e7e5a-0f00-4a5c-9d2e-000000000101',
    isBeingDeleted: false,
  });
  expect(node.conditions[1]?.status).toBe('Unknown');
});

test('a node without a Ready condition is unknown, not ready', () => {
  const node = read(nodes, {
    metadata: { name: 'w-1', uid: 'u' },
    spec: {},
    status: { nodeInfo: {} },
  });

  expect(node).toMatchObject({ ready: 'Unknown', systemUuid: null, taints: [] });
});

const request = (conditions: readonly object[], certificate?: string) => ({
  metadata: {
    name: 'csr-1',
    uid: 'u',
    resourceVersion: '12',
    creationTimestamp: '2026-11-20T10:00:00Z',
  },
  spec: {
    request: Buffer.from('-----BEGIN CERTIFICATE REQUEST-----').toString('base64'),
    signerName: 'kubernetes.io/kubelet-serving',
    username: 'system:node:w-1',
    groups: ['system:nodes'],
    usages: ['digital signature', 'server auth'],
  },
  status: { conditions, certificate },
});
const decided = (type: string) => ({ type, lastTransitionTime: '2026-11-20T10:01:00Z' });

test.each([
  ['pending', request([])],
  ['approved', request([decided('Approved')])],
  ['issued', request([decided('Approved')], Buffer.from('PEM').toString('base64'))],
  ['denied', request([decided('Denied')])],
  ['failed', request([decided('Approved'), decided('Failed')])],
])('a request is %s', (state, object) => {
  expect(read(csrs, object)).toMatchObject({
    state,
    requestPem: '-----BEGIN CERTIFICATE REQUEST-----',
    createdAtMs: Date.parse('2026-11-20T10:00:00Z'),
    decidedAtMs: state === 'pending' ? null : Date.parse('2026-11-20T10:01:00Z'),
  });
});

test('an event carries the newest of its times', () => {
  const event = {
    metadata: { name: 'e', uid: 'u', creationTimestamp: '2026-11-20T09:00:00Z' },
    type: 'Warning',
    reason: 'BackOff',
    message: 'Back-off restarting',
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
    lastTimestamp: null,
    eventTime: '2026-11-20T10:00:00.123456Z',
  };

  expect(read(warningEvents, event)).toMatchObject({
    atMs: Date.parse('2026-11-20T10:00:00.123Z'),
    count: 1,
  });
  expect(
    read(warningEvents, {
      ...event,
      series: { count: 9, lastObservedTime: '2026-11-20T10:05:00.000000Z' },
    }),
  ).toMatchObject({ atMs: Date.parse('2026-11-20T10:05:00Z'), count: 9 });
});

test('a budget without a status allows no disruption', () => {
  expect(read(disruptionBudgets, { metadata: { name: 'b', namespace: 'default' } })).toMatchObject({
    disruptionsAllowed: 0,
  });
});

test('health is green only when the server says so', async () => {
  const { api, kube } = await aClient();
  const readyz = (code: number, body: string) => {
    api.answer = (url) =>
      url.pathname === '/version' ? { body: { gitVersion: 'v1.35.0' } } : { code, body };
  };

  readyz(200, '[+]ping ok\n[+]etcd ok\nreadyz check passed\n');
  expect(await kube.health()).toEqual({
    isReady: true,
    failedChecks: [],
    serverVersion: 'v1.35.0',
    viaServer: null,
  });
  readyz(500, '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n');
  expect(await kube.health()).toEqual({
    isReady: false,
    failedChecks: ['etcd'],
    serverVersion: 'v1.35.0',
    viaServer: null,
  });
  readyz(200, '<html>welcome</html>');
  await expect(kube.health()).rejects.toMatchObject({ kind: 'malformed' });
  readyz(500, 'dial tcp 10.0.0.20:6443: connect: no route to host');
  await expect(kube.health()).rejects.toMatchObject({ kind: 'unreachable' });
});

test('reads leases with their holder and renewal', async () => {
  const { api, kube } = await aClient();
  const lease = {
    metadata: { name: 'kube-scheduler', namespace: 'kube-system' },
    spec: {
      holderIdentity: 'cp-1_4f6d',
      leaseDurationSeconds: 15,
      renewTime: '2026-11-20T10:00:00.000001Z',
    },
  };
  api.answer = () => ({ body: list([lease]) });

  expect(await kube.leases()).toEqual([
    {
      namespace: 'kube-system',
      name: 'kube-scheduler',
      holder: 'cp-1_4f6d',
      renewedAtMs: Date.parse('2026-11-20T10:00:00Z'),
      durationSeconds: 15,
    },
  ]);
});

test('a request that is gone is not found, by name', async () => {
  const { api, kube } = await aClient();
  const message = 'certificatesigningrequests.certificates.k8s.io "csr-9" not found';
  api.answer = () => ({ code: 404, body: status(404, 'NotFound', message) });

  await expect(kube.csr('csr-9')).rejects.toMatchObject({
    kind: 'not-found',
    message: expect.stringContaining('"csr-9" not found'),
  });
});

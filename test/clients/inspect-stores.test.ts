import { expect, test } from 'vitest';
import { readApiGroups } from '../../src/clients/inspect/api-groups.js';
import { readAutomations } from '../../src/clients/inspect/automations.js';
import { ifServed, kubeLists } from '../../src/clients/inspect/kube-pages.js';
import { nodeShape, podShape } from '../../src/clients/inspect/kube-shapes.js';
import { readStores } from '../../src/clients/inspect/stores.js';
import { anError } from '../support/builders.js';
import { groupsOf, kubeAnswers, listOf } from '../support/kube-answers.js';

const SIGNAL = new AbortController().signal;

interface Cluster {
  readonly groups?: Readonly<Record<string, string>>;
  readonly objects: Readonly<Record<string, unknown>>;
  readonly pods?: readonly unknown[];
}

async function storesIn({ groups = {}, objects, pods = [] }: Cluster) {
  const { kube } = kubeAnswers({ '/apis': groupsOf(groups), ...objects });
  return await readStores({
    lists: ifServed(kubeLists(kube, SIGNAL)),
    groups: await readApiGroups(kube, SIGNAL),
    pods: pods.map((pod) => podShape.parse(pod)),
  });
}

async function automationsIn({ groups = {}, objects }: Cluster, nodes: readonly unknown[] = []) {
  const { kube } = kubeAnswers({
    '/apis': groupsOf(groups),
    '/apis/apps/v1/daemonsets': listOf([]),
    ...objects,
  });
  return await readAutomations(
    ifServed(kubeLists(kube, SIGNAL)),
    await readApiGroups(kube, SIGNAL),
    nodes.map((node) => nodeShape.parse(node)),
  );
}

const named = (name: string, namespace = 'shop') => ({ metadata: { name, namespace } });
const volume = (name: string, state: string, robustness: string) => ({
  ...named(name),
  status: { state, robustness },
});
const replica = (volumeName: string, nodeID: string, rest: object = {}) => ({
  spec: { volumeName, nodeID, healthyAt: '2026-11-20T10:00:00Z', failedAt: '', ...rest },
});

test('a volume of Longhorn names the nodes that hold a healthy copy', async () => {
  const stores = await storesIn({
    groups: { 'longhorn.io': 'v1beta2' },
    objects: {
      '/apis/longhorn.io/v1beta2/volumes': listOf([volume('a', 'attached', 'degraded')]),
      '/apis/longhorn.io/v1beta2/replicas': listOf([
        replica('a', 'w2'),
        replica('a', 'w1'),
        replica('a', 'w3', { failedAt: '2026-11-20T11:00:00Z' }),
        replica('a', 'w4', { healthyAt: '' }),
        replica('b', 'w5'),
      ]),
    },
  });

  expect(stores).toEqual([
    {
      kind: 'longhorn',
      namespace: 'shop',
      name: 'a',
      isHealthy: false,
      text: 'attached, degraded',
      copiesOn: ['w1', 'w2'],
    },
  ]);
});

test.each([
  ['attached', 'healthy', true],
  ['detached', 'unknown', true],
  ['detached', 'faulted', false],
  ['attached', 'faulted', false],
  ['attached', 'unknown', null],
  ['attaching', 'healthy', null],
  ['', '', null],
  ['attached', 'Healthy', null],
])('a volume that is "%s" and "%s" is healthy: %s', async (state, robustness, isHealthy) => {
  const [store] = await storesIn({
    groups: { 'longhorn.io': 'v1' },
    objects: { '/apis/longhorn.io/v1/volumes': listOf([volume('a', state, robustness)]) },
  });

  expect(store?.isHealthy).toBe(isHealthy);
});

test.each([
  [{ ceph: { health: 'HEALTH_OK' } }, true, 'HEALTH_OK'],
  [
    { ceph: { health: 'HEALTH_WARN', details: { OSD_DOWN: { severity: 'HEALTH_WARN' } } } },
    false,
    'HEALTH_WARN OSD_DOWN',
  ],
  [{ ceph: { health: 'HEALTH_ERR' } }, false, 'HEALTH_ERR'],
  [{}, null, 'no status'],
  [undefined, null, 'no status'],
])('a Ceph cluster with the status %o is healthy: %s', async (status, isHealthy, text) => {
  const [store] = await storesIn({
    groups: { 'ceph.rook.io': 'v1' },
    objects: { '/apis/ceph.rook.io/v1/cephclusters': listOf([{ ...named('rook'), status }]) },
  });

  expect(store).toMatchObject({ kind: 'ceph', isHealthy, text });
});

test.each([
  [3, { readyInstances: 3 }, true],
  [3, { readyInstances: 2 }, false],
  [3, {}, false],
  [undefined, { readyInstances: 3 }, null],
  [0, { readyInstances: 0 }, null],
])(
  'a Postgres cluster of %s with the status %o is healthy: %s',
  async (instances, status, isHealthy) => {
    const [store] = await storesIn({
      groups: { 'postgresql.cnpg.io': 'v1' },
      objects: {
        '/apis/postgresql.cnpg.io/v1/clusters': listOf([
          { ...named('orders'), spec: { instances }, status },
        ]),
      },
    });

    expect(store).toMatchObject({ kind: 'cnpg', isHealthy });
  },
);

test('copies of a Postgres cluster are where its ready pods are', async () => {
  const pod = (name: string, nodeName: string, ready: string, cluster = 'orders') => ({
    metadata: { name, namespace: 'shop', labels: { 'cnpg.io/cluster': cluster } },
    spec: { nodeName },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
  });
  const [store] = await storesIn({
    groups: { 'postgresql.cnpg.io': 'v1' },
    objects: { '/apis/postgresql.cnpg.io/v1/clusters': listOf([named('orders')]) },
    pods: [
      pod('orders-1', 'w2', 'True'),
      pod('orders-2', 'w1', 'True'),
      pod('orders-3', 'w3', 'False'),
      pod('bills-1', 'w4', 'True', 'bills'),
    ],
  });

  expect(store?.copiesOn).toEqual(['w1', 'w2']);
});

test('a Scylla cluster with a degraded rack is not healthy, whatever it counts', async () => {
  const status = {
    members: 3,
    readyMembers: 3,
    conditions: [{ type: 'Degraded', status: 'True' }],
  };
  const [store] = await storesIn({
    groups: { 'scylla.scylladb.com': 'v1' },
    objects: {
      '/apis/scylla.scylladb.com/v1/scyllaclusters': listOf([{ ...named('metrics'), status }]),
    },
  });

  expect(store).toMatchObject({ isHealthy: false, text: '3 of 3 ready, degraded' });
});

test('a store that cannot be read is there and unknown, and hides no other', async () => {
  const stores = await storesIn({
    groups: { 'longhorn.io': 'v1', 'ceph.rook.io': 'v1', 'rabbitmq.com': 'v1' },
    objects: {
      '/apis/longhorn.io/v1/volumes': anError('forbidden'),
      '/apis/ceph.rook.io/v1/cephclusters': { items: 'garbage' },
      '/apis/rabbitmq.com/v1/rabbitmqclusters': listOf([
        { ...named('q'), status: { conditions: [{ type: 'AllReplicasReady', status: 'True' }] } },
      ]),
    },
  });

  expect(stores.map(({ kind, isHealthy }) => [kind, isHealthy])).toEqual([
    ['longhorn', null],
    ['ceph', null],
    ['rabbitmq', true],
  ]);
  expect(stores[0]?.text).toContain('cannot be read');
});

test('without the definitions nothing is asked', async () => {
  const { kube, asked } = kubeAnswers({ '/apis': groupsOf({ 'csi.ceph.io': 'v1alpha1' }) });
  const groups = await readApiGroups(kube, SIGNAL);

  expect(await readStores({ lists: kubeLists(kube, SIGNAL), groups, pods: [] })).toEqual([]);
  expect(asked).toEqual(['/apis']);
});

const TUPPR = { 'tuppr.home-operations.com': 'v1alpha1' };
const upgrades = (phase: string | undefined) => ({
  '/apis/tuppr.home-operations.com/v1alpha1/talosupgrades': listOf([
    { ...named('talos'), status: { phase } },
  ]),
});

test.each([
  ['InProgress', true],
  ['Upgrading', true],
  ['Rebooting', true],
  ['Pending', false],
  ['Completed', false],
  ['Failed', false],
  [undefined, false],
])('tuppr in the phase %s is at work: %s', async (phase, isActive) => {
  expect(await automationsIn({ groups: TUPPR, objects: upgrades(phase) })).toMatchObject([
    { tool: 'tuppr', isActive },
  ]);
});

test('a node that tuppr has marked is being upgraded, whatever else it says', async () => {
  const labels = { 'tuppr.home-operations.com/upgrading': 'true' };
  const nodes = [{ metadata: { name: 'w1', labels } }];

  expect(await automationsIn({ objects: {} }, nodes)).toEqual([
    { tool: 'tuppr', isActive: true, text: 'w1 is marked as upgrading' },
  ]);
});

const kured = (annotations: object, labels: object = {}) => ({
  '/apis/apps/v1/daemonsets': listOf([
    { metadata: { name: 'cilium' } },
    { metadata: { name: 'my-kured', labels, annotations } },
  ]),
});

test('kured is at work while it holds its lock', async () => {
  const lock = JSON.stringify({ nodeID: 'w2', created: '2026-11-20T10:00:00Z' });
  const label = { 'app.kubernetes.io/name': 'kured' };

  expect(await automationsIn({ objects: kured({ 'weave.works/kured-node-lock': lock }) })).toEqual([
    { tool: 'kured', isActive: true, text: 'holds its lock for w2' },
  ]);
  expect(
    await automationsIn({ objects: kured({ 'weave.works/kured-node-lock': 'garbage' }) }),
  ).toMatchObject([{ tool: 'kured', isActive: true }]);
  expect(await automationsIn({ objects: kured({}, label) })).toMatchObject([
    { tool: 'kured', isActive: false },
  ]);
  expect(await automationsIn({ objects: kured({}) })).toEqual([]);
});

test('the system upgrade controller is at work while one of its jobs is', async () => {
  const jobs = (active: number | undefined) => ({
    '/apis/batch/v1/jobs': (query: URLSearchParams) =>
      query.get('labelSelector') === 'upgrade.cattle.io/controller'
        ? listOf([{ metadata: { name: 'apply-talos' }, status: { active } }])
        : listOf([]),
  });
  const groups = { 'upgrade.cattle.io': 'v1' };

  expect(await automationsIn({ groups, objects: jobs(1) })).toEqual([
    { tool: 'system-upgrade-controller', isActive: true, text: 'apply-talos under way' },
  ]);
  expect(await automationsIn({ groups, objects: jobs(undefined) })).toMatchObject([
    { isActive: false },
  ]);
  expect(await automationsIn({ objects: jobs(1) })).toEqual([]);
});

test('other tools that cannot be read are no reason to say that there are none', async () => {
  await expect(
    automationsIn({ objects: { '/apis/apps/v1/daemonsets': anError('forbidden') } }),
  ).rejects.toMatchObject({ kind: 'forbidden' });
});

test('long lists are read page by page', async () => {
  const pods = Array.from({ length: 1_250 }, (_, index) => named(`pod-${index}`));
  const { kube, asked } = kubeAnswers({
    '/api/v1/pods': (query: URLSearchParams) => {
      const from = Number(query.get('continue') ?? 0);
      const to = from + Number(query.get('limit'));
      return listOf(pods.slice(from, to), to < pods.length ? String(to) : undefined);
    },
  });

  const found = await kubeLists(kube, SIGNAL)('/api/v1/pods', podShape);

  expect(found).toHaveLength(1_250);
  expect(asked).toEqual([
    '/api/v1/pods?limit=500',
    '/api/v1/pods?limit=500&continue=500',
    '/api/v1/pods?limit=500&continue=1000',
  ]);
});

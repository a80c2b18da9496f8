import { afterEach, beforeEach, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { type KubeWire, kubeWire } from '../../support/kube-wire.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { envelope, field } from '../../support/protobuf-body.js';

const NODE = '/api/v1/nodes/talos-w-01';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };

let serverLab: ServerLab;
let wire: KubeWire;

beforeEach(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 0 });
  wire = kubeWire(serverLab.lab);
});

afterEach(async () => {
  wire.close();
  await serverLab.close();
});

test('cordon and uncordon work as kubectl patches them', async () => {
  const cordoned = await wire.call('PATCH', NODE, { spec: { unschedulable: true } }, STRATEGIC);
  expect(cordoned.json.spec.unschedulable).toBe(true);
  const listed = await wire.get('/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue');
  expect(listed.json.items.map((item) => item.metadata.name)).toEqual(['talos-w-01']);

  const uncordoned = await wire.call('PATCH', NODE, { spec: { unschedulable: null } }, STRATEGIC);
  expect(uncordoned.json.spec).not.toHaveProperty('unschedulable');
});

test('a patch that changes nothing keeps the revision', async () => {
  const before = (await wire.get(NODE)).json;
  const after = await wire.call('PATCH', NODE, { metadata: { labels: {} } }, STRATEGIC);

  expect(after.json.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

test('a dry run answers and leaves everything as it was', async () => {
  const before = (await wire.get(NODE)).json;
  const tried = await wire.call(
    'PATCH',
    `${NODE}?dryRun=All`,
    { metadata: { labels: { tried: 'yes' } } },
    STRATEGIC,
  );

  expect(tried.json.metadata.labels).toHaveProperty('tried');
  expect((await wire.get(NODE)).json).toEqual(before);
});

test('the status of a node is not changed through the node', async () => {
  const { json } = await wire.get(NODE);
  const reply = await wire.call('PUT', NODE, { ...json, status: { forged: true } });

  expect(reply.code).toBe(200);
  expect(reply.json.status).toEqual(json.status);
});

test('a body that is no such object is refused', async () => {
  const { json } = await wire.get(NODE);

  expect((await wire.call('PUT', NODE, {})).json.message).toBe("Object 'Kind' is missing in '{}'");
  const renamed = { ...json, metadata: { ...json.metadata, name: 'other' } };
  expect((await wire.call('PUT', NODE, renamed)).json.message).toBe(
    'the name of the object (other) does not match the name on the URL (talos-w-01)',
  );
  expect((await wire.call('PUT', NODE, Buffer.from('{'))).code).toBe(400);
  const text = await wire.call('PUT', NODE, Buffer.from('x'), { 'content-type': 'text/csv' });
  expect(text.code).toBe(415);
});

test('json patch follows its operations and its tests', async () => {
  const added = await wire.call(
    'PATCH',
    NODE,
    [
      { op: 'test', path: '/metadata/name', value: 'talos-w-01' },
      { op: 'add', path: '/metadata/labels/example.com~1zone', value: 'a' },
    ],
    JSON_PATCH,
  );
  const failed = await wire.call(
    'PATCH',
    NODE,
    [{ op: 'test', path: '/metadata/name', value: 'x' }],
    JSON_PATCH,
  );

  expect(added.json.metadata.labels).toMatchObject({ 'example.com/zone': 'a' });
  expect(failed.code).toBe(422);
});

test('a lease is a lock: it cannot be taken twice or updated blindly', async () => {
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'lock' },
    spec: { holderIdentity: 'me', leaseDurationSeconds: 30 },
  };
  const taken = await wire.call('POST', LEASES, lease);
  const again = await wire.call('POST', LEASES, lease);
  const blind = await wire.call('PUT', `${LEASES}/lock`, lease);
  const renewed = await wire.call('PUT', `${LEASES}/lock`, {
    ...taken.json,
    spec: { ...taken.json.spec, leaseTransitions: 1 },
  });

  expect(taken.code).toBe(201);
  expect(again.json).toMatchObject({ code: 409, reason: 'AlreadyExists' });
  expect(blind.code).toBe(422);
  expect(renewed.code).toBe(200);
  const gone = await wire.call('DELETE', `${LEASES}/lock`);
  expect(gone.json).toMatchObject({ status: 'Success', details: { uid: taken.json.metadata.uid } });
});

test('a namespace made in protobuf is active and carries its name as a label', async () => {
  const body = envelope('v1', 'Namespace', field(1, field(1, 'made')));
  const reply = await wire.call('POST', '/api/v1/namespaces', body, {
    'content-type': 'application/vnd.kubernetes.protobuf',
  });

  expect(reply.code).toBe(201);
  expect(reply.json.status).toEqual({ phase: 'Active' });
  expect(reply.json.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'made' });
  const other = envelope('v1', 'Unheard', Buffer.alloc(0));
  const refused = await wire.call('POST', '/api/v1/namespaces', other, {
    'content-type': 'application/vnd.kubernetes.protobuf',
  });
  expect(refused.code).toBe(415);
});

test('a secret made in protobuf keeps its bytes, as helm writes its releases', async () => {
  const meta = Buffer.concat([field(1, 'sh.helm.release.v1.web.v1'), field(3, 'shop')]);
  const data = Buffer.concat([field(1, 'release'), field(2, Buffer.from([0, 255, 1]))]);
  const body = envelope(
    'v1',
    'Secret',
    Buffer.concat([field(1, meta), field(2, data), field(3, 'helm.sh/release.v1')]),
  );
  const reply = await wire.call('POST', '/api/v1/namespaces/shop/secrets', body, {
    'content-type': 'application/vnd.kubernetes.protobuf',
  });

  expect(reply.code).toBe(201);
  expect(reply.json).toMatchObject({ type: 'helm.sh/release.v1', data: { release: 'AP8B' } });
});

test('a replaced object stays in its namespace, also when the body does not name it', async () => {
  const maps = '/api/v1/namespaces/shop/configmaps';
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } };
  const made = await wire.call('POST', maps, map);
  const replaced = await wire.call('PUT', `${maps}/kept`, { ...map, data: { a: 'b' } });

  expect([made.code, replaced.code]).toEqual([201, 200]);
  expect((await wire.get(`${maps}/kept`)).json).toMatchObject({
    metadata: { namespace: 'shop', uid: made.json.metadata.uid },
    data: { a: 'b' },
  });
});

test('an eviction respects the disruption budget and ends the pod a moment later', async () => {
  const pods = '/api/v1/namespaces/shop/pods';
  const eviction = (name: string) => ({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'shop' },
  });
  const first = await wire.call('POST', `${pods}/db-0/eviction`, eviction('db-0'));
  expect(first.code).toBe(201);
  expect((await wire.get(`${pods}/db-0`)).json.metadata).toHaveProperty('deletionTimestamp');
  serverLab.lab.world.clock.advance(300);

  const second = await wire.call('POST', `${pods}/db-1/eviction`, eviction('db-1'));
  expect(second.code).toBe(429);
  expect(second.json.message).toBe(
    "Cannot evict pod as it would violate the pod's disruption budget.",
  );
});

test('discovery is the same old and new', async () => {
  const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const aggregated = await wire.call('GET', '/apis', undefined, { accept: v2 });
  const legacy = await wire.get('/apis/certificates.k8s.io/v1');

  expect(aggregated.contentType).toBe(v2);
  const group = aggregated.json.items.find(
    ({ metadata }) => metadata.name === 'certificates.k8s.io',
  );
  expect(group).toMatchObject({
    versions: [
      {
        version: 'v1',
        resources: [
          {
            resource: 'certificatesigningrequests',
            subresources: [{ subresource: 'status' }, { subresource: 'approval' }],
          },
        ],
      },
    ],
  });
  expect(legacy.json).toMatchObject({
    resources: [
      { name: 'certificatesigningrequests' },
      { name: 'certificatesigningrequests/status' },
      { name: 'certificatesigningrequests/approval' },
    ],
  });
});

test('what the lab does not serve is not found', async () => {
  for (const path of ['/nothing', '/api/v1/unicorns', '/apis/none.example/v1', `${NODE}/exec`]) {
    expect((await wire.get(path)).code).toBe(404);
  }
});

test('a job is kept as it was written, and listed by its labels', async () => {
  const jobs = '/apis/batch/v1/namespaces/kube-system/jobs';
  const labels = { 'upgrade.cattle.io/controller': 'system-upgrade-controller' };
  const job = {
    ...{ apiVersion: 'batch/v1', kind: 'Job' },
    metadata: { name: 'apply-talos', namespace: 'kube-system', labels },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [] } } },
    status: { active: 1 },
  };
  expect((await wire.call('POST', jobs, job)).json.metadata.name).toBe('apply-talos');
  const listed = await wire.get('/apis/batch/v1/jobs?labelSelector=upgrade.cattle.io%2Fcontroller');
  expect(listed.json.items.map((item) => item.metadata.name)).toEqual(['apply-talos']);
});

test('nothing outlives its namespace', async () => {
  const { world } = serverLab.lab;
  const inShop = () =>
    [...world.kube.objects.values()].flatMap((objects) =>
      [...objects.values()].filter(({ metadata }) => metadata.namespace === 'shop'),
    );
  expect(inShop().map(({ kind }) => kind)).toContain('Pod');
  const answer = await wire.call('DELETE', '/api/v1/namespaces/shop');
  expect(answer.code).toBe(200);
  world.clock.advance(30_000);
  expect(inShop().map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
  expect(world.kube.objects.get('pods')?.size).toBeGreaterThan(0);
});

test('a workload is scaled by its subresource, and its controller follows', async () => {
  const coredns = '/apis/apps/v1/namespaces/kube-system/deployments/coredns';
  const { json } = await wire.get(`${coredns}/scale`);
  expect(json).toMatchObject({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    spec: { replicas: 2 },
    status: { replicas: 2, selector: 'k8s-app=kube-dns' },
  });
  const merge = { 'content-type': 'application/merge-patch+json' };
  const reply = await wire.call('PATCH', `${coredns}/scale`, { spec: { replicas: 3 } }, merge);
  expect(reply.json.spec).toEqual({ replicas: 3 });
  serverLab.lab.world.clock.advance(30_000);
  expect((await wire.get(coredns)).json.status).toMatchObject({ readyReplicas: 3 });

  expect((await wire.call('PUT', `${coredns}/scale`, json)).code).toBe(409);
  const negative = await wire.call('PATCH', `${coredns}/scale`, { spec: { replicas: -1 } }, merge);
  expect(negative.code).toBe(422);
});

test('each template of a deployment has a revision, and going back gives it a new one', async () => {
  const path = '/apis/apps/v1/namespaces/kube-system/deployments/coredns';
  const revisions = async (): Promise<readonly string[]> => {
    const { json } = await wire.get('/apis/apps/v1/namespaces/kube-system/replicasets');
    return json.items
      .map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '')
      .toSorted();
  };
  const roll = async (image: string): Promise<void> => {
    const containers = [{ name: 'coredns', image }];
    await wire.call('PATCH', path, { spec: { template: { spec: { containers } } } }, STRATEGIC);
    serverLab.lab.world.clock.advance(60_000);
  };
  expect(await revisions()).toEqual(['1']);
  await roll('registry.example/coredns:v2');
  expect(await revisions()).toEqual(['1', '2']);
  await roll('registry.example/coredns:v3');
  await roll('registry.example/coredns:v2');
  expect(await revisions()).toEqual(['1', '3', '4']);
});

test('a deployment has its pods within seconds, whatever else happens in the cluster', async () => {
  const { world } = serverLab.lab;
  // Nothing is left to do: only the deployment itself can wake its controllers.
  world.clock.advance(20_000);
  const labels = { app: 'site' };
  const spec = {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'site', image: 'registry.example/site:v1' }] },
    },
  };
  const metadata = { name: 'site', namespace: 'shop' };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
  await wire.call('POST', '/apis/apps/v1/namespaces/shop/deployments', body);
  world.clock.advance(8000);
  const pods = await wire.get('/api/v1/namespaces/shop/pods?labelSelector=app%3Dsite');
  expect(pods.json.items).toHaveLength(2);
});

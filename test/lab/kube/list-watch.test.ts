import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { getObject, putObject, removeObject } from '../../../src/lab/world/kube-store.js';
import { type KubeWire, kubeWire } from '../../support/kube-wire.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';

const NODES = '/api/v1/nodes';
const NAMESPACES = '/api/v1/namespaces';

let serverLab: ServerLab;
let wire: KubeWire;

beforeAll(async () => {
  // Time stands still: only what a test does changes the cluster.
  serverLab = await startServerLab([startKubeServers], { timeScale: 0 });
  wire = kubeWire(serverLab.lab);
});

afterAll(async () => {
  wire.close();
  await serverLab.close();
});

const world = () => serverLab.lab.world;

function putNamespace(name: string, labels: Readonly<Record<string, string>> = {}): void {
  putObject(world(), 'namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
    status: { phase: 'Active' },
  });
}

const names = (
  events: readonly {
    readonly type: string;
    readonly object: { readonly metadata: { readonly name: string } };
  }[],
) => events.map(({ type, object }) => `${type} ${object.metadata.name}`);

test('a list names its revision, and its items carry neither kind nor apiVersion', async () => {
  const { json } = await wire.get(NODES);

  expect(json.kind).toBe('NodeList');
  expect(Number(json.metadata.resourceVersion)).toBe(world().etcd.revision);
  expect(json.items.map((item) => item.metadata.name)).toEqual([
    'talos-cp-01',
    'talos-cp-02',
    'talos-cp-03',
    'talos-w-01',
    'talos-w-02',
  ]);
  expect(json.items[0]).not.toHaveProperty('kind');
});

test('pages show the cluster as it was at the first one', async () => {
  const first = (await wire.get(`${NODES}?limit=2`)).json;
  const doomed = getObject(world(), 'nodes', 'talos-w-02');
  removeObject(world(), 'nodes', 'talos-w-02');
  const token = encodeURIComponent(first.metadata.continue ?? '');
  const second = (await wire.get(`${NODES}?limit=2&continue=${token}`)).json;
  const rest = encodeURIComponent(second.metadata.continue ?? '');
  const third = (await wire.get(`${NODES}?limit=2&continue=${rest}`)).json;
  if (doomed !== undefined) putObject(world(), 'nodes', doomed);

  expect(first.items).toHaveLength(2);
  expect(first.metadata).toMatchObject({ remainingItemCount: 3 });
  expect(third.items.map((item) => item.metadata.name)).toEqual(['talos-w-02']);
  expect(third.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  expect(third.metadata.continue).toBeUndefined();
});

test('a watch from a list sees every later change once, in order', async () => {
  const { resourceVersion } = (await wire.get(NAMESPACES)).json.metadata;
  putNamespace('early');
  const watch = await wire.watch(`${NAMESPACES}?watch=1&resourceVersion=${resourceVersion}`);
  putNamespace('late');
  putNamespace('late', { a: 'b' });
  removeObject(world(), 'namespaces', 'early');

  expect(names(await watch.received(4))).toEqual([
    'ADDED early',
    'ADDED late',
    'MODIFIED late',
    'DELETED early',
  ]);
  const deleted = watch.events[3]?.object.metadata.resourceVersion;
  expect(Number(deleted)).toBe(world().etcd.revision);
  watch.stop();
  removeObject(world(), 'namespaces', 'late');
});

test('an object that leaves a selection is deleted for that watch, one that enters is added', async () => {
  putNamespace('mover', { team: 'a' });
  const { resourceVersion } = (await wire.get(NAMESPACES)).json.metadata;
  const watch = await wire.watch(
    `${NAMESPACES}?watch=1&labelSelector=team%3Da&resourceVersion=${resourceVersion}`,
  );
  putNamespace('mover', { team: 'b' });
  putNamespace('mover', { team: 'c' });
  putNamespace('mover', { team: 'a' });

  expect(names(await watch.received(2))).toEqual(['DELETED mover', 'ADDED mover']);
  expect(watch.events[0]?.object.metadata.labels).toEqual({ team: 'a' });
  watch.stop();
  removeObject(world(), 'namespaces', 'mover');
});

test('a watch can start with the state and says where it ends', async () => {
  const watch = await wire.watch(
    `${NODES}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  );
  const events = await watch.received(6);

  expect(events.slice(0, 5).every(({ type }) => type === 'ADDED')).toBe(true);
  expect(events[5]?.type).toBe('BOOKMARK');
  expect(events[5]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  watch.stop();
});

test('initial events need the match that the API asks for', async () => {
  const reply = await wire.get(`${NODES}?watch=1&sendInitialEvents=true`);

  expect(reply.code).toBe(422);
  expect(reply.json.message).toContain('resourceVersionMatch: Forbidden');
});

test('a quiet watch gets a bookmark about once a minute', async () => {
  const { resourceVersion } = (await wire.get(NAMESPACES)).json.metadata;
  const watch = await wire.watch(
    `${NAMESPACES}?watch=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`,
  );
  world().clock.advance(59_000);
  expect(watch.events).toEqual([]);
  world().clock.advance(2000);

  const [event] = await watch.received(1);
  expect(event?.type).toBe('BOOKMARK');
  expect(Number(event?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
    Number(resourceVersion),
  );
  watch.stop();
});

test('the server ends a watch at its time limit without an error', async () => {
  const watch = await wire.watch(`${NAMESPACES}?watch=1&resourceVersion=0&timeoutSeconds=30`);
  world().clock.advance(31_000);

  expect(await watch.ended).toBe('complete');
});

test('after compaction an old watch is told 410 in the stream, an old page as an answer', async () => {
  const page = (await wire.get(`${NODES}?limit=1`)).json;
  putNamespace('after-page');
  world().kube.compactedRevision = world().etcd.revision;
  const watch = await wire.watch(
    `${NODES}?watch=1&resourceVersion=${page.metadata.resourceVersion}`,
  );

  const [event] = await watch.received(1);
  expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  expect(await watch.ended).toBe('complete');
  const token = encodeURIComponent(page.metadata.continue ?? '');
  expect((await wire.get(`${NODES}?limit=1&continue=${token}`)).code).toBe(410);
  removeObject(world(), 'namespaces', 'after-page');
});

test('cut-streams breaks a watch in the middle and leaves the server answering', async () => {
  const watch = await wire.watch(`${NODES}?watch=1&resourceVersion=0`);
  await watch.received(5);
  world().touch('cut:kube');

  expect(await watch.ended).toBe('cut');
  expect((await wire.get('/version')).code).toBe(200);
});

test('field selectors that the API does not know are refused', async () => {
  const known = await wire.get('/api/v1/pods?fieldSelector=spec.nodeName%3Dtalos-w-01');
  const unknown = await wire.get('/api/v1/pods?fieldSelector=spec.colour%3Dred');

  expect(known.json.items.length).toBeGreaterThan(0);
  expect(known.json.items.every(({ spec }) => spec.nodeName === 'talos-w-01')).toBe(true);
  expect(unknown.code).toBe(400);
  expect(unknown.json.message).toBe('field label not supported: spec.colour');
});

test('events of both API versions are the same objects under other names', async () => {
  putObject(world(), 'events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e1', namespace: 'default' },
    involvedObject: { kind: 'Node', name: 'talos-w-01' },
    message: 'hello',
    type: 'Normal',
    count: 2,
  });
  const old = await wire.get('/api/v1/namespaces/default/events/e1');
  const renamed = await wire.get('/apis/events.k8s.io/v1/namespaces/default/events/e1');

  expect(old.json.message).toBe('hello');
  expect(renamed.json).toMatchObject({ note: 'hello', deprecatedCount: 2 });
  expect(renamed.json.metadata.uid).toBe(old.json.metadata.uid);
});

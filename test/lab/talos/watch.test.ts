import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  eventsOf,
  type Stream,
  startTalosTestLab,
  TalosTestClient,
  type TalosTestLab,
  type WatchFrame,
} from '../../support/talos-lab.js';

const MACHINE_STATUS = { namespace: 'runtime', type: 'MachineStatuses.runtime.talos.dev' };
const SERVICES = { namespace: 'runtime', type: 'Services.v1alpha1.talos.dev' };
const ADDRESSES = { namespace: 'network', type: 'AddressStatuses.net.talos.dev' };
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;

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

const typesOf = (stream: Stream<WatchFrame>): readonly string[] =>
  eventsOf(stream).map(({ event_type }) => event_type);

const bootstrapped = (stream: Stream<WatchFrame>): Promise<void> =>
  stream.until((seen) => typesOf(seen).includes('BOOTSTRAPPED'), 'bootstrap');

const eventCount = (stream: Stream<WatchFrame>, count: number): Promise<void> =>
  stream.until((seen) => eventsOf(seen).length >= count, `${count} events`);

/** Changes the stage of a node the way the world does it. */
function setStage(hostname: string, stage: 'running' | 'rebooting'): void {
  const node = lab.node(hostname);
  node.stage = stage;
  lab.world.touch(`talos:${hostname}`);
}

test('a watch says hello, lists what is there by id, says that this was all, then follows changes', async () => {
  const stream = client.watch({ ...SERVICES, options: { bootstrap_contents: true } });
  await bootstrapped(stream);

  expect(stream.frames[0]?.event).toEqual([]);
  const bootstrap = eventsOf(stream);
  const ids = bootstrap.slice(0, -1).map(({ resource }) => resource?.metadata.id);
  expect(ids).toEqual([...ids].sort());
  expect(ids).toContain('kubelet');
  expect(
    typesOf(stream)
      .slice(0, -1)
      .every((type) => type === 'CREATED'),
  ).toBe(true);
  expect(stream.frames.slice(1).every(({ event }) => event.length === 1)).toBe(true);

  const kubelet = lab.node('talos-cp-01').services.get('kubelet');
  if (kubelet === undefined) throw new Error('No kubelet.');
  kubelet.isHealthy = false;
  lab.world.touch('talos:talos-cp-01');
  await eventCount(stream, bootstrap.length + 1);
  expect(eventsOf(stream).at(-1)).toMatchObject({
    event_type: 'UPDATED',
    resource: {
      metadata: { id: 'kubelet', version: '2', phase: 'running' },
      spec: { yaml_spec: 'running: true\nhealthy: false\nunknown: false\n' },
    },
    old: { metadata: { version: '1' } },
  });
});

test('the end of the bootstrap is a tombstone without content that carries a bookmark', async () => {
  const stream = client.watch({ ...MACHINE_STATUS, options: { bootstrap_contents: true } });
  await bootstrapped(stream);

  const last = eventsOf(stream).at(-1);
  expect(last?.resource).toMatchObject({
    metadata: { ...MACHINE_STATUS, id: '', version: 'undefined', phase: 'running' },
    spec: { yaml_spec: '' },
  });
  expect(last?.bookmark).toHaveLength(16);
});

test('a client of the first API version is not told about the end of the bootstrap', async () => {
  const stream = client.watch({
    ...MACHINE_STATUS,
    options: { bootstrap_contents: true },
    api_version: 0,
  });
  await eventCount(stream, 1);
  setStage('talos-cp-01', 'rebooting');
  await eventCount(stream, 2);

  expect(typesOf(stream)).toEqual(['CREATED', 'UPDATED']);
});

test('aggregated watches get the whole bootstrap in one response', async () => {
  const stream = client.watch({
    ...ADDRESSES,
    options: { bootstrap_contents: true, aggregated: true },
  });
  await bootstrapped(stream);

  expect(stream.frames.map(({ event }) => event.length)).toEqual([0, 5]);
});

test('a watch of one resource starts with it, or with its tombstone', async () => {
  const there = client.watch({ ...MACHINE_STATUS, id: 'machine' });
  const absent = client.watch({ ...MACHINE_STATUS, id: 'nothing' });
  await eventCount(there, 1);
  await eventCount(absent, 1);
  setStage('talos-cp-01', 'rebooting');
  await eventCount(there, 2);

  expect(typesOf(there)).toEqual(['CREATED', 'UPDATED']);
  expect(eventsOf(absent)).toMatchObject([
    { event_type: 'DESTROYED', resource: { metadata: { id: 'nothing', version: 'undefined' } } },
  ]);
});

test('a watch of one resource refuses options that only make sense for all of them', async () => {
  const stream = client.watch({
    ...MACHINE_STATUS,
    id: 'machine',
    options: { bootstrap_contents: true },
  });

  expect(await stream.ended()).toMatchObject({ code: UNIMPLEMENTED });
});

test('what disappears is torn down first and destroyed with its last content', async () => {
  lab.world.vip.holder = 'talos-cp-01';
  const stream = client.watch({ ...ADDRESSES, options: { bootstrap_contents: true } });
  await bootstrapped(stream);
  const before = eventsOf(stream).length;
  lab.world.vip.holder = 'talos-cp-02';
  lab.world.touch('vip');
  await eventCount(stream, before + 2);

  const id = `ens18/${lab.world.vip.address}/32`;
  expect(eventsOf(stream).slice(before)).toMatchObject([
    { event_type: 'UPDATED', resource: { metadata: { id, phase: 'tearingDown', version: '2' } } },
    {
      event_type: 'DESTROYED',
      resource: {
        metadata: { id, phase: 'tearingDown' },
        spec: { yaml_spec: expect.stringContaining(`address: ${lab.world.vip.address}/32`) },
      },
    },
  ]);
});

test('a watch resumes after its bookmark and misses nothing', async () => {
  const first = client.watch({ ...MACHINE_STATUS, options: { bootstrap_contents: true } });
  await bootstrapped(first);
  const bookmark = eventsOf(first).at(-1)?.bookmark;
  first.cancel();
  setStage('talos-cp-01', 'rebooting');
  setStage('talos-cp-01', 'running');

  const resumed = client.watch({ ...MACHINE_STATUS, options: { start_from_bookmark: bookmark } });
  await eventCount(resumed, 2);
  expect(eventsOf(resumed).map(({ resource }) => resource?.metadata.version)).toEqual(['2', '3']);
  expect(resumed.frames[0]?.event).toEqual([]);
});

test('a bookmark is worth nothing after a reboot, and a made-up one never was', async () => {
  const node = lab.node('talos-w-01');
  const stream = client.watch(
    { ...MACHINE_STATUS, options: { bootstrap_contents: true } },
    { node: node.address },
  );
  await bootstrapped(stream);
  const bookmark = eventsOf(stream).at(-1)?.bookmark;
  node.bootId = '0d4b2a50-0000-4000-8000-000000000000';

  for (const candidate of [bookmark, Buffer.alloc(16), Buffer.from('short')]) {
    const resumed = client.watch(
      { ...MACHINE_STATUS, options: { start_from_bookmark: candidate } },
      { node: node.address },
    );
    expect(await resumed.ended()).toEqual({
      code: FAILED_PRECONDITION,
      details: 'invalid watch bookmark',
    });
  }
});

test('an unknown type and a wrong namespace are empty, not errors', async () => {
  for (const kind of [
    { namespace: 'runtime', type: 'Wombats.zoo.talos.dev' },
    { ...MACHINE_STATUS, namespace: 'network' },
  ]) {
    const stream = client.watch({ ...kind, options: { bootstrap_contents: true } });
    await bootstrapped(stream);
    expect(typesOf(stream)).toEqual(['BOOTSTRAPPED']);
    expect(await client.list(kind.namespace, kind.type)).toEqual([]);
  }
});

test('an id filter shows only what matches', async () => {
  const stream = client.watch({
    ...SERVICES,
    options: { bootstrap_contents: true, id_query: { regexp: '^ext-' } },
  });
  await bootstrapped(stream);

  expect(eventsOf(stream).map(({ resource }) => resource?.metadata.id)).toEqual([
    'ext-iscsid',
    'ext-qemu-guest-agent',
    '',
  ]);
});

test('performance figures move with the clock, twice a minute', async () => {
  const stream = client.watch({
    namespace: 'perf',
    type: 'CPUStats.perf.talos.dev',
    options: { bootstrap_contents: true },
  });
  await bootstrapped(stream);
  lab.world.clock.advance(60_000);
  await eventCount(stream, 4);

  const idle = eventsOf(stream)
    .filter(({ event_type }) => event_type !== 'BOOTSTRAPPED')
    .map(({ resource }) =>
      Number(
        /cpuTotal:\n(?: +\S+: \S+\n)*? +idle: (\S+)/.exec(resource?.spec.yaml_spec ?? '')?.[1],
      ),
    );
  expect(idle).toHaveLength(3);
  expect(idle).toEqual([...idle].sort((a, b) => a - b));
  expect(new Set(idle).size).toBe(3);
});

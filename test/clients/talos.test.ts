import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../src/clients/clock.js';
import { createTalosClient } from '../../src/clients/talos.js';
import { TALOS_KINDS } from '../../src/clients/talos-resources.js';
import type { CosiResource } from '../../src/clients/types.js';
import { asIpAddress } from '../../src/model/ids.js';
import { createAuthority } from '../support/authority.js';
import {
  BOOTSTRAPPED,
  type FakeApid,
  startFakeApid,
  VERSION,
  wireResource,
} from '../support/fake-apid.js';
import { createManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/patience.js';
import { talosAccessFor } from '../support/talos-access.js';
import { createWatchLog } from '../support/watch-log.js';

const NODE = asIpAddress('10.0.0.11');
const OTHER = asIpAddress('10.0.0.12');
const { machineStatus, addresses, operators } = TALOS_KINDS;
const authority = await createAuthority();

interface Setup {
  readonly clock?: Clock;
  readonly endpoints?: number;
  readonly random?: () => number;
}

async function apidAndClient({
  clock = systemClock,
  endpoints = 1,
  random = () => 0.5,
}: Setup = {}) {
  const apids: FakeApid[] = [];
  for (let index = 0; index < endpoints; index++) apids.push(await startFakeApid(authority));
  const access = await talosAccessFor(
    authority,
    apids.map(({ address }) => address),
  );
  const client = createTalosClient({ access, clock, random });
  onTestFinished(async () => {
    client.close();
    for (const apid of apids) await apid.stop();
  });
  const [first, second] = apids;
  if (first === undefined) throw new Error('no endpoint');
  return { apid: first, second: second ?? first, client };
}

const status = (stage: string, version = '1') =>
  wireResource(machineStatus.type, 'machine', `stage: ${stage}\n`, { version });

const stagesIn = (list: readonly CosiResource[] | undefined) => list?.map(({ spec }) => spec);

/** Hands over each open watch of a node and kind, the newest last. */
const watchesOf = (apid: FakeApid, node: string, type: string) =>
  [...apid.openWatches].filter((watch) => watch.node === node && watch.type === type);

test('shows the whole list after the bootstrap and after every change, sorted by id', async () => {
  const { apid, client } = await apidAndClient();
  const resource = (id: string, text: string, version = '1') =>
    wireResource(addresses.type, id, `linkName: ${text}\n`, { version });
  apid.onWatch = (watch) =>
    watch.send(
      { event_type: 'CREATED', resource: resource('a', 'one') },
      { event_type: 'CREATED', resource: resource('c', 'three') },
      BOOTSTRAPPED,
    );
  const log = createWatchLog<CosiResource>();
  client.watch(NODE, addresses, log);
  await eventually(() => expect(log.lists).toHaveLength(1));

  const [watch] = watchesOf(apid, NODE, addresses.type);
  watch?.send(
    { event_type: 'CREATED', resource: resource('b', 'two') },
    { event_type: 'UPDATED', resource: resource('a', 'uno', '2') },
    { event_type: 'DESTROYED', resource: resource('c', 'three') },
  );
  await eventually(() => expect(log.lists).toHaveLength(2));

  expect(log.lists[0]?.map(({ id }) => id)).toEqual(['a', 'c']);
  expect(log.lists[1]?.map(({ id, spec }) => [id, spec])).toEqual([
    ['a', { linkName: 'uno' }],
    ['b', { linkName: 'two' }],
  ]);
  expect(log.errors).toEqual([]);
});

test('a stream that breaks and comes back soon is no outage, and forgets what vanished', async () => {
  const { apid, client } = await apidAndClient({ random: () => 0 });
  let round = 0;
  apid.onWatch = (watch) => {
    round++;
    const resource = wireResource(addresses.type, `address-${round}`, 'linkName: eth0\n');
    watch.send({ event_type: 'CREATED', resource }, BOOTSTRAPPED);
  };
  const log = createWatchLog<CosiResource>();
  client.watch(NODE, addresses, log);
  await eventually(() => expect(log.lists).toHaveLength(1));

  watchesOf(apid, NODE, addresses.type)[0]?.fail(14, 'error reading from server: EOF');
  await eventually(() => expect(log.lists).toHaveLength(2));
  watchesOf(apid, NODE, addresses.type)[0]?.end();
  await eventually(() => expect(log.lists).toHaveLength(3));

  expect(log.errors).toEqual([]);
  expect(log.lists.map((list) => list.map(({ id }) => id))).toEqual([
    ['address-1'],
    ['address-2'],
    ['address-3'],
  ]);
});

test('a node that reboots is told away once, with why it cannot be reached', async () => {
  const { apid, client } = await apidAndClient({ random: () => 0 });
  let isAway = false;
  apid.answer = (_method, node) =>
    isAway && node === NODE
      ? { code: 14, details: 'dial tcp 10.0.0.11:50000: connect: connection refused' }
      : VERSION;
  const log = createWatchLog<CosiResource>();
  client.watch(NODE, machineStatus, log);
  client.watch(NODE, addresses, createWatchLog<CosiResource>());
  await eventually(() => expect(log.lists).toHaveLength(1));

  isAway = true;
  for (const watch of apid.openWatches) watch.fail(14, 'error reading from server: EOF');
  await eventually(() => expect(log.errors).toHaveLength(1));
  expect(log.errors[0]).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('connection refused'),
  });
  isAway = false;
  await eventually(() => expect(log.lists).toHaveLength(2));

  expect(log.order).toEqual(['items', 'error', 'items']);
});

test('a kind that the role may not read fails alone', async () => {
  const { apid, client } = await apidAndClient();
  apid.onWatch = (watch) => {
    if (watch.type === operators.type) watch.fail(7, 'not authorized');
    else watch.send({ event_type: 'CREATED', resource: status('running') }, BOOTSTRAPPED);
  };
  const allowed = createWatchLog<CosiResource>();
  const denied = createWatchLog<CosiResource>();
  client.watch(NODE, machineStatus, allowed);
  client.watch(NODE, operators, denied);

  await eventually(() => expect(denied.errors).toHaveLength(1));
  await eventually(() => expect(allowed.lists).toHaveLength(1));

  expect(denied.errors[0]).toMatchObject({
    kind: 'forbidden',
    message: '10.0.0.11: not authorized',
    hint: expect.stringContaining('role'),
  });
  expect(allowed.errors).toEqual([]);
});

test('one dead node leaves the others untouched and comes back by itself', async () => {
  const clock = createManualClock();
  const { apid, client } = await apidAndClient({ clock });
  const dead = {
    code: 14,
    details:
      'connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.11:50000: connect: no route to host"',
  };
  let isDead = true;
  apid.answer = (_method, node) =>
    node === NODE && isDead ? dead : { messages: [{ version: { tag: 'v1.12.4' } }] };
  apid.onWatch = (watch) => {
    if (watch.node === NODE && isDead) watch.fail(dead.code, dead.details);
    else watch.send({ event_type: 'CREATED', resource: status('running') }, BOOTSTRAPPED);
  };
  const logs = { dead: createWatchLog<CosiResource>(), alive: createWatchLog<CosiResource>() };
  client.watch(NODE, machineStatus, logs.dead);
  client.watch(OTHER, machineStatus, logs.alive);
  await clock.flowUntil(() => logs.dead.errors.length === 1);
  await eventually(() => expect(logs.alive.lists).toHaveLength(1));

  const versions = () => apid.calls.filter((call) => call === `Version ${NODE}`).length;
  await clock.flowUntil(() => versions() >= 4);
  isDead = false;
  await clock.flowUntil(() => logs.dead.lists.length === 1);

  expect(logs.dead.errors).toHaveLength(1);
  expect(logs.dead.errors[0]?.message).toBe('10.0.0.11: no route to host');
  expect(logs.alive.errors).toEqual([]);
});

test('a node that hangs behind a live endpoint is noticed within 20 seconds', async () => {
  const clock = createManualClock();
  const { apid, client } = await apidAndClient({ clock, random: () => 1 });
  let hangs = false;
  apid.answer = (_method, node) =>
    node === NODE && hangs ? 'silence' : { messages: [{ version: { tag: 'v1.12.4' } }] };
  apid.onWatch = (watch) =>
    watch.send({ event_type: 'CREATED', resource: status('running') }, BOOTSTRAPPED);
  const logs = { hung: createWatchLog<CosiResource>(), alive: createWatchLog<CosiResource>() };
  client.watch(NODE, machineStatus, logs.hung);
  client.watch(OTHER, machineStatus, logs.alive);
  await eventually(() => expect(logs.hung.lists).toHaveLength(1));
  await eventually(() => expect(logs.alive.lists).toHaveLength(1));
  hangs = true;
  const startMs = clock.now();

  await clock.flowUntil(() => logs.hung.errors.length === 1);

  expect(clock.now() - startMs).toBeLessThanOrEqual(20_000);
  expect(logs.hung.errors[0]).toMatchObject({ kind: 'timeout' });
  expect(logs.alive.errors).toEqual([]);
});

test('an unreadable resource makes its list an error until it is replaced', async () => {
  const { apid, client } = await apidAndClient();
  const broken = wireResource(machineStatus.type, 'machine', 'stage: [');
  apid.onWatch = (watch) => watch.send({ event_type: 'CREATED', resource: broken }, BOOTSTRAPPED);
  const log = createWatchLog<CosiResource>();
  client.watch(NODE, machineStatus, log);
  await eventually(() => expect(log.errors).toHaveLength(1));

  const [watch] = watchesOf(apid, NODE, machineStatus.type);
  watch?.send({ event_type: 'UPDATED', resource: status('running', '2') });
  await eventually(() => expect(log.lists).toHaveLength(1));

  expect(log.errors[0]).toMatchObject({
    kind: 'malformed',
    message: expect.stringContaining('MachineStatuses.runtime.talos.dev "machine"'),
  });
  expect(stagesIn(log.lists[0])).toEqual([{ stage: 'running' }]);
});

test('an overrun of the node is followed by a new stream', async () => {
  const { apid, client } = await apidAndClient({ random: () => 0 });
  let round = 0;
  apid.onWatch = (watch) => {
    round++;
    watch.send(BOOTSTRAPPED);
    if (round === 1) watch.send({ event_type: 'ERRORED', error: 'buffer overrun' });
  };
  const log = createWatchLog<CosiResource>();
  client.watch(NODE, machineStatus, log);

  await eventually(() => expect(log.lists).toHaveLength(2));
  expect(log.errors).toEqual([]);
});

test('a stopped watch is silent and leaves no stream behind', async () => {
  const { apid, client } = await apidAndClient();
  const log = createWatchLog<CosiResource>();
  const stop = client.watch(NODE, machineStatus, log);
  await eventually(() => expect(log.lists).toHaveLength(1));
  const [watch] = watchesOf(apid, NODE, machineStatus.type);

  stop();
  watch?.send({ event_type: 'CREATED', resource: status('running') });
  await eventually(() => expect(apid.openWatches.size).toBe(0));

  expect(log.lists).toHaveLength(1);
  expect(log.errors).toEqual([]);
});

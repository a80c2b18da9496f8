import { expect, test } from 'vitest';
import { TALOS_KINDS } from '../../src/clients/talos-resources.js';
import { NO_LEADER } from '../../src/model/etcd-layer.js';
import { asVmId } from '../../src/model/ids.js';
import type { Machine } from '../../src/model/machine.js';
import { machinesOf } from '../../src/model/machines.js';
import { quorumState } from '../../src/model/quorum.js';
import { freshValue } from '../../src/model/reading.js';
import { NODE_SLOTS } from '../../src/model/status-readings.js';
import { verdictOf } from '../../src/model/verdict.js';
import { settled } from '../../src/store/session.js';
import { aCluster, addressOf, anError, aWorld, memberIdOf, silence } from '../support/builders.js';
import { breathe, startSession, type TestSession } from '../support/session.js';

const verdict = ({ session }: TestSession) => verdictOf(session.snapshots.get());
const rows = ({ session }: TestSession): readonly Machine[] => machinesOf(session.snapshots.get());
const nodeOf = ({ session }: TestSession, number: number) => {
  const node = session.snapshots.get().talosNodes.get(addressOf(number));
  if (node === undefined) throw new Error(`No node ${number}`);
  return node;
};
const states = (test: TestSession, number: number) =>
  Object.fromEntries(NODE_SLOTS.map((slot) => [slot, nodeOf(test, number)[slot].state]));

test('a healthy cluster is known in full within a moment', async () => {
  const world = startSession();
  const done = settled(world.session, 5_000, world.clock);
  await world.pass(500);

  expect(await done).toBe(true);
  expect(verdict(world)).toEqual({
    level: 'ok',
    text: '5 machines healthy, etcd 3 of 3 healthy, can lose 1',
  });
  expect(rows(world).every(({ isProven, vm }) => isProven && vm !== null)).toBe(true);
});

test('nothing is said before the first answers, and the first frame does not wait', () => {
  const world = startSession();

  expect(verdict(world)).toEqual({ level: 'unknown', text: 'Waiting for the first answers' });
});

test('a dead node darkens only its own cells, and heals by itself', async () => {
  const world = startSession();
  const [, , , worker] = world.seats;
  if (worker === undefined) throw new Error('no worker');
  await world.pass(1_000);
  const before = nodeOf(world, 5);

  world.talos.kill(worker);
  await breathe();
  expect(nodeOf(world, 4).status).toMatchObject({ state: 'stale', value: { stage: 'running' } });
  await world.pass(3_000);
  expect(rows(world).map(({ layers }) => layers.talos.word)).toEqual([
    'running',
    'running',
    'running',
    'unreachable',
    'running',
  ]);
  expect(new Set(Object.values(states(world, 4)))).toEqual(new Set(['stale', 'waiting']));
  expect(nodeOf(world, 5).links).toBe(before.links);
  expect(verdict(world)).toEqual({ level: 'fail', text: 'Talos: w-4 does not answer' });

  world.talos.revive(worker);
  await world.pass(10_000);
  expect(verdict(world).level).toBe('ok');
});

test('a hung node is noticed within 20 s although none of its streams broke', async () => {
  const world = startSession();
  const [, second] = world.seats;
  if (second === undefined) throw new Error('no second');
  await world.pass(1_000);

  world.talos.hang(second);
  await world.pass(19_500);

  expect(rows(world)[1]?.layers.talos.word).toBe('unreachable');
  expect(nodeOf(world, 2).addresses.state).toBe('stale');
  expect(verdict(world).text).toBe('Talos: cp-2 does not answer; etcd 2 of 3 healthy, can lose 0');

  world.talos.revive(second);
  await world.pass(12_000);
  expect(nodeOf(world, 2).addresses.state).toBe('fresh');
  expect(verdict(world).level).toBe('ok');
});

test('a node that is not reached from the start is a row, not a hole', async () => {
  const world = startSession();
  const [, , , , last] = world.seats;
  if (last === undefined) throw new Error('no last');
  world.talos.kill(last);
  await world.pass(5_000);

  expect(rows(world)[4]).toMatchObject({
    name: 'w-5',
    vm: { id: 105 },
    layers: { talos: { word: 'unreachable' } },
  });
  expect(world.session.isSettled()).toBe(true);
});

test('what a role may not read darkens that one cell', async () => {
  const world = startSession();
  world.talos.refuse(TALOS_KINDS.operators, anError('forbidden', 'not authorized'));
  await world.pass(1_000);

  expect(nodeOf(world, 1).vipOperators).toMatchObject({
    state: 'failed',
    error: { kind: 'forbidden' },
  });
  expect(verdict(world).level).toBe('ok');
});

test('a resource that cannot be understood is a failed cell with its reason', async () => {
  const world = startSession();
  await world.pass(1_000);
  const [first] = world.seats;
  if (first === undefined) throw new Error('no first');

  world.talos.tell(first, TALOS_KINDS.addresses, [{ address: 'garbage' }]);
  await breathe();
  expect(nodeOf(world, 1).addresses).toMatchObject({
    state: 'stale',
    error: { kind: 'malformed' },
  });

  world.talos.tell(first, TALOS_KINDS.addresses, [{ address: '10.0.0.11/24' }]);
  await breathe();
  expect(nodeOf(world, 1).addresses.state).toBe('fresh');
});

test('a lost Kubernetes API leaves Talos and Proxmox as they are, and comes back', async () => {
  const world = startSession();
  await world.pass(1_000);

  world.kube.lose();
  await world.pass(500);
  expect(verdict(world).text).toBe('Kubernetes: the API does not answer: kubectl proxy ended');
  expect(rows(world)[0]?.layers).toMatchObject({
    vm: { word: 'running' },
    talos: { word: 'running' },
    kubernetes: { word: 'stale', level: 'unknown' },
  });

  world.kube.find();
  await world.pass(1_000);
  expect(verdict(world).level).toBe('ok');
});

test('a Kubernetes API that hangs turns stale within 20 s', async () => {
  const world = startSession();
  await world.pass(1_000);

  world.kube.hang();
  await world.pass(19_000);
  expect(world.session.snapshots.get().kubeNodes.state).toBe('stale');

  world.kube.find();
  await world.pass(11_000);
  expect(world.session.snapshots.get().kubeNodes.state).toBe('fresh');
});

test('one guest configuration that may not be read leaves the others joined', async () => {
  const world = startSession();
  world.pve.refuseConfig(asVmId(104), anError('forbidden', 'no VM.Audit'));
  await world.pass(1_000);

  expect(rows(world).map(({ key, vm }) => [key, vm?.id ?? null])).toEqual([
    ['talos:10.0.0.11', 101],
    ['talos:10.0.0.12', 102],
    ['talos:10.0.0.13', 103],
    ['talos:10.0.0.14', null],
    ['talos:10.0.0.15', 105],
    ['vm:104', 104],
  ]);
  expect(rows(world)[3]?.layers.vm).toMatchObject({ level: 'unknown' });

  world.pve.refuseConfig(asVmId(104), null);
  await world.pass(60_000);
  expect(rows(world)[3]?.vm?.id).toBe(104);
});

test('a guest that stops is read again and shown as the cause', async () => {
  const world = startSession();
  await world.pass(1_000);
  const [, , , worker] = world.seats;
  if (worker === undefined) throw new Error('no worker');

  world.pve.forgetCalls();
  world.pve.set(asVmId(104), 'stopped');
  world.talos.kill(worker);
  await world.pass(6_000);

  expect(verdict(world).text).toBe('Proxmox: VM 104 (w-4) is stopped');
  expect(world.pve.calls).toContain('config 104');
  expect(world.pve.calls).not.toContain('config 105');
});

test('a task that ends on a guest makes its configuration read again', async () => {
  const world = startSession();
  await world.pass(1_000);
  world.pve.forgetCalls();

  world.pve.setTasks([
    {
      upid: 'UPID:pve1:1',
      pveNode: 'pve1' as never,
      type: 'qmconfig',
      objectId: '105',
      user: 'root@pam',
      startedAtMs: 1,
      endedAtMs: 2,
      exitStatus: 'OK',
    },
  ]);
  await world.pass(6_000);

  expect(world.pve.calls.filter((call) => call.startsWith('config'))).toEqual(['config 105']);
});

test('nodes that the cluster discovers are followed, and a second address of one is not', async () => {
  const world = startSession(
    {},
    {
      // The third address is the virtual one: it leads to a node that is followed already.
      identity: {
        ...aCluster(),
        endpoints: ['10.0.0.11', '10.0.0.20'],
      },
    },
  );
  await world.pass(1_000);

  expect([...world.session.snapshots.get().talosNodes.keys()].sort()).toEqual(
    [1, 2, 3, 4, 5].map(addressOf),
  );
});

test('a node that left the cluster is forgotten once nobody knows it', async () => {
  const world = startSession();
  await world.pass(1_000);
  const left = world.seats.slice(0, 4);
  const [gone] = world.seats.slice(4);
  if (gone === undefined) throw new Error('no node');

  world.talos.kill(gone);
  for (const seat of left.filter((each) => each.isControlPlane)) {
    world.talos.tell(
      seat,
      TALOS_KINDS.members,
      left.map(({ number, isControlPlane }) => ({
        nodeId: `id-${number}`,
        addresses: [addressOf(number)],
        machineType: isControlPlane ? 'controlplane' : 'worker',
      })),
    );
  }
  await world.pass(20_000);
  expect(world.session.snapshots.get().talosNodes.has(addressOf(5))).toBe(true);

  world.kube.setNodes(aWorld(3, 1).kubeNodes);
  await world.pass(20_000);
  expect(world.session.snapshots.get().talosNodes.has(addressOf(5))).toBe(false);
});

test('an endpoint that turns out to be a worker has no etcd cells', async () => {
  const world = startSession(
    { controlPlanes: 1, workers: 1 },
    {
      identity: {
        ...aCluster(),
        endpoints: ['10.0.0.11', '10.0.0.12'],
      },
    },
  );
  await world.pass(30_000);

  expect(states(world, 2)).toMatchObject({ etcd: 'waiting', etcdMembers: 'waiting' });
  expect(rows(world)[1]?.layers.etcd.level).toBe('none');
  expect(world.session.isSettled()).toBe(true);
});

test('alarms are asked of a control plane that answers', async () => {
  const world = startSession();
  const [first] = world.seats;
  if (first === undefined) throw new Error('no first');
  world.talos.kill(first);
  await world.pass(25_000);

  expect(world.session.snapshots.get().etcdAlarms.state).toBe('fresh');
});

test('when one member tells of an election the others are asked at once', async () => {
  let turn = 0;
  const random = () => {
    turn = (turn + 3) % 10;
    return turn / 10;
  };
  const world = startSession({}, { random });
  await world.pass(40_000);
  const leaders = () =>
    [1, 2, 3].map((number) => {
      const { etcd } = nodeOf(world, number);
      return etcd.state === 'fresh' ? etcd.value.leaderId : etcd.state;
    });
  world.talos.elect(3);
  while (!leaders().includes(memberIdOf(3))) await world.pass(250);
  await breathe();

  expect(leaders()).toEqual(Array(3).fill(memberIdOf(3)));
});

test('a talosconfig that cannot be used is told with its own reason', async () => {
  const base = startSession();
  const refusing = {
    ...base.talos.client,
    version: async () => await Promise.reject(anError('configuration', 'line 3: no such context')),
  };
  const world = startSession(
    {},
    {
      identity: aCluster({ endpoints: [] }),
      clients: { talos: refusing, kube: base.kube.client, pve: base.pve.client },
    },
  );
  await world.pass(500);

  expect(world.session.snapshots.get().talosMembers).toMatchObject({
    state: 'failed',
    error: { kind: 'configuration', message: 'line 3: no such context' },
  });
});

test('endpoints by name are followed at the addresses they have', async () => {
  const world = startSession(
    {},
    {
      identity: aCluster({ endpoints: ['cp.example.org', '10.0.0.12'] }),
      resolve: async (name) => (name === 'cp.example.org' ? ['10.0.0.11'] : []),
    },
  );
  await world.pass(1_000);

  expect(verdict(world).level).toBe('ok');
});

test('names that nobody knows are told', async () => {
  const resolve = async () => await Promise.reject(new Error('ENOTFOUND'));
  const identity = aCluster({ endpoints: ['cp.example.org'] });
  const world = startSession({}, { identity, resolve });
  await world.pass(1_000);

  expect(world.session.snapshots.get().etcdMembers).toMatchObject({
    state: 'failed',
    error: { message: 'No address is known for cp.example.org' },
  });
});

test('without a Proxmox API its slots say so, and the session settles', async () => {
  const base = startSession();
  const world = startSession(
    {},
    {
      identity: { ...aCluster(), pveUrl: null },
      clients: { talos: base.talos.client, kube: base.kube.client, pve: null },
    },
  );
  await world.pass(1_000);

  expect(world.session.snapshots.get().vms).toMatchObject({
    state: 'failed',
    error: { kind: 'configuration' },
  });
  expect(world.session.isSettled()).toBe(true);
  expect(verdict(world).level).toBe('ok');
});

test('when time is up, settled says what is true', async () => {
  const world = startSession();
  world.kube.hang();
  const done = settled(world.session, 2_000, world.clock);
  await world.pass(3_000);

  expect(await done).toBe(false);
  expect(verdict(world)).toEqual({ level: 'unknown', text: 'Waiting for Kubernetes' });
});

test('nothing reachable is told from the errors, with every slot out of waiting', async () => {
  const world = startSession();
  for (const seat of world.seats) world.talos.kill(seat);
  world.kube.lose();
  world.pve.fail(silence('connect ECONNREFUSED 10.0.0.2:8006'));
  await world.pass(12_000);

  expect(world.session.isSettled()).toBe(true);
  expect(verdict(world)).toMatchObject({ level: 'unknown' });
  expect(verdict(world).text).toMatch(/^Nothing is reachable: /);
});

test('after stop no stream is open and no timer waits', async () => {
  const world = startSession();
  await world.pass(1_000);
  world.session.stop();
  await breathe();

  expect(world.talos.streams()).toEqual([]);
  expect(world.kube.watches()).toBe(0);
  expect(world.clock.pending()).toBe(0);
});

const etcdOf = ({ session }: TestSession) => quorumState(session.snapshots.get());

test('an election is not called a lost quorum, and its end is seen within 2 s', async () => {
  const world = startSession();
  const statuses = () =>
    [1, 2, 3].flatMap((number) => freshValue(nodeOf(world, number).etcd) ?? []);
  await world.pass(1_000);

  world.talos.elect(0);
  for (let passedMs = 0; passedMs < 12_000; passedMs += 100) {
    if (statuses().some(({ leaderId }) => leaderId === NO_LEADER)) break;
    await world.pass(100);
  }
  expect(statuses().some(({ leaderId }) => leaderId === NO_LEADER)).toBe(true);
  expect(etcdOf(world)).toMatchObject({ hasQuorum: null, sentence: 'unknown: electing a leader' });

  world.talos.elect(2);
  await world.pass(2_000);
  expect(etcdOf(world)).toMatchObject({ hasQuorum: true, leaderName: 'cp-2' });
});

test('members that go on without a leader have lost their quorum, and are asked less often again', async () => {
  const world = startSession();
  await world.pass(1_000);

  world.talos.elect(0);
  await world.pass(14_000);
  expect(etcdOf(world)).toMatchObject({ hasQuorum: false });

  await world.pass(30_000);
  world.talos.forgetCalls();
  await world.pass(30_000);
  expect(world.talos.calls.filter((call) => call === '10.0.0.11 etcdStatus').length).toBeLessThan(
    6,
  );
});

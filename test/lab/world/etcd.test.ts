import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasQuorum, memberOf } from '../../../src/lab/world/etcd.js';
import { hangNode, setPartition, unhangNode } from '../../../src/lab/world/life.js';
import { shutdownVm, startVm, stopVm } from '../../../src/lab/world/power.js';
import type { LabNode, Listener, World } from '../../../src/lab/world/types.js';
import { isVipCandidate } from '../../../src/lab/world/vip.js';
import { newWorld, nodeIn, seconds, vmIn } from '../../support/lab-world.js';

const CALM_SECONDS = 3;

interface Event {
  readonly kind: 'crash' | 'shutdown' | 'start' | 'hang' | 'unhang' | 'cut' | 'heal';
  readonly target: number;
  readonly thenSeconds: number;
}

const events = fc.array(
  fc.record<Event>({
    kind: fc.constantFrom('crash', 'shutdown', 'start', 'hang', 'unhang', 'cut', 'heal'),
    target: fc.nat(4),
    thenSeconds: fc.constantFrom(0, 1, 2, 7, 40, 90),
  }),
  { minLength: 1, maxLength: 25 },
);
const sizes = fc.constantFrom('1+0', '2+0', '3+0', '5+0');

function apply(world: World, { kind, target }: Event): void {
  const all = [...world.nodes.values()];
  const node = all[target % all.length];
  if (node === undefined) return;
  const vm = vmIn(world, node.hostname);
  switch (kind) {
    case 'crash':
      stopVm(world, vm);
      return;
    case 'shutdown':
      shutdownVm(world, vm);
      return;
    case 'start':
      startVm(world, vm);
      return;
    case 'hang':
      if (node.isUp) hangNode(world, node);
      return;
    case 'unhang':
      unhangNode(world, node);
      return;
    case 'cut':
    case 'heal':
      setPartition(world, node, kind === 'cut');
  }
}

/** etcd runs and talks to its peers. */
const votes = (node: LabNode): boolean =>
  node.isUp &&
  !node.isHung &&
  !node.isPartitioned &&
  node.services.get('etcd')?.state === 'Running';

/** raft, written down a second time: more than half of all voters. */
const majorityVotes = (world: World): boolean => {
  const all = [...world.nodes.values()];
  return all.filter(votes).length > all.length / 2;
};

test('whatever happens to its machines, etcd has a leader exactly while a majority of members runs', () => {
  fc.assert(
    fc.property(sizes, events, (size, history) => {
      const world = newWorld(size);
      for (const event of history) {
        apply(world, event);
        expect(hasQuorum(world)).toBe(majorityVotes(world));
        if (!majorityVotes(world)) expect(world.etcd.leaderId).toBeNull();
        seconds(world, event.thenSeconds);
        const leader = world.etcd.members.get(world.etcd.leaderId ?? '');
        if (leader !== undefined) expect(votes(nodeIn(world, leader.hostname))).toBe(true);
      }
      seconds(world, 60);
      const before = majorityVotes(world);
      seconds(world, CALM_SECONDS);
      expect(world.etcd.leaderId !== null).toBe(before);
    }),
    { numRuns: 60 },
  );
});

test('a term has one leader, terms and revisions never go back, and nothing is written without a majority', () => {
  fc.assert(
    fc.property(sizes, events, (size, history) => {
      const world = newWorld(size);
      const leaders = new Map<number, string>();
      let last = { term: 0, revision: 0 };
      const check: Listener = (topics) => {
        const { term, revision, leaderId } = world.etcd;
        const isWrite = topics.some((topic) => topic.startsWith('kube:'));
        if (isWrite) expect(majorityVotes(world)).toBe(true);
        expect(term).toBeGreaterThanOrEqual(last.term);
        expect(revision).toBeGreaterThanOrEqual(last.revision);
        if (leaderId !== null) {
          expect(leaders.get(term) ?? leaderId).toBe(leaderId);
          leaders.set(term, leaderId);
        }
        last = { term, revision };
      };
      world.subscribe(check);
      for (const event of history) {
        apply(world, event);
        seconds(world, event.thenSeconds);
      }
    }),
    { numRuns: 60 },
  );
});

test('the virtual address has at most one holder, which can serve it, and finds one again when things calm down', () => {
  fc.assert(
    fc.property(sizes, events, (size, history) => {
      const world = newWorld(size);
      const check = (): void => {
        if (world.vip.holder === null) return;
        const holder = nodeIn(world, world.vip.holder);
        expect(holder.role).toBe('controlplane');
        expect(holder.isUp && !holder.isHung && !holder.isPartitioned).toBe(true);
      };
      for (const event of history) {
        apply(world, event);
        check();
        seconds(world, event.thenSeconds);
        check();
      }
      seconds(world, 180);
      const candidates = [...world.nodes.values()].filter((node) => isVipCandidate(world, node));
      const shouldBeHeld = hasQuorum(world) && candidates.length > 0;
      expect(world.vip.holder !== null).toBe(shouldBeHeld);
    }),
    { numRuns: 60 },
  );
});

test('without a majority nobody takes the virtual address, and the holder lets go within 20 seconds', () => {
  const world = newWorld();
  const holder = nodeIn(world, world.vip.holder ?? '');
  const others = [...world.nodes.values()].filter(
    (node) => node.role === 'controlplane' && node !== holder,
  );
  for (const other of others) stopVm(world, vmIn(world, other.hostname));

  expect(world.etcd.leaderId).toBeNull();
  seconds(world, 20);
  expect(world.vip.holder).toBeNull();
  seconds(world, 600);
  expect(world.vip.holder).toBeNull();
});

test('a crashed holder keeps the address from others for 40 to 60 seconds, an orderly stop for under one', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const world = newWorld('3+0', seed);
    stopVm(world, vmIn(world, world.vip.holder ?? ''));
    seconds(world, 39);
    expect(world.vip.holder).toBeNull();
    seconds(world, 22);
    expect(world.vip.holder).not.toBeNull();

    const second = world.vip.holder ?? '';
    for (const vm of world.vms.values()) startVm(world, vm);
    seconds(world, 60);
    shutdownVm(world, vmIn(world, second));
    seconds(world, 1.2);
    expect([null, second]).not.toContain(world.vip.holder);
  }
});

test('a leader that stops in order hands over at once, a crashed one after the election time-out', () => {
  const world = newWorld();
  const leader = (): string =>
    world.etcd.members.get(world.etcd.leaderId ?? '')?.hostname ?? 'none';
  const { term } = world.etcd;
  stopVm(world, vmIn(world, leader()));
  expect(leader()).toBe('none');
  seconds(world, 2.1);
  const second = leader();
  expect(second).not.toBe('none');
  expect(world.etcd.term).toBe(term + 1);
  for (const vm of world.vms.values()) startVm(world, vm);
  seconds(world, 60);
  const seen = new Set<string>();
  world.subscribe(() => seen.add(leader()));
  shutdownVm(world, vmIn(world, second));
  seconds(world, 10);
  expect(seen).not.toContain('none');
  expect([second, 'none']).not.toContain(leader());
});

test('a member that was away catches up with the others when it is back', () => {
  const world = newWorld();
  const away = memberOf(world, 'talos-cp-03');
  stopVm(world, vmIn(world, 'talos-cp-03'));
  const stoodAt = away?.raftIndex;
  seconds(world, 120);
  expect(away?.raftIndex).toBe(stoodAt);
  startVm(world, vmIn(world, 'talos-cp-03'));
  seconds(world, 60);

  expect(away?.raftIndex).toBe(memberOf(world, 'talos-cp-01')?.raftIndex);
});

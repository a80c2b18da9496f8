import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quorumOf } from '../../src/model/etcd.js';
import { NO_LEADER } from '../../src/model/etcd-layer.js';
import { asMemberId } from '../../src/model/ids.js';
import { mayLoseOne, mayRemoveDead, quorumState, votersToSpare } from '../../src/model/quorum.js';
import { WAITING } from '../../src/model/reading.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { EtcdMemberStatus } from '../../src/model/talos.js';
import {
  aMember,
  anError,
  anEtcdStatus,
  asStale,
  aWorld,
  failed,
  fresh,
  memberIdOf,
  silenced,
  worldSnapshot,
} from '../support/builders.js';

/** `fates`: one per control plane. */
type Fate = 'healthy' | 'silent' | 'ill' | 'unread';

function withFates(fates: readonly Fate[], overrides: Partial<Snapshot> = {}): Snapshot {
  const world = aWorld(fates.length, 1);
  const nodes = world.nodes.map((node, index) => {
    switch (fates[index] ?? 'healthy') {
      case 'healthy':
        return node;
      case 'silent':
        return silenced(node);
      case 'ill':
        return {
          ...node,
          etcd: fresh(anEtcdStatus({ number: index + 1 }, { leaderId: NO_LEADER })),
        };
      case 'unread':
        return { ...node, etcd: WAITING };
      default:
        throw new Error('no such fate');
    }
  });
  return worldSnapshot({ ...world, nodes }, overrides);
}

test.each([
  [['healthy'], '1 of 1 healthy, can lose 0', 'ok'],
  [['healthy', 'healthy'], '2 of 2 healthy, can lose 0', 'warn'],
  [['healthy', 'healthy', 'healthy'], '3 of 3 healthy, can lose 1', 'ok'],
  [['healthy', 'healthy', 'silent'], '2 of 3 healthy, can lose 0', 'warn'],
  [['healthy', 'healthy', 'unread'], '2 of 3 healthy, can lose 0', 'warn'],
  [['healthy', 'silent', 'silent'], 'quorum lost: 1 of 3 healthy, needs 2', 'fail'],
  [['ill', 'silent', 'silent'], 'quorum lost: 0 of 3 healthy, needs 2', 'fail'],
  [['healthy', 'silent', 'unread'], 'unknown: only 1 of 3 could be read', 'unknown'],
  [['healthy', 'healthy', 'healthy', 'silent', 'silent'], '3 of 5 healthy, can lose 0', 'warn'],
] as const)('%j is "%s"', (fates, sentence, level) => {
  const state = quorumState(withFates(fates));

  expect([state.sentence, state.level]).toEqual([sentence, level]);
});

const statusOf = (number: number, change: Partial<EtcdMemberStatus>) =>
  fresh(anEtcdStatus({ number }, change));

function withLeaders(...changes: readonly (Partial<EtcdMemberStatus> | 'silent')[]): Snapshot {
  const world = aWorld(changes.length, 1);
  const nodes = world.nodes.map((node, index) => {
    const change = changes[index];
    if (change === undefined) return node;
    return change === 'silent' ? silenced(node) : { ...node, etcd: statusOf(index + 1, change) };
  });
  return worldSnapshot({ ...world, nodes });
}

const missing = { leaderId: NO_LEADER };
const electing = { ...missing, isElecting: true };

test.each([
  ['one was read before the leader hung, one during the election', ['silent', missing, {}]],
  ['one was read during the election for the first time', ['silent', electing, {}]],
  ['both were read during the election', ['silent', electing, electing]],
  ['one of them was read twice', ['silent', missing, electing]],
] as const)('two alive of three are not called lost: %s', (_, changes) => {
  expect(quorumState(withLeaders(...changes))).toMatchObject({
    hasQuorum: null,
    level: 'unknown',
    sentence: 'unknown: electing a leader',
    canLose: 0,
  });
});

test('members that miss a leader twice have lost their quorum', () => {
  expect(quorumState(withLeaders('silent', missing, missing))).toMatchObject({
    hasQuorum: false,
    sentence: 'quorum lost: 0 of 3 healthy, needs 2',
  });
  expect(quorumState(withLeaders('silent', 'silent', electing)).hasQuorum).toBe(false);
});

test('the leader is named when every healthy member names the same', () => {
  expect(quorumState(withFates(['healthy', 'healthy', 'healthy']))).toMatchObject({
    leaderId: memberIdOf(1),
    leaderName: 'cp-1',
    problems: [],
  });
});

test('members that name different leaders are a problem, and nobody is called leader', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 2
      ? { ...node, etcd: fresh(anEtcdStatus({ number: 3 }, { leaderId: memberIdOf(3) })) }
      : node,
  );

  expect(quorumState(worldSnapshot({ ...world, nodes }))).toMatchObject({
    leaderId: null,
    level: 'warn',
    problems: ['members name different leaders'],
  });
});

test('a member that was asked before the election does not dispute the leader', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 2
      ? {
          ...node,
          etcd: fresh(anEtcdStatus({ number: 3 }, { leaderId: memberIdOf(3), raftTerm: 5 })),
        }
      : node,
  );

  expect(quorumState(worldSnapshot({ ...world, nodes }))).toMatchObject({
    leaderName: 'cp-3',
    problems: [],
  });
});

test('members that report an alarm are ill, but quorum is not lost', () => {
  const world = aWorld();
  const errors = ['memberID:1 alarm:NOSPACE'];
  const nodes = world.nodes.map((node, index) =>
    index < 3 ? { ...node, etcd: fresh(anEtcdStatus({ number: index + 1 }, { errors })) } : node,
  );
  const etcdAlarms = fresh([{ memberId: memberIdOf(1), alarm: 'NOSPACE' as const }]);

  expect(quorumState(worldSnapshot({ ...world, nodes }, { etcdAlarms }))).toMatchObject({
    hasQuorum: true,
    healthyVoters: 0,
    canLose: 0,
    level: 'fail',
    sentence: '0 of 3 healthy, can lose 0',
    problems: ['alarm NOSPACE on cp-1'],
  });
});

test('control planes with different member lists are told by name', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 1 ? { ...node, etcdMembers: fresh(world.members.slice(1)) } : node,
  );

  expect(quorumState(worldSnapshot({ ...world, nodes })).problems).toEqual([
    '10.0.0.11 and 10.0.0.12 report different member lists',
  ]);
});

test('a learner has no vote and is told', () => {
  const world = aWorld();
  const members = world.members.map((member, index) =>
    index === 2 ? { ...member, isLearner: true } : member,
  );

  expect(quorumState(worldSnapshot({ ...world, members }))).toMatchObject({
    voters: 2,
    learners: 1,
    level: 'warn',
    sentence: '2 of 2 healthy, can lose 0',
    problems: ['cp-3 still learning, without a vote'],
  });
});

test('a member that never started counts as a voter that does not vote', () => {
  const world = aWorld();
  const ghost = aMember({ number: 9 }, { hostname: '', clientUrls: [], peerUrls: [] });

  expect(
    quorumState(worldSnapshot({ ...world, members: [...world.members, ghost] })),
  ).toMatchObject({
    voters: 4,
    healthyVoters: 3,
    canLose: 0,
    problems: [`member ${ghost.id} never started`],
  });
});

test('an alarm fails etcd and names the member', () => {
  const snapshot = withFates(['healthy', 'healthy', 'healthy'], {
    etcdAlarms: fresh([{ memberId: memberIdOf(2), alarm: 'NOSPACE' }]),
  });

  expect(quorumState(snapshot)).toMatchObject({
    level: 'fail',
    problems: ['alarm NOSPACE on cp-2'],
  });
});

test('a list that is out of date never says healthy', () => {
  const snapshot = withFates(['healthy', 'healthy', 'healthy']);
  const state = quorumState({
    ...snapshot,
    etcdMembers: asStale(snapshot.etcdMembers, anError('timeout', 'no answer')),
  });

  expect(state).toMatchObject({
    level: 'unknown',
    hasQuorum: null,
    sentence: 'unknown: the member list is out of date: no answer',
    canLose: 0,
  });
});

test('without any list, control planes that see no leader are a lost quorum', () => {
  const snapshot = withFates(['ill', 'ill', 'ill'], {
    etcdMembers: failed(anError('timeout')),
  });

  expect(quorumState(snapshot)).toMatchObject({
    hasQuorum: false,
    level: 'fail',
    sentence: 'quorum lost: no control plane sees a leader',
  });
});

test('without any answer it is unknown', () => {
  const snapshot = withFates(['healthy'], { etcdMembers: WAITING });

  expect(quorumState(snapshot)).toMatchObject({
    level: 'unknown',
    sentence: 'unknown: no answer yet',
  });
});

const counts = fc
  .tuple(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 0, max: 25 }))
  .filter(([voters, healthy]) => healthy <= voters);

test('losing what can be lost keeps a majority, losing one more does not', () => {
  fc.assert(
    fc.property(counts, ([voters, healthy]) => {
      const spare = votersToSpare(voters, healthy);
      const majority = (count: number) => count > voters / 2;
      if (!majority(healthy)) expect(spare).toBe(0);
      else {
        expect(majority(healthy - spare)).toBe(true);
        expect(majority(healthy - spare - 1)).toBe(false);
      }
    }),
  );
});

test('two majorities always share a voter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), (voters) => {
      expect(2 * quorumOf(voters)).toBeGreaterThan(voters);
      expect(2 * (quorumOf(voters) - 1)).toBeLessThanOrEqual(voters);
    }),
  );
});

test('taking one down is allowed exactly when one can be lost, and never with one or two voters', () => {
  fc.assert(
    fc.property(counts, ([voters, healthy]) => {
      expect(mayLoseOne(voters, healthy)).toBe(votersToSpare(voters, healthy) >= 1);
      if (voters <= 2) expect(mayLoseOne(voters, healthy)).toBe(false);
    }),
  );
  expect(mayLoseOne(0, 0)).toBe(false);
});

test('a dead member may go only while there is quorum, and it stays so', () => {
  fc.assert(
    fc.property(counts, ([voters, healthy]) => {
      if (mayRemoveDead(voters, healthy)) {
        expect(healthy).toBeGreaterThanOrEqual(quorumOf(voters));
        expect(healthy).toBeGreaterThanOrEqual(quorumOf(voters - 1));
      } else {
        expect(healthy < quorumOf(voters) || voters === 1).toBe(true);
      }
    }),
  );
});

test('whatever happens to members, healthy is only who is seen healthy', () => {
  const fates = fc.array(fc.constantFrom<Fate>('healthy', 'silent', 'ill', 'unread'), {
    minLength: 1,
    maxLength: 7,
  });
  fc.assert(
    fc.property(fates, (list) => {
      const state = quorumState(withFates(list));
      const healthy = list.filter((fate) => fate === 'healthy').length;
      expect(state.healthyVoters).toBe(healthy);
      expect(state.hasQuorum === true).toBe(healthy >= quorumOf(list.length));
      if (state.level === 'ok') expect(healthy).toBe(list.length);
    }),
  );
});

test('a member id that no node runs is unknown, not unhealthy', () => {
  const world = aWorld();
  const ghost = aMember({ number: 9 }, { id: asMemberId('feed') });
  const state = quorumState(worldSnapshot({ ...world, members: [...world.members, ghost] }));

  expect(state.members.find(({ member }) => member.id === ghost.id)?.health).toEqual({
    state: 'unknown',
    reason: 'no known node runs this member',
  });
});

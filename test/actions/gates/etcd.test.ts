import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { etcdGate, etcdSettledGate, quorumGate } from '../../../src/actions/gates/etcd.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { mapReading, WAITING } from '../../../src/model/reading.js';
import type { EtcdMemberStatus, TalosNode } from '../../../src/model/talos.js';
import {
  addressOf,
  aMember,
  aWorld,
  failed,
  fresh,
  memberIdOf,
  silenced,
  stale,
} from '../../support/builders.js';
import {
  CONTROL_PLANES,
  EVERYBODY,
  expectMonotone,
  expectNeeds,
} from '../../support/gate-properties.js';
import { aPlanContext, aTarget, withNode, withSnapshot } from '../../support/plan-contexts.js';

type Health = 'healthy' | 'unhealthy' | 'unreachable' | 'waiting' | 'unknown';
const HEALTHS: readonly Health[] = ['healthy', 'unhealthy', 'unreachable', 'waiting', 'unknown'];

function asHealth(node: TalosNode, health: Health): TalosNode {
  const service = (state: 'unhealthy' | 'unknown') => ({
    ...node,
    services: fresh([{ id: 'etcd', state: 'Running', health: state, lastMessage: 'slow' }]),
  });
  switch (health) {
    case 'healthy':
      return node;
    case 'unhealthy':
      return service('unhealthy');
    case 'unreachable':
      return silenced(node);
    case 'waiting':
      return { ...node, etcd: WAITING };
    case 'unknown':
      return service('unknown');
  }
}

/** A cluster whose voters do as told, in order. */
function aCluster(healths: readonly Health[]): PlanContext {
  const world = aWorld(healths.length, 1);
  const nodes = world.nodes.map((node, index) => asHealth(node, healths[index] ?? 'healthy'));
  return aPlanContext({ ...world, nodes });
}

const withStatus = (
  context: PlanContext,
  number: number,
  change: Partial<EtcdMemberStatus>,
): PlanContext =>
  withNode(context, addressOf(number), (node) => ({
    etcd: mapReading(node.etcd, (status) => ({ ...status, ...change })),
  }));

const verdict = ({ state, text }: { state: string; text: string }) => `${state}: ${text}`;

const anyHealth = fc.constantFrom(...HEALTHS);

describe('G-ETCD and the arithmetic', () => {
  test('equals the quorum arithmetic on any cluster', () => {
    fc.assert(
      fc.property(
        fc.array(anyHealth, { minLength: 1, maxLength: 7 }),
        fc.nat({ max: 6 }),
        (healths, index) => {
          const taken = index % healths.length;
          const { state, override } = etcdGate(aCluster(healths), [aTarget(taken + 1)]);
          const staying = healths.filter((_, at) => at !== taken);
          const count = (...which: readonly Health[]) =>
            staying.filter((health) => which.includes(health)).length;
          const quorum = Math.floor(healths.length / 2) + 1;
          // Whoever cannot be told from any other cannot be taken: it may be any of them.
          const isKnown = healths[taken] !== 'waiting';
          const expected =
            healths.length === 1
              ? {
                  healthy: 'green',
                  unhealthy: 'red',
                  unreachable: 'red',
                  waiting: 'unknown',
                  unknown: 'unknown',
                }[healths[0] ?? 'healthy']
              : healths.length === 2
                ? 'red'
                : count('healthy') >= quorum
                  ? 'green'
                  : count('healthy', 'waiting', 'unknown') >= quorum
                    ? 'unknown'
                    : 'red';
          expect(isKnown ? state : 'either').toBe(isKnown ? expected : 'either');
          if (staying.length > 1 && count('healthy') < quorum) {
            expect(state).not.toBe('green');
            expect(override).toBe('no');
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test('gives H - 1 >= Q for a healthy member among healthy and dead ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 7 }), fc.nat({ max: 6 }), (voters, dead) => {
        const healths = Array.from(
          { length: voters },
          (_, at): Health => (at > 0 && at <= dead ? 'unreachable' : 'healthy'),
        );
        const healthy = healths.filter((health) => health === 'healthy').length;
        const { state } = etcdGate(aCluster(healths), [aTarget(1)]);
        expect(state).toBe(healthy - 1 >= Math.floor(voters / 2) + 1 ? 'green' : 'red');
      }),
    );
  });
});

describe('G-ETCD for taking a member down', () => {
  test('says the figures', () => {
    expect(etcdGate(aCluster(['healthy', 'healthy', 'healthy']), [aTarget(2)])).toEqual({
      id: 'G-ETCD',
      title: 'etcd keeps its quorum',
      state: 'green',
      text: '3 of 3 voters healthy, 2 needed while one is away',
      remedy: 'Repair etcd first: look at screen 2.',
      override: 'type',
    });
    expect(etcdGate(aCluster(['healthy', 'unhealthy', 'healthy']), [aTarget(3)])).toEqual({
      id: 'G-ETCD',
      title: 'etcd keeps its quorum',
      state: 'red',
      text: '1 healthy voter without cp-3, 2 needed (cp-2 unhealthy: slow)',
      remedy: 'Repair etcd first: look at screen 2.',
      override: 'no',
    });
    expect(verdict(etcdGate(aCluster(['healthy', 'waiting', 'healthy']), [aTarget(3)]))).toBe(
      'unknown: 1 healthy voter without cp-3, 2 needed (cp-2 has not answered yet)',
    );
  });

  test('lets the one sick member be taken: the others keep the quorum', () => {
    const context = aCluster(['healthy', 'unhealthy', 'healthy']);
    expect(verdict(etcdGate(context, [aTarget(2)]))).toBe(
      'green: 2 of 3 voters healthy, 2 needed while one is away',
    );
  });

  test('asks for each of several machines, taken one after the other', () => {
    const context = aCluster(['healthy', 'unhealthy', 'healthy']);
    const all = [1, 2, 3].map((number) => aTarget(number));
    expect(etcdGate(aCluster(['healthy', 'healthy', 'healthy']), all).state).toBe('green');
    expect(verdict(etcdGate(context, all))).toBe(
      'red: 1 healthy voter without cp-1, 2 needed (cp-2 unhealthy: slow) and 1 healthy voter without cp-3, 2 needed (cp-2 unhealthy: slow)',
    );
  });
});

describe('G-ETCD for small clusters and workers', () => {
  test('calls one voter a declared outage, which only a typed answer gets around when it is ill', () => {
    expect(etcdGate(aCluster(['healthy']), [aTarget(1)])).toMatchObject({
      state: 'green',
      text: 'one voter: taking it down is a declared outage of etcd and the Kubernetes API',
    });
    expect(etcdGate(aCluster(['unhealthy']), [aTarget(1)])).toMatchObject({
      state: 'red',
      text: '0 healthy voters, 1 needed (cp-1 unhealthy: slow)',
      override: 'type',
    });
  });

  test('never takes one of two', () => {
    expect(etcdGate(aCluster(['healthy', 'healthy']), [aTarget(1)])).toMatchObject({
      state: 'red',
      text: 'two voters: without cp-1 etcd stops, and with it Kubernetes',
      remedy: 'Add a third control plane first.',
      override: 'no',
    });
  });

  test('does not take a control plane whose member is not known', () => {
    expect(etcdGate(aCluster(['healthy', 'healthy', 'healthy']), [aTarget(9)])).toMatchObject({
      state: 'unknown',
      text: 'which etcd member cp-9 is, is not known',
      override: 'no',
    });
  });
});

describe('G-ETCD for workers, and for what is not known', () => {
  test('wants a quorum for a worker, and nothing of its own', () => {
    const worker = [aTarget(4, false)];
    expect(etcdGate(aCluster(['healthy', 'healthy', 'unhealthy']), worker)).toMatchObject({
      state: 'green',
      title: 'etcd has its quorum',
      text: '2 of 3 voters healthy',
    });
    expect(verdict(etcdGate(aCluster(['healthy', 'unreachable', 'unhealthy']), worker))).toBe(
      'red: 1 healthy voter, 2 needed (cp-2 unreachable: connect: no route to host and cp-3 unhealthy: slow)',
    );
    expect(etcdGate(aCluster(['healthy']), worker)).toMatchObject({
      state: 'green',
      text: '1 of 1 voter healthy',
    });
  });

  test('counts no learner as a voter', () => {
    const { members } = aWorld(2, 0);
    const context = withSnapshot(aCluster(['healthy', 'healthy']), {
      etcdMembers: fresh([...members, aMember({ number: 3 }, { isLearner: true })]),
    });
    expect(etcdGate(context, [aTarget(1)])).toMatchObject({ state: 'red', override: 'no' });
    expect(etcdGate(context, [aTarget(1)]).text).toContain('two voters');
  });

  test('is red for one voter that lags, and for a worker while members disagree', () => {
    const alone = withStatus(aCluster(['healthy']), 1, { raftAppliedIndex: -1 });
    expect(verdict(etcdGate(alone, [aTarget(1)]))).toBe('red: cp-1 lags behind');
    const split = withStatus(aPlanContext(), 3, { raftTerm: 9 });
    expect(verdict(etcdGate(split, [aTarget(4, false)]))).toBe(
      'red: members are in different raft terms',
    );
  });

  test('is unknown without any member', () => {
    const none = withSnapshot(aPlanContext(), { etcdMembers: fresh([]) });
    expect(verdict(etcdGate(none, []))).toBe('unknown: 0 healthy voters, 1 needed');
    expect(etcdSettledGate(none).state).toBe('unknown');
  });

  test('stands on the members, the alarms and what each member says', () => {
    const gate = (context: PlanContext) => etcdGate(context, [aTarget(2)]);
    const needs = ['etcdMembers', 'etcdAlarms', 'node.etcd', 'node.services', 'node.etcdMembers'];
    expectNeeds(gate, aPlanContext(), needs);
    expectNeeds((context) => etcdGate(context, [aTarget(1)]), aPlanContext(), [
      'etcdMembers',
      'etcdAlarms',
    ]);
    expectNeeds(gate, aPlanContext(), ['etcdMembers', 'etcdAlarms'], {
      number: 4,
      isControlPlane: false,
    });
  });

  test('may not be overridden while the member list is not known', () => {
    const context = withSnapshot(aPlanContext(), { etcdMembers: stale(aWorld(3, 0).members) });
    expect(etcdGate(context, [aTarget(2)])).toMatchObject({ state: 'unknown', override: 'no' });
    expect(etcdGate(withSnapshot(context, { etcdMembers: fresh([]) }), [])).toMatchObject({
      state: 'unknown',
      override: 'no',
    });
  });

  test('never turns green when the world gets worse', () => {
    expectMonotone((context) => etcdGate(context, [aTarget(1)]), aPlanContext(), EVERYBODY);
    expectMonotone((context) => etcdGate(context, [aTarget(1)]), aPlanContext(aWorld(1, 1)), [
      { number: 1, isControlPlane: true },
    ]);
  });
});

describe('what G-ETCD advises', () => {
  test('waits for a learner instead of asking for what is joining already', () => {
    const { members } = aWorld(3, 0);
    const context = withSnapshot(aCluster(['healthy', 'healthy', 'healthy']), {
      etcdMembers: fresh(members.map((each) => ({ ...each, isLearner: each.hostname === 'cp-3' }))),
    });
    const remedy = 'Wait until cp-3 votes: it is a learner. Screen 2 shows how far etcd is.';
    expect(etcdGate(context, [aTarget(4, false)])).toMatchObject({ state: 'red', remedy });
    expect(etcdGate(context, [aTarget(1)])).toMatchObject({ state: 'red', remedy });
    expect(etcdSettledGate(context)).toMatchObject({ state: 'red', remedy });
    const ill = withNode(context, addressOf(2), (node) => asHealth(node, 'unhealthy'));
    expect(etcdGate(ill, [aTarget(4, false)])).toMatchObject({
      state: 'red',
      remedy: 'Repair etcd first: look at screen 2.',
    });
  });

  test('asks for no third control plane where a worker meets an ill voter of two', () => {
    expect(etcdGate(aCluster(['healthy', 'unhealthy']), [aTarget(4, false)])).toMatchObject({
      state: 'red',
      remedy: 'Repair etcd first: look at screen 2.',
    });
  });
});

describe('G-ETCD whatever is taken', () => {
  const good = () => aCluster(['healthy', 'healthy', 'healthy']);
  const gate = (context: PlanContext) => etcdGate(context, [aTarget(2)]);

  test('is red with a learner, a member that never started, an alarm or a lagging member', () => {
    const { members } = aWorld(3, 0);
    const list = (extra: Parameters<typeof aMember>[1]) =>
      withSnapshot(good(), { etcdMembers: fresh([...members, aMember({ number: 9 }, extra)]) });
    const alarm = withSnapshot(good(), {
      etcdAlarms: fresh([{ memberId: memberIdOf(3), alarm: 'NOSPACE' }]),
    });
    const strangeAlarm = withSnapshot(good(), {
      etcdAlarms: fresh([{ memberId: memberIdOf(77), alarm: 'CORRUPT' }]),
    });

    expect(gate(list({ isLearner: true })).text).toContain('cp-9 is still a learner');
    expect(gate(list({ isLearner: true, hostname: '' })).text).toContain(
      `${memberIdOf(9)} is still a learner`,
    );
    expect(gate(list({ hostname: '' })).text).toContain(`member ${memberIdOf(9)} never started`);
    expect(verdict(gate(alarm))).toBe('red: alarm NOSPACE on cp-3');
    expect(verdict(gate(strangeAlarm))).toBe(`red: alarm CORRUPT on ${memberIdOf(77)}`);
    expect(gate(alarm).override).toBe('type');
    expect(verdict(gate(withStatus(good(), 3, { raftAppliedIndex: -1 })))).toBe(
      'red: cp-3 lags behind',
    );
  });

  test('lets a member be a thousand entries or one percent behind, and no more', () => {
    const behind = (raftIndex: number, lag: number) =>
      gate(withStatus(good(), 3, { raftIndex, raftAppliedIndex: raftIndex - lag })).state;

    expect([behind(5_000, 1_000), behind(5_000, 1_001)]).toEqual(['green', 'red']);
    expect([behind(500_000, 5_000), behind(500_000, 5_001)]).toEqual(['green', 'red']);
  });

  test('is red when members disagree about the leader, the term or the members', () => {
    const otherList = withNode(good(), addressOf(3), () => ({
      etcdMembers: fresh([aMember({ number: 3 })]),
    }));

    expect(verdict(gate(withStatus(good(), 3, { leaderId: memberIdOf(3) })))).toBe(
      'red: members name different leaders',
    );
    expect(verdict(gate(withStatus(good(), 3, { raftTerm: 5 })))).toBe(
      'red: members are in different raft terms',
    );
    expect(verdict(gate(otherList))).toBe('red: cp-3 lists other etcd members');
  });

  test('compares members, not their number', () => {
    const { members } = aWorld(2, 0);
    const other = withNode(good(), addressOf(3), () => ({
      etcdMembers: fresh([...members, aMember({ number: 7 })]),
    }));
    expect(verdict(gate(other))).toBe('red: cp-3 lists other etcd members');
  });

  test('takes the same members in another order as the same', () => {
    const reversed = withNode(good(), addressOf(3), (node) => ({
      etcdMembers: mapReading(node.etcdMembers, (members) => members.toReversed()),
    }));
    expect(gate(reversed).state).toBe('green');
  });

  test('is unknown when a healthy member does not tell its list, and does not ask a dead one', () => {
    const silent = withNode(good(), addressOf(3), () => ({ etcdMembers: failed() }));
    expect(verdict(gate(silent))).toBe(
      'unknown: the member list of cp-3 is not known: connect: no route to host',
    );
    expect(gate(aCluster(['healthy', 'unreachable', 'healthy'])).state).toBe('green');
  });
});

describe('G-ETCD after a member was away', () => {
  test('wants every voter back', () => {
    expect(etcdSettledGate(aCluster(['healthy', 'healthy', 'healthy']))).toEqual({
      id: 'G-ETCD',
      title: 'Every etcd member is healthy',
      state: 'green',
      text: '3 of 3 voters healthy',
      remedy: 'Repair etcd first: look at screen 2.',
      override: 'type',
    });
    fc.assert(
      fc.property(fc.array(anyHealth, { minLength: 1, maxLength: 5 }), (healths) => {
        expect(etcdSettledGate(aCluster(healths)).state === 'green').toBe(
          healths.every((health) => health === 'healthy'),
        );
      }),
    );
    expect(etcdSettledGate(withStatus(aPlanContext(), 3, { raftTerm: 9 })).state).toBe('red');
    expect(verdict(etcdSettledGate(aCluster(['healthy', 'unhealthy', 'healthy'])))).toBe(
      'red: 2 healthy voters, 3 needed (cp-2 unhealthy: slow)',
    );
  });

  test('stands on the members, the alarms and what each member says', () => {
    const needs = ['etcdMembers', 'etcdAlarms', 'node.etcd', 'node.services', 'node.etcdMembers'];
    expectNeeds(etcdSettledGate, aPlanContext(), needs);
    expectMonotone(etcdSettledGate, aPlanContext(), CONTROL_PLANES);
  });
});

describe('G-ETCD for reading', () => {
  const gate = (voters: number, healthy: number, ill: number) =>
    quorumGate({ voters, healthy, ill, quorum: Math.floor(voters / 2) + 1 });

  test('wants a majority that answers', () => {
    expect(gate(3, 2, 1)).toEqual({
      id: 'G-ETCD',
      title: 'etcd has its quorum',
      state: 'green',
      text: '2 of 3 voters healthy, 2 needed',
      remedy: 'Start the control planes that are down, then look at screen 2.',
      override: 'no',
    });
    expect(verdict(gate(3, 1, 1))).toBe('unknown: 1 of 3 voters healthy, 2 needed, 1 not heard of');
    expect(verdict(gate(3, 1, 2))).toBe('red: 1 of 3 voters healthy, 2 needed');
  });
});

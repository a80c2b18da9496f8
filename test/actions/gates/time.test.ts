import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeGate } from '../../../src/actions/gates/time.js';
import type { PlanContext } from '../../../src/actions/types.js';
import type { NodeInspection } from '../../../src/model/inspection.js';
import { mapReading, WAITING } from '../../../src/model/reading.js';
import { addressOf, aWorld, fresh } from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import {
  aPlanContext,
  withInspection,
  withNode,
  withNodeInspection,
  withSnapshot,
} from '../../support/plan-contexts.js';

const withTimes = (times: readonly Partial<NodeInspection['time']>[]): PlanContext =>
  times.reduce<PlanContext>(
    (context, time, index) =>
      withNodeInspection(context, addressOf(index + 1), (reading) =>
        mapReading(reading, (value) => ({ ...value, time: { ...value.time, ...time } })),
      ),
    aPlanContext(),
  );

const verdict = (...times: readonly Partial<NodeInspection['time']>[]) => {
  const { state, text } = timeGate(withTimes(times));
  return `${state}: ${text}`;
};

test('is green when all clocks are synchronised and agree', () => {
  expect(timeGate(aPlanContext())).toEqual({
    id: 'G-TIME',
    title: 'The clocks agree',
    state: 'green',
    text: 'synchronised',
    remedy: 'Repair the time servers of the node or the clock of this host.',
    override: 'type',
  });
});

test('names the clock that is behind, this host included', () => {
  expect(verdict({}, { skewMs: -14_000 })).toBe('red: cp-2 is 14 s behind this host');
  expect(verdict({ skewMs: 1_500 }, { skewMs: -1_500 })).toBe('red: cp-2 is 3 s behind cp-1');
  expect(verdict(...[1, 2, 3, 4, 5].map(() => ({ skewMs: 9_000 })))).toBe(
    'red: this host is 9 s behind cp-1',
  );
});

test('warns above half a second and blocks above two seconds', () => {
  expect(verdict({ skewMs: 500 })).toBe('green: synchronised');
  expect(verdict({ skewMs: 501 })).toBe('green: synchronised, but this host is 501 ms behind cp-1');
  expect(verdict({ skewMs: 2_000 })).toMatch(/^green/);
  expect(verdict({ skewMs: 2_001 })).toMatch(/^red/);
});

test('equals the largest difference of any two clocks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -4_000, max: 4_000 }), { minLength: 5, maxLength: 5 }),
      (skews) => {
        const all = [0, ...skews];
        const { state } = timeGate(withTimes(skews.map((skewMs) => ({ skewMs }))));
        expect(state).toBe(Math.max(...all) - Math.min(...all) > 2_000 ? 'red' : 'green');
      },
    ),
  );
});

test('is red without synchronisation and unknown where the clock does not say', () => {
  expect(verdict({ isSynced: false })).toBe('red: the clock of cp-1 is not synchronised');
  expect(verdict({ isSynced: null })).toBe(
    'unknown: the clock of cp-1 does not say whether it is synchronised',
  );
  expect(verdict({ skewMs: null })).toBe('unknown: the clock of cp-1 was not read');
});

test('wants every control plane read, and every other node that was asked for', () => {
  expectNeeds(timeGate, aPlanContext(), ['inspection.node']);
  expectNeeds(timeGate, aPlanContext(), ['inspection.node'], { number: 4, isControlPlane: false });
  const { nodes } = aPlanContext().facts.inspection;
  const without = (number: number) =>
    timeGate(
      withInspection(aPlanContext(), {
        nodes: new Map([...nodes].filter(([address]) => address !== addressOf(number))),
      }),
    );
  expect(without(1)).toMatchObject({
    state: 'unknown',
    text: 'the clock of cp-1 is not known yet',
  });
  expect(without(4).state).toBe('green');
});

test('is unknown while no control plane is known, or a machine has not said what it is', () => {
  expect(timeGate(aPlanContext(aWorld(0, 1))).text).toContain('no control plane is known');
  const mute = withSnapshot(
    withNode(aPlanContext(), addressOf(4), () => ({ identity: WAITING })),
    { kubeNodes: fresh(aWorld(3, 0).kubeNodes), talosMembers: WAITING },
  );
  expect(timeGate(mute)).toMatchObject({
    state: 'unknown',
    text: expect.stringMatching(/^the role of/),
  });
});

test('names a node that no machine is known for by its address', () => {
  const stranger = withInspection(aPlanContext(), {
    nodes: new Map([...aPlanContext().facts.inspection.nodes, [addressOf(9), WAITING]]),
  });
  expect(timeGate(stranger).text).toBe('the clock of 10.0.0.19 is not known yet');
});

test('never turns green when the world gets worse', () => {
  expectMonotone(timeGate, aPlanContext(), EVERYBODY);
});

import { expect, test } from 'vitest';
import { gatesAhead } from '../../src/runs/gates-ahead.js';
import { aPlanContext } from '../support/plan-contexts.js';
import { aGate } from '../support/plans.js';
import { aPlan, aStep } from '../support/run-world.js';

test('a run may meet the gates of its plan, those that only a step asks, and the lock', () => {
  const asked = aStep('one', {
    gates: () => [aGate({ id: 'G-ETCD', override: 'type' }), aGate({ id: 'G-WORK' })],
  });
  const plan = aPlan([asked, aStep('two')], { gates: [aGate({ id: 'G-ETCD', override: 'no' })] });

  expect(gatesAhead(plan, aPlanContext())).toEqual([
    // One of its two judgements can be overridden, and asks for the name.
    { id: 'G-ETCD', override: 'type' },
    { id: 'G-WORK', override: 'no' },
    { id: 'G-LOCK', override: 'type' },
  ]);
  expect(gatesAhead({ ...plan, level: 0, steps: [] }, aPlanContext())).toEqual([
    { id: 'G-ETCD', override: 'no' },
  ]);
});

import { expect, test } from 'vitest';
import { fingerprint } from '../../src/actions/fingerprint.js';
import { actions } from '../../src/actions/index.js';
import type { Plan } from '../../src/actions/types.js';
import { addressOf, fresh } from '../support/builders.js';
import { aNodeInspection, aPlanContext, withNodeInspection } from '../support/plan-contexts.js';

const planned = (plan: object): Plan => {
  expect(plan).toMatchObject({ kind: 'plan' });
  return plan as Plan;
};

test.each(['reboot-node', 'rollback-node'])(
  '%s that was confirmed before its node was rebooted by somebody else is the same plan, and is not begun',
  (id) => {
    const action = actions.find((each) => each.id === id);
    if (action === undefined) throw new Error(`No action ${id}`);
    const answers = { node: 'w-4', ...(id === 'rollback-node' ? { to: 'v1.12.0' } : {}) };
    const context = aPlanContext(undefined, { answers });
    const confirmed = planned(action.plan(context));
    const later = withNodeInspection(
      aPlanContext(undefined, { answers: confirmed.answers }),
      addressOf(4),
      () => fresh(aNodeInspection({ bootId: 'another' })),
    );
    const again = planned(action.plan(later));

    expect(fingerprint(again)).toBe(fingerprint(confirmed));
    expect(confirmed.gates.find((gate) => gate.id === 'G-SAME')).toMatchObject({ state: 'green' });
    expect(again.gates.find((gate) => gate.id === 'G-SAME')).toMatchObject({
      state: 'red',
      text: 'w-4 was rebooted since it was planned',
      override: 'no',
    });
  },
);

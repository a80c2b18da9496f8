import { expect, test } from 'vitest';
import { actions } from '../../src/actions/index.js';
import { aCluster, NOW_MS } from '../support/builders.js';
import { aPlanContext } from '../support/plan-contexts.js';

const onNodes = actions.filter(
  ({ answerNames, id }) =>
    answerNames.includes('node') && id !== 'etcd-snapshot' && id !== 'fix-boot-order',
);

/** What each action asks for besides the node. */
const ANSWERS = { node: 'w-4', size: '120', to: 'v1.12.0', version: 'v1.12.6' };

function refusalWith(cluster: Parameters<typeof aCluster>[0], action: (typeof actions)[number]) {
  const answers = Object.fromEntries(
    Object.entries(ANSWERS).filter(([name]) => action.answerNames.includes(name)),
  );
  return action.plan(
    aPlanContext(undefined, { answers, snapshot: { cluster: aCluster(cluster) } }),
  );
}

test.each(onNodes.map((action) => [action.id, action] as const))(
  '%s says that the talosconfig has ended, instead of wondering about the node',
  (_id, action) => {
    expect(refusalWith({ talosCertificateEndsAtMs: NOW_MS - 1 }, action)).toMatchObject({
      kind: 'refusal',
      gate: 'G-CFG',
      reason: 'The client certificate of the talosconfig has expired.',
      hint: expect.stringContaining('talosctl config new'),
    });
  },
);

test.each(onNodes.map((action) => [action.id, action] as const))(
  '%s says that the talosconfig has no endpoints, and which command sets them',
  (_id, action) => {
    expect(refusalWith({ endpoints: [] }, action)).toMatchObject({
      kind: 'refusal',
      gate: 'G-CFG',
      reason: 'The talosconfig has no endpoints.',
      hint: expect.stringContaining('talosctl config endpoint'),
    });
  },
);

function planWithout(program: 'talosctl' | 'kubectl', id: string) {
  const action = actions.find((each) => each.id === id);
  const context = aPlanContext(undefined, { answers: { node: 'w-4' } });
  const missing = {
    state: 'unusable',
    problem: `${program} was not found`,
    hint: `Install ${program}.`,
  } as const;
  return action?.plan({ ...context, facts: { ...context.facts, [program]: missing } });
}

test.each(['cordon', 'drain', 'uncordon'])('%s needs no talosctl: it runs kubectl alone', (id) => {
  const planned = planWithout('talosctl', id);
  if (planned?.kind !== 'plan') throw new Error(JSON.stringify(planned));
  expect(planned.gates.filter(({ state }) => state !== 'green')).toEqual([]);
  expect(planned.steps.map(({ command }) => 'argv' in command && command.argv[0])).toEqual(
    planned.steps.map(() => 'kubectl'),
  );
  expect(planWithout('kubectl', id)).toMatchObject({
    gate: 'G-BIN',
    reason: 'kubectl was not found',
  });
});

test.each(['reboot-node', 'etcd-forfeit-leadership'])('%s still needs talosctl', (id) => {
  expect(planWithout('talosctl', id)).toMatchObject({
    gate: 'G-BIN',
    reason: 'talosctl was not found',
  });
});

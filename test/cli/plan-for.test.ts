import { expect, test } from 'vitest';
import type { Action, Answers, Plan, Refusal } from '../../src/actions/types.js';
import type { Attached } from '../../src/cli/attached.js';
import { planFor } from '../../src/cli/commands/plan.js';
import { ClientError } from '../../src/model/errors.js';
import { asIpAddress } from '../../src/model/ids.js';
import { type InspectionWants, NOTHING_WANTED } from '../../src/model/inspection.js';
import { createStore } from '../../src/store/store.js';
import { aWorld, worldSnapshot } from '../support/builders.js';
import { aForm, aGate, anAction, aPlan, aQuestion } from '../support/plans.js';
import { aConnection } from '../support/run-world.js';

const unused = () => Promise.reject(new Error('Planning does not do that.'));

/** A cluster that can be inspected; what planning sees after each inspection is up to the test. */
function inspectable(
  plan: (inspections: readonly InspectionWants[]) => ReturnType<Action['plan']>,
) {
  const inspections: InspectionWants[] = [];
  const attached: Attached = {
    connection: aConnection(),
    isReadOnly: false,
    snapshots: createStore(worldSnapshot(aWorld())),
    runs: {
      start: unused,
      resume: unused,
      override: unused,
      pause: unused,
      cancel: unused,
      list: unused,
      show: unused,
      follow: () => () => undefined,
      watch: () => () => undefined,
      exportScript: unused,
    },
    runFiles: { saveScript: unused, readLog: unused, followOutput: () => () => undefined },
    plan: () => plan(inspections),
    options: () => [],
    gatesAhead: () => [],
    readFacts: async (wants) => {
      if (wants !== undefined) inspections.push(wants);
    },
    startRun: unused,
    isSettled: () => true,
    refresh: () => undefined,
    setFocus: () => undefined,
    setIdle: () => undefined,
    close: async () => undefined,
  };
  return { attached, inspections };
}

const asked = (answers: Answers = {}, told: string[] = []) => ({
  answers,
  tell: (text: string) => void told.push(text),
});

const wants: Action['wants'] = (_, { node = 'cp-1' }) => ({
  ...NOTHING_WANTED,
  nodes: [asIpAddress(node === 'cp-1' ? '10.0.0.11' : '10.0.0.12')],
});

test('what the action wants to know is inspected before it is planned', async () => {
  const { attached, inspections } = inspectable(() => aPlan());
  const outcome = await planFor(attached, anAction({ wants }), asked({ node: 'cp-2' }));

  expect(outcome.kind).toBe('plan');
  expect(inspections).toEqual([{ ...NOTHING_WANTED, nodes: ['10.0.0.12'] }]);
});

test('an answer that is suggested changes what is inspected', async () => {
  const { attached, inspections } = inspectable((done) =>
    done.length === 1 ? aForm(aQuestion({ suggestion: 'cp-2' })) : aPlan(),
  );
  await planFor(attached, anAction({ wants }), asked({}));

  expect(inspections.map(({ nodes }) => nodes)).toEqual([['10.0.0.11'], ['10.0.0.12']]);
});

test('a gate that is not known yet is waited for, and inspected again', async () => {
  const unknown: Plan = aPlan({ gates: [aGate({ state: 'unknown' })] });
  const { attached } = inspectable((done) => (done.length < 2 ? unknown : aPlan()));
  const outcome = await planFor(attached, anAction({ wants }), asked({ node: 'cp-1' }));

  expect(outcome).toMatchObject({ gates: [{ state: 'green' }] });
});

test('an action that wants nothing inspects nothing, and read-only refuses every change', async () => {
  const { attached, inspections } = inspectable(() => aPlan());
  await planFor(attached, anAction(), asked({}));
  expect(inspections).toEqual([]);

  expect(await planFor({ ...attached, isReadOnly: true }, anAction(), asked())).toMatchObject({
    kind: 'refusal',
    reason: 'home is opened read-only.',
  });
});

test('a refusal is not believed while a list has not come in time: it is said what is waited for', async () => {
  const refused: Refusal = { kind: 'refusal', reason: 'No.', hint: 'Wait.', gate: null };
  const { attached, inspections } = inspectable((done) => (done.length < 3 ? refused : aPlan()));
  const late = new ClientError('timeout', 'no answer within 10 s', 'Wait.');
  const silent = { state: 'failed', error: late, failedAtMs: 1 } as const;
  const told: string[] = [];
  attached.snapshots.update((snapshot) => ({ ...snapshot, kubeNodes: silent }));
  const outcome = await planFor(attached, anAction({ wants }), asked({ node: 'cp-1' }, told));

  expect(outcome.kind).toBe('plan');
  expect(inspections).toHaveLength(3);
  expect(told).toEqual(['Waits for the Kubernetes nodes.']);
});

test('a refusal is final when every list has come, or was refused', async () => {
  const refused: Refusal = { kind: 'refusal', reason: 'No.', hint: 'Wait.', gate: null };
  const { attached, inspections } = inspectable(() => refused);
  const gone = new ClientError('unreachable', 'connection refused', 'Start it.');
  attached.snapshots.update((snapshot) => ({
    ...snapshot,
    kubeNodes: { state: 'failed', error: gone, failedAtMs: 1 },
  }));
  expect(await planFor(attached, anAction({ wants }), asked({ node: 'cp-1' }))).toBe(refused);
  expect(inspections).toHaveLength(1);
});

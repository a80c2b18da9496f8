import { expect, test } from 'vitest';
import { rebootNode } from '../../src/actions/reboot-node.js';
import type { Form, Question } from '../../src/actions/types.js';
import { gateRefusal } from '../../src/cli/consent.js';
import { EXIT, exitCodeOf } from '../../src/cli/exit-code.js';
import { exitCodeOfLine, journalText } from '../../src/cli/journal-text.js';
import { formError, planDocument, planText } from '../../src/cli/plan-report.js';
import { findAction, readAnswers } from '../../src/cli/registry.js';
import { ClientError, ConfigurationError, type ErrorKind } from '../../src/model/errors.js';
import { planScript } from '../../src/runs/export-script.js';
import { NodeWorld } from '../support/node-world.js';
import { aGate, aPlan } from '../support/plans.js';

const question = (change: Partial<Question>): Question => ({
  name: 'node',
  label: 'Node',
  kind: 'choice',
  choices: [],
  suggestion: '',
  problem: null,
  ...change,
});

const form = (...questions: readonly Question[]): Form => ({
  kind: 'form',
  title: 'Take a snapshot',
  questions,
});

test('a question that nobody answered names the answer to set and what can be chosen', () => {
  const choices = ['cp-1', 'cp-2'].map((value) => ({ value, label: value }));
  const error = formError(form(question({ choices })), 'etcd-snapshot');
  expect(error.message).toBe('etcd-snapshot needs node: Node.');
  expect(error.hint).toBe('Add --set node=cp-1 (one of cp-1, cp-2).');
});

test('what has to be said is asked for by name, although a dialog would suggest it', () => {
  const choices = ['v1.14.1', 'v1.13.9'].map((value) => ({ value, label: value }));
  const version = { name: 'version', label: 'Talos version', choices, suggestion: 'v1.13.9' };
  const error = formError(
    form(question({ suggestion: 'all' }), question({ ...version, isToBeSaid: true })),
    'upgrade-talos',
  );
  expect(error.message).toBe('upgrade-talos needs version: Talos version.');
  expect(error.hint).toBe('Add --set version=v1.13.9 (one of v1.14.1, v1.13.9).');
});

test('an answer that was not taken is named with the reason, before what is only missing', () => {
  const error = formError(
    form(question({ name: 'at', suggestion: 'now' }), question({ problem: 'cp-9 is unknown' })),
    'etcd-snapshot',
  );
  expect(error.message).toBe('node: cp-9 is unknown.');
});

test('a plan for people shows every command as it can be pasted into a shell', () => {
  const plan = aPlan({ gates: [aGate({ state: 'red', text: 'etcd lost a voter' })] });
  const text = planText(plan).join('\n');
  expect(text).toContain(plan.summary);
  expect(text).toMatch(/HOLDS: etcd lost a voter/);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

test('what only opens the work on a node is not told to disrupt it', () => {
  const world = new NodeWorld();
  const plan = rebootNode.plan(world.context({ node: 'w-4' }));
  if (plan.kind !== 'plan') throw new Error(plan.kind);
  const disruptive = planText(plan).filter((line) => line.endsWith('(disruptive)'));
  expect(disruptive).toEqual(['3. Drain w-4 (disruptive)', '4. Reboot w-4 (disruptive)']);
  const opening = plan.steps.find(({ id }) => id === 'mark-w-4');
  expect(opening).toMatchObject({ isDisruptive: true, isOpening: true });
  expect(JSON.stringify(planDocument(plan))).toMatch(/"id":"mark-w-4",[^{]*"disruptive":false/);
  expect(planScript(plan)).toContain('# Mark w-4 as cordoned by this run (check again before it)');
});

test('unknown gates hold a plan as red ones do, and the document says which', () => {
  const plan = aPlan({ gates: [aGate({ state: 'green' }), aGate({ state: 'unknown' })] });
  expect(gateRefusal(plan, [])).toMatchObject({ kind: 'refusal', gate: 'G-ETCD' });
  expect(planDocument(plan)).toMatchObject({
    schema: 1,
    gates: [{ state: 'green' }, { state: 'unknown' }],
  });
});

test.each<[ErrorKind, number]>([
  ['configuration', EXIT.usage],
  ['unreachable', EXIT.unreachable],
  ['timeout', EXIT.unreachable],
  ['cancelled', EXIT.cancelled],
  ['refused', EXIT.refused],
  ['forbidden', EXIT.failed],
  ['disk', EXIT.failed],
])('an error of kind %s ends with %d', (kind, code) => {
  expect(exitCodeOf(new ClientError(kind, 'x', 'y'))).toBe(code);
});

test('answers are name=value pairs that the action knows; a value may hold an equals sign', () => {
  const action = findAction('approve-csrs');
  expect(readAnswers(action, ['csr=a=b'])).toEqual({ csr: 'a=b' });
  expect(() => readAnswers(action, ['=a'])).toThrow(ConfigurationError);
  expect(() => readAnswers(action, ['crs=a'])).toThrow(/does not ask for crs/);
  expect(() => findAction('etcd-snapshto')).toThrow(/Unknown action etcd-snapshto/);
});

test('the journal tells what happens, quiet reads aside, and strips what would move the cursor', () => {
  const at = { atMs: 1 };
  expect(
    journalText({
      ...at,
      type: 'exit',
      step: 's',
      exitCode: 0,
      durationMs: 5,
      argv: [],
      effect: 'read',
    }),
  ).toBeNull();
  expect(journalText({ ...at, type: 'observed', step: 's', lastSeen: '\u001b[2Jbooting' })).toBe(
    '  waiting: booting',
  );
});

test('what failed, what to try and how it was left are told as sentences', () => {
  const text = journalText({
    type: 'failed',
    atMs: 0,
    step: null,
    error: 'no space left on device',
    hint: 'Free some space.',
    state: 'Nothing was changed.',
  });
  expect(text).toBe(
    'failed: no space left on device. Free some space. State: Nothing was changed.',
  );
});

test('only closing lines end a follower, each with its code', () => {
  const at = { atMs: 1 };
  expect(exitCodeOfLine({ ...at, type: 'succeeded', evidence: '' })).toBe(0);
  expect(exitCodeOfLine({ ...at, type: 'cancelled', state: '', hint: '' })).toBe(130);
  expect(
    exitCodeOfLine({ ...at, type: 'failed', step: null, error: '', hint: '', state: '' }),
  ).toBe(1);
  expect(exitCodeOfLine({ ...at, type: 'paused', reason: '', waitsFor: '' })).toBeNull();
});

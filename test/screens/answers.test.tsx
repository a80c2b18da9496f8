import { afterEach, expect, test } from 'vitest';
import type { Action, Answers, Plan, Question } from '../../src/actions/types.js';
import { NOTHING_WANTED } from '../../src/model/inspection.js';
import { aForm, aGate, anAction, aPlan, aQuestion, aStep } from '../support/plans.js';
import { frameProblems, KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { idleSnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

const DRAIN = aQuestion({
  name: 'drain',
  label: 'How pods leave',
  suggestion: 'evict',
  choices: [
    { value: 'evict', label: 'evict, with regard to budgets' },
    { value: 'disable-eviction', label: 'delete, in spite of budgets' },
  ],
});
const TIMEOUT = aQuestion({
  name: 'timeout',
  label: 'Longest time to drain',
  kind: 'text',
  choices: [],
  suggestion: '',
});
const NODES = aQuestion({ label: 'Which nodes', kind: 'choices', suggestion: 'all' });

interface Scene {
  readonly questions?: readonly Question[];
  readonly plan?: (answers: Answers) => ReturnType<Action['plan']>;
  readonly wants?: Action['wants'];
  readonly columns?: number;
  readonly rows?: number;
}

const planned = ({ drain = 'evict', ...rest }: Answers): Plan =>
  aPlan({
    answers: { drain, ...rest },
    steps: [aStep({ title: `Drain by ${drain}` })],
    gates: [
      drain === 'evict'
        ? aGate({ id: 'G-PDB', title: 'w-4 can be drained', state: 'red', override: 'confirm' })
        : aGate(),
    ],
  });

/** The dialog of an action that was opened by its letter, and hears again. */
async function openPlan({ questions = [NODES, DRAIN, TIMEOUT], plan, wants, ...size }: Scene = {}) {
  screen = await openScreen({
    snapshot: idleSnapshot(),
    actions: [anAction({ answerNames: ['drain', 'timeout'], ...(wants && { wants }) })],
    options: () => questions,
    plan: (_action, answers) => (plan ?? planned)(answers),
    ...size,
  });
  await screen.press('S');
  screen.clock.nowMs += 400;
}

test('what the plan never asked for is changed from it, and planned again', async () => {
  await openPlan();
  expect(screen.text().replace(/[\s│]+/g, ' ')).toContain('e changes the answers, Esc closes');
  expect(screen.lines().at(-1)).toContain('e change answers');
  await screen.press('e');
  expect(screen.text()).toContain('drain    evict, with regard to budgets  by default');
  expect(screen.text()).toContain('timeout  not set');
  await screen.press('j');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('How pods leave');
  await screen.press('j');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('› drain    delete, in spite of budgets');
  await screen.press('p');
  expect(screen.calls.planned.at(-1)?.answers).toEqual({ drain: 'disable-eviction' });
  expect(screen.text()).toContain('Drain by disable-eviction');
  expect(screen.text()).toContain('y start');
});

test('a plan with other answers hears no key that was meant for the list', async () => {
  await openPlan({ questions: [DRAIN] });
  await screen.press('e');
  await screen.press(KEY.enter);
  await screen.press('j');
  await screen.press(KEY.enter);
  await screen.press('p');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
  screen.clock.nowMs += 400;
  await screen.press('y');
  expect(screen.calls.started).toMatchObject([{ overrides: [] }]);
});

test('going back leaves the plan as it was, whatever was changed', async () => {
  await openPlan();
  await screen.press('e');
  await screen.press('j');
  await screen.press(KEY.enter);
  await screen.press('j');
  await screen.press(KEY.enter);
  await screen.press(KEY.escape);
  expect(screen.text()).toContain('Drain by evict');
  expect(screen.calls.planned.every(({ answers }) => answers.drain !== 'disable-eviction')).toBe(
    true,
  );
});

test('giving up one answer goes back to the list, with the others', async () => {
  await openPlan({ questions: [DRAIN, TIMEOUT] });
  await screen.press('e');
  await screen.press(KEY.enter);
  await screen.press('j');
  await screen.press(KEY.enter);
  await screen.press('j');
  await screen.press(KEY.enter);
  await screen.press('9');
  await screen.press(KEY.escape);
  expect(screen.text()).toContain('delete, in spite of budgets');
  expect(screen.text()).toContain('timeout  not set');
});

test('Backspace and an empty text go back to what holds when nothing is said', async () => {
  await openPlan({ questions: [DRAIN, TIMEOUT] });
  await screen.press('e');
  await screen.press(KEY.enter);
  await screen.press('j');
  await screen.press(KEY.enter);
  await screen.press(KEY.backspace);
  expect(screen.text()).toContain('evict, with regard to budgets  by default');
  await screen.press('j');
  await screen.press(KEY.enter);
  for (const key of '90s') await screen.press(key);
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('timeout  90s');
  await screen.press(KEY.enter);
  for (let count = 0; count < 3; count++) await screen.press(KEY.backspace);
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('timeout  not set');
});

test('a malformed answer is told in the list, at the answer that it names', async () => {
  await openPlan({
    plan: ({ timeout }) =>
      timeout === undefined
        ? aPlan()
        : {
            kind: 'refusal',
            reason: `${timeout} is no timeout.`,
            hint: 'Write it like 90s.',
            gate: null,
            isUsage: true,
          },
  });
  await screen.press('e');
  await screen.press(KEY.down);
  await screen.press(KEY.down);
  await screen.press(KEY.enter);
  for (const key of 'soon') await screen.press(key);
  await screen.press(KEY.enter);
  await screen.press(KEY.up);
  await screen.press('p');
  expect(screen.text()).toContain('▲ soon is no timeout. Write it like 90s.');
  expect(screen.text()).toContain('› timeout  soon');
});

test('answers can be changed where there is no plan because of them', async () => {
  await openPlan({
    questions: [DRAIN],
    wants: () => ({ ...NOTHING_WANTED, isKubeWanted: true }),
    plan: (answers) =>
      answers.drain === undefined
        ? { kind: 'refusal', reason: 'A budget forbids it.', hint: 'Set drain.', gate: 'G-PDB' }
        : planned({ ...answers, pinned: '{}' }),
  });
  expect(screen.text()).toContain('A budget forbids it.');
  expect(screen.text()).toContain('e change answers');
  await screen.press('e');
  await screen.press(KEY.enter);
  await screen.press('j');
  await screen.press(KEY.enter);
  await screen.press('p');
  await screen.settle();
  expect(screen.text()).toContain('Drain by disable-eviction');
});

test('all stands for every choice when it is opened', async () => {
  await openPlan();
  await screen.press('e');
  expect(screen.text()).toContain('node     all  by default');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('[x] cp-1 (leader)');
  expect(screen.text()).toContain('[x] cp-2');
});

test('where a name is typed e is a letter, and Ctrl-E changes the answers', async () => {
  await openPlan({ plan: () => aPlan({ level: 3 }) });
  await screen.press('e');
  expect(screen.text()).toContain('not home');
  expect(screen.text()).toContain('Ctrl-E change answers');
  await screen.press(KEY.ctrl('e'));
  expect(screen.text()).toContain('p plan with these');
});

test('an action without answers offers none to change', async () => {
  await openPlan({ questions: [] });
  expect(screen.text()).not.toContain('change answers');
  await screen.press('e');
  expect(screen.text()).toContain('Drain by evict');
});

test('a form that is asked at once is not followed by another one for what is optional', async () => {
  await openPlan({
    plan: ({ node }) => (node === undefined ? aForm(aQuestion()) : aPlan({ answers: { node } })),
  });
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('y start');
});

test.each([
  [80, 24],
  [120, 40],
])(
  'twelve answers fit into %i columns and %i rows, and the selected one is in view',
  async (columns, rows) => {
    const questions = Array.from({ length: 12 }, (_, at) =>
      aQuestion({ name: `answer${at}`, label: `Question ${at} `.repeat(9).trim() }),
    );
    await openPlan({ questions, columns, rows });
    await screen.press('e');
    for (let count = 0; count < 11; count++) await screen.press('j');
    expect(screen.text()).toContain('› answer11');
    expect(screen.text()).toContain('p plan with these');
    expect(frameProblems(screen.ansi(), columns, rows)).toEqual([]);
  },
);

import { afterEach, expect, test } from 'vitest';
import type { Action, Answers, Plan } from '../../src/actions/types.js';
import { ClientError } from '../../src/model/errors.js';
import { aForm, aGate, anAction, aPlan, aQuestion, aStep } from '../support/plans.js';
import { frameProblems, KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot, idleSnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

type Planner = (action: Action, answers: Answers) => ReturnType<Action['plan']>;

async function open(plan: Plan | Planner, options: { readonly isReadOnly?: boolean } = {}) {
  screen = await openScreen({
    snapshot: idleSnapshot(),
    actions: [anAction()],
    plan: typeof plan === 'function' ? plan : () => plan,
    ...options,
  });
  return screen;
}

/** The dialog is open, and the time in which it hears nothing is over. */
async function openDialog(plan: Plan | Planner): Promise<void> {
  await open(plan);
  await screen.press('S');
  screen.clock.nowMs += 400;
}

test('shows what will run, exactly, with its gates and how to undo it', async () => {
  await openDialog(aPlan());
  expect(screen.text()).toContain("talosctl --nodes 10.0.0.12 etcd snapshot 'a b.db'");
  expect(screen.text()).toContain('● green   etcd is healthy  3 of 3 healthy');
  expect(screen.text()).toContain('delete the file');
  expect(frameProblems(screen.ansi(), 80, 24)).toEqual([]);
});

test('y starts a plan of level 1 or 2 and shows its run at once', async () => {
  await openDialog(aPlan({ level: 2 }));
  await screen.press('y');
  expect(screen.calls.started).toMatchObject([{ overrides: [], plan: { level: 2 } }]);
  expect(screen.text()).toContain('› run');
});

test('Enter and the key that opened the dialog never confirm', async () => {
  await openDialog(aPlan());
  await screen.press(KEY.enter);
  await screen.press('S');
  await screen.press(' ');
  expect(screen.calls.started).toEqual([]);
  expect(screen.text()).toContain('y start');
});

test('hears nothing in the first 300 ms', async () => {
  await open(aPlan());
  await screen.press('S');
  screen.clock.nowMs += 299;
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
  screen.clock.nowMs += 1;
  await screen.press('y');
  expect(screen.calls.started).toHaveLength(1);
});

test('a burst of keys or a paste never confirms', async () => {
  await openDialog(aPlan());
  await screen.press('yy');
  await screen.paste('y');
  expect(screen.calls.started).toEqual([]);
});

test.each(['n', KEY.escape])('leaves without a trace with %j', async (key) => {
  await openDialog(aPlan());
  await screen.press(key);
  expect(screen.calls.started).toEqual([]);
  expect(screen.text()).not.toContain('y start');
});

test('levels 3 and 4 want the name, and then y', async () => {
  await openDialog(aPlan({ level: 3 }));
  await screen.press('y');
  await screen.press(KEY.backspace);
  for (const key of 'hom') await screen.press(key);
  await screen.press(KEY.enter);
  expect(screen.calls.started).toEqual([]);
  expect(screen.text()).toContain('Type home to confirm: hom');
  await screen.press('e');
  expect(screen.text()).toContain('y start');
  expect(screen.calls.started).toEqual([]);
  await screen.press('y');
  expect(screen.calls.started).toHaveLength(1);
});

test('a name typed wrong is called so while it is typed', async () => {
  await openDialog(aPlan({ level: 3 }));
  for (const key of 'ho') await screen.press(key);
  expect(screen.text()).not.toContain('not home');
  await screen.press('x');
  expect(screen.text()).toContain('✖ not home');
  await screen.press(KEY.backspace);
  expect(screen.text()).not.toContain('not home');
});

test('title and id of a red gate are whole also where two columns share the screen', async () => {
  const title = 'The Kubernetes nodes are well, ready and schedulable';
  screen = await openScreen({
    snapshot: idleSnapshot(),
    actions: [anAction()],
    plan: () => aPlan({ gates: [aGate({ title, state: 'red', override: 'type' })] }),
    columns: 120,
    rows: 40,
  });
  await screen.press('S');
  const left = screen
    .lines()
    .map((each) => each.slice(0, 55))
    .join(' ')
    .replace(/[\s│]+/g, ' ');
  expect(left).toContain('well, ready');
  expect(left).toContain('and schedulable');
  expect(left).toContain('G-ETCD');
  expect(screen.text()).toContain(`"${title}" is not green`);
});

test.each([
  [80, 24],
  [120, 40],
])('the evidence of a green gate is whole on %d×%d', async (columns, rows) => {
  const text =
    'every one of the nodes that take part answers, and nothing that runs on them is away now';
  screen = await openScreen({
    snapshot: idleSnapshot(),
    actions: [anAction()],
    columns,
    rows,
    plan: () =>
      aPlan({
        gates: [
          {
            ...aPlan().gates[0],
            id: 'G',
            title: 'All of them are well',
            state: 'green',
            text,
            remedy: '',
            override: 'no',
          },
        ],
      }),
  });
  await screen.press('S');
  await screen.press('G');
  const shown = screen.text().replace(/[\s│]+/g, ' ');
  expect(shown).toContain('is away now');
  expect(shown).not.toContain('…');
});

test('what blocks is told in sentences', async () => {
  const gate = aGate({ state: 'red', text: 'no route to host', remedy: 'Look at the node.' });
  await openDialog(aPlan({ gates: [gate] }));
  await screen.press('y');
  expect(screen.text().replace(/\s+/g, ' ')).toContain('no route to host. Look at the node.');
});

test('letters of a name are typed, also those that scroll elsewhere', async () => {
  await openDialog(aPlan({ level: 4, confirmName: 'gjk-y' }));
  for (const key of 'gjk-y') await screen.press(key);
  expect(screen.calls.started).toEqual([]);
  await screen.press('y');
  expect(screen.calls.started).toHaveLength(1);
});

test('a pasted name does not count as typed', async () => {
  await openDialog(aPlan({ level: 4, confirmName: 'talos-prod' }));
  await screen.paste('talos-prod');
  await screen.press('talos-prod');
  expect(screen.text()).toContain('pasted text is ignored');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
});

test('a red gate that nobody may override blocks, and says what to do', async () => {
  await openDialog(aPlan({ gates: [aGate({ state: 'red', text: '1 of 3 healthy' })] }));
  expect(screen.text()).toContain('✖ red     etcd is healthy  G-ETCD  blocks this action');
  expect(screen.text()).toContain('Repair the member first.');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
});

test('an unknown gate counts as red', async () => {
  await openDialog(aPlan({ gates: [aGate({ state: 'unknown', text: 'not read yet' })] }));
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
  expect(screen.text()).toContain('? unknown etcd is healthy  G-ETCD  blocks this action');
});

test('a gate that may be overridden wants its own key first, and the run learns of it', async () => {
  await openDialog(aPlan({ gates: [aGate({ state: 'red', override: 'confirm' })] }));
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
  await screen.press('o');
  expect(screen.text()).toContain('overridden');
  await screen.press('y');
  expect(screen.calls.started).toMatchObject([{ overrides: ['G-ETCD'] }]);
});

test('scrolls a long plan and keeps the question in view', async () => {
  const steps = Array.from({ length: 30 }, (_, index) =>
    aStep({ id: `s${index}`, title: `Step number ${index}` }),
  );
  await openDialog(aPlan({ steps }));
  expect(screen.text()).toContain('y start');
  expect(screen.text()).not.toContain('Step number 29');
  await screen.press('G');
  expect(screen.text()).toContain('Step number 29');
  expect(screen.text()).toContain('y start');
});

test('while another run changes the cluster its plan says so, and starts nothing', async () => {
  screen = await openScreen({
    snapshot: busySnapshot(),
    actions: [anAction()],
    plan: () => aPlan(),
  });
  await screen.press('S');
  screen.clock.nowMs += 400;
  await screen.press('y');
  const text = screen.text().replace(/[\s│]+/g, ' ');
  expect(text).toContain(
    'root is changing home already: Take an etcd snapshot from cp-2 (running).',
  );
  expect(screen.calls.started).toEqual([]);

  await screen.show(idleSnapshot());
  await screen.press('y');
  expect(screen.calls.started).toHaveLength(1);
});

test('says why a run could not be started', async () => {
  screen = await openScreen({
    snapshot: idleSnapshot(),
    actions: [anAction()],
    plan: () => aPlan(),
    startRun: () =>
      Promise.reject(new ClientError('disk', 'No space left on device', 'Free some space.')),
  });
  await screen.press('S');
  screen.clock.nowMs += 400;
  await screen.press('y');
  expect(screen.text()).toContain('✖ No space left on device. Free some space.');
});

test('a refusal is a sentence, and its key is dim', async () => {
  const refusal = {
    kind: 'refusal',
    reason: 'No etcd member is healthy.',
    hint: 'Repair etcd first.',
    gate: 'G-ETCD',
  } as const;
  await open(() => refusal);
  await screen.press('S');
  expect(screen.text()).toContain('▲ No etcd member is healthy. Repair etcd first.');
  await screen.press('x');
  expect(screen.text()).toMatch(/Take an etcd snapshot +not now: No etcd member is healthy/);
});

test('the menu gives the action what is selected, the letter does not', async () => {
  await open((_action, answers) => aPlan({ answers }));
  await screen.press('S');
  await screen.press(KEY.escape);
  await screen.press(`jx${KEY.enter}`);
  const answers = screen.calls.planned.map((each) => each.answers);
  expect(answers[0]).toEqual({});
  expect(answers.at(-1)).toEqual({ node: 'cp-2' });
});

test('asks what an action needs to know, then plans again with the answers', async () => {
  const planner: Planner = (_action, answers) =>
    answers.node === undefined
      ? aForm(
          aQuestion(),
          aQuestion({ name: 'file', label: 'Where to?', kind: 'path', suggestion: '/var' }),
        )
      : aPlan({ answers });
  await open(planner);
  await screen.press('S');
  expect(screen.text()).toContain('From which member?');
  expect(screen.text()).toContain('› cp-2');
  await screen.press(KEY.up + KEY.enter);
  expect(screen.text()).toContain('question 2 of 2');
  expect(screen.text()).toContain('From which member: cp-1 (leader)');
  await screen.paste('/backup\n');
  await screen.press(KEY.enter);
  expect(screen.calls.planned.at(-1)?.answers).toEqual({ node: 'cp-1', file: '/var/backup' });
  expect(screen.text()).toContain('y start');
});

test('takes several choices, in the order of the list', async () => {
  const planner: Planner = (_action, answers) =>
    answers.node === undefined
      ? aForm(aQuestion({ kind: 'choices', suggestion: '' }))
      : aPlan({ answers });
  await open(planner);
  await screen.press('S');
  await screen.press(`${KEY.down} ${KEY.up} `);
  expect(screen.text()).toContain('[x] cp-2');
  await screen.press(KEY.enter);
  expect(screen.calls.planned.at(-1)?.answers).toEqual({ node: 'cp-1,cp-2' });
});

test('says why an answer was not taken', async () => {
  const planner: Planner = () => aForm(aQuestion({ problem: 'cp-1 is not healthy.' }));
  await open(planner);
  await screen.press('S');
  expect(screen.text()).toContain('▲ cp-1 is not healthy.');
  await screen.press(KEY.escape);
  expect(screen.text()).not.toContain('From which member?');
});

test('in read-only mode nothing that changes anything exists', async () => {
  await open(aPlan(), { isReadOnly: true });
  await screen.press('S');
  expect(screen.calls.planned).toEqual([]);
  await screen.press('x');
  expect(screen.text()).toContain('Read-only');
  expect(screen.text()).not.toContain('Take an etcd snapshot  ');
});

const newSnapshot = (): Promise<void> => screen.show(idleSnapshot());

test('a gate that was not read yet turns green in the open dialog, and y starts then', async () => {
  let gate = aGate({ state: 'unknown', text: 'not looked at yet' });
  await openDialog(() => aPlan({ gates: [gate] }));
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);

  gate = aGate();
  await newSnapshot();
  expect(screen.text()).toContain('y start');
  await screen.press('y');
  expect(screen.calls.started).toMatchObject([{ plan: { gates: [{ state: 'green' }] } }]);
});

test('a gate that turns red while the dialog is open stops the start', async () => {
  let gate = aGate();
  await openDialog(() => aPlan({ gates: [gate] }));
  gate = aGate({ state: 'red', text: '1 of 3 healthy' });
  await newSnapshot();
  expect(screen.text()).not.toContain('y start');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
});

test('what has changed since it was planned is never started', async () => {
  let target = 'cp-2';
  await openDialog(() =>
    aPlan({ gates: [aGate({ state: 'unknown' })], steps: [aStep({ target })] }),
  );
  target = 'cp-3';
  await newSnapshot();
  expect(screen.text()).toContain('The plan still holds');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
});

test('the title of a step is whole also where it does not fit beside its time', async () => {
  const title = 'Wait until the cluster has settled after the very long name of a node';
  await openDialog(aPlan({ steps: [aStep({ title })] }));
  await screen.press('G');
  expect(screen.text()).toContain('the very long name of');
  expect(screen.text()).toContain('a node on cp-2');
});

test('what was selected in the list is marked where the form asks for it again', async () => {
  const planner: Planner = (_action, answers) =>
    answers.file === undefined
      ? aForm(
          aQuestion({ kind: 'choices', suggestion: '' }),
          aQuestion({ name: 'file', kind: 'path' }),
        )
      : aPlan({ answers });
  await open(planner);
  await screen.press('j');
  await screen.press('x');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('[x] cp-2');
  expect(screen.text()).toContain('[ ] cp-1');
});

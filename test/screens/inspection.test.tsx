import { afterEach, expect, test } from 'vitest';
import type { Action } from '../../src/actions/types.js';
import { asIpAddress } from '../../src/model/ids.js';
import type { InspectionWants } from '../../src/model/inspection.js';
import { aForm, aGate, anAction, aPlan, aQuestion, aStep } from '../support/plans.js';
import type { WiringOptions } from '../support/recorded-wiring.js';
import { KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { idleSnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

const WANTS: InspectionWants = {
  nodes: [asIpAddress('10.0.0.11'), asIpAddress('10.0.0.12')],
  vms: [],
  storages: [],
  isKubeWanted: true,
  images: [],
  factoryVersion: null,
};

/** What the plan found out is kept in its answers. */
const PINNED = { pinned: '{}' };

const curious = (overrides: Partial<Action> = {}): Action =>
  anAction({ wants: () => WANTS, ...overrides });

/** Readings that end when the test says so. */
function readings() {
  const ends: (() => void)[] = [];
  return {
    inspect: () => new Promise<void>((end) => void ends.push(end)),
    count: () => ends.length,
    async end(): Promise<void> {
      ends.at(-1)?.();
      await screen.settle();
    },
  };
}

async function open(options: Omit<WiringOptions, 'snapshot'>): Promise<void> {
  screen = await openScreen({ snapshot: idleSnapshot(), actions: [curious()], ...options });
  await screen.press('S');
}

test('shows at once what it reads, and starts nothing before it has read it', async () => {
  const reading = readings();
  let gate = aGate({ state: 'unknown', text: 'not inspected' });
  await open({ inspect: reading.inspect, plan: () => aPlan({ answers: PINNED, gates: [gate] }) });
  expect(screen.text()).toContain('Reading 2 nodes and Kubernetes');
  expect(screen.text()).toContain('◌ reading etcd is healthy');
  expect(screen.calls.inspected).toEqual([WANTS]);
  screen.clock.nowMs += 1_000;
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);

  gate = aGate();
  await reading.end();
  expect(screen.text()).toContain('● green   etcd is healthy');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
  screen.clock.nowMs += 300;
  await screen.press('y');
  expect(screen.calls.started).toHaveLength(1);
});

test('the plan that is confirmed is the one made on what was read', async () => {
  const reading = readings();
  let bootId = 'unknown';
  await open({
    inspect: reading.inspect,
    plan: (_action, answers) => {
      const pinned = answers.pinned ?? bootId;
      return aPlan({
        answers: pinned === 'unknown' ? {} : { pinned },
        steps: [aStep({ title: `Reboot from ${pinned}` })],
      });
    },
  });
  expect(screen.text()).toContain('Reboot from unknown');
  await reading.end();
  expect(screen.text()).toContain('The plan lacks what is unknown above');
  bootId = 'first';
  await screen.show(idleSnapshot());
  expect(screen.text()).toContain('Reboot from first');
  bootId = 'second';
  await screen.show(idleSnapshot());
  expect(screen.text()).toContain('Reboot from first');
  screen.clock.nowMs += 400;
  await screen.press('y');
  expect(screen.calls.started).toMatchObject([{ plan: { answers: { pinned: 'first' } } }]);
});

test('a refusal waits for what is being read, and gives way when its reason is gone', async () => {
  const reading = readings();
  let isPlannable = false;
  await open({
    inspect: reading.inspect,
    plan: () =>
      isPlannable
        ? aPlan({ answers: PINNED })
        : { kind: 'refusal', reason: 'w-4 is down.', hint: 'Start it.', gate: 'G-MACH' },
  });
  expect(screen.text()).not.toContain('w-4 is down.');
  await reading.end();
  expect(screen.text()).toContain('This cannot be done now: G-MACH');
  expect(screen.text()).toContain('w-4 is down.');
  isPlannable = true;
  await screen.show(idleSnapshot());
  expect(screen.text()).toContain('y start');
});

test('never reads twice at once, and stops when the dialog closes', async () => {
  const reading = readings();
  await open({ inspect: reading.inspect, plan: () => aPlan({ answers: PINNED }) });
  await screen.show(idleSnapshot());
  await screen.show(idleSnapshot());
  expect(reading.count()).toBe(1);
  await screen.press(KEY.escape);
  await reading.end();
  await new Promise((done) => setTimeout(done, 3_200));
  expect(reading.count()).toBe(1);
});

test('goes on reading while the plan is looked at', async () => {
  await open({ plan: () => aPlan({ answers: PINNED }) });
  expect(screen.calls.inspected).toHaveLength(1);
  const giveUpMs = performance.now() + 15_000;
  while (screen.calls.inspected.length < 2 && performance.now() < giveUpMs) {
    await new Promise((done) => setTimeout(done, 100));
  }
  expect(screen.calls.inspected.length).toBeGreaterThan(1);
});

test('what was read too long ago confirms nothing', async () => {
  let hasRead = false;
  await open({
    plan: () => aPlan({ answers: PINNED }),
    inspect: () => (hasRead ? new Promise<void>(() => undefined) : Promise.resolve()),
  });
  hasRead = true;
  expect(screen.text()).toContain('y start');
  screen.clock.nowMs += 30_000;
  await screen.show(idleSnapshot());
  expect(screen.text()).toContain('The last reading of 2 nodes and Kubernetes is old');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
});

test('a form is told anew by what is read, and keeps what was marked', async () => {
  const reading = readings();
  let remark = 'not read yet';
  await open({
    inspect: reading.inspect,
    plan: () =>
      aForm(
        aQuestion({
          kind: 'choices',
          suggestion: '',
          choices: [
            { value: 'cp-1', label: `cp-1  ${remark}` },
            { value: 'cp-2', label: 'cp-2' },
          ],
        }),
      ),
  });
  await screen.press(' ');
  remark = 'v1.12.6, leader';
  await reading.end();
  expect(screen.text()).toContain('[x] cp-1  v1.12.6, leader');
  expect(screen.text()).not.toContain('Reading 2 nodes');
});

test('a gate that turns red after the name was typed asks for it again', async () => {
  let gate = aGate({ override: 'type' });
  await open({ actions: [anAction()], plan: () => aPlan({ level: 3, gates: [gate] }) });
  screen.clock.nowMs += 400;
  for (const key of 'home') await screen.press(key);
  expect(screen.text()).toContain('y start');
  gate = aGate({ override: 'type', state: 'red', text: '2 of 3 healthy' });
  await screen.show(idleSnapshot());
  expect(screen.text()).toContain('typing the name accepts that');
  expect(screen.text()).not.toContain('overridden');
  await screen.press('y');
  expect(screen.calls.started).toEqual([]);
});

const refusal = (isUsage: boolean) =>
  ({
    kind: 'refusal',
    reason: 'abc is no size.',
    hint: 'Set size to 40.',
    gate: null,
    isUsage,
  }) as const;

test('a malformed answer is told at its question, with what was typed still there', async () => {
  await open({
    plan: (_action, { size }) =>
      size === undefined
        ? aForm(aQuestion({ name: 'size', label: 'How large?', kind: 'text', suggestion: '' }))
        : refusal(true),
  });
  for (const key of 'abc') await screen.press(key);
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('How large?');
  expect(screen.text()).toContain('› abc');
  expect(screen.text()).toContain('▲ abc is no size. Set size to 40.');
});

test('an answer that the cluster refuses can be changed', async () => {
  await open({
    plan: (_action, { size }) =>
      size === undefined
        ? aForm(aQuestion({ name: 'size', label: 'How large?', kind: 'number', suggestion: '' }))
        : refusal(false),
  });
  await screen.press('x');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('Type a number');
  await screen.press(KEY.backspace);
  await screen.press('5');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('This cannot be done now');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('› 5');
});

test('what no inspection can change dims the action at once; anything else is told after reading', async () => {
  const gates = { gate: 'G-OWN' };
  await open({
    plan: () => ({
      kind: 'refusal',
      reason: 'w-4 is not proven.',
      hint: 'Look at it.',
      gate: gates.gate,
    }),
  });
  expect(screen.text()).toContain('▲ w-4 is not proven. Look at it.');
  expect(screen.calls.inspected).toEqual([]);
  gates.gate = 'G-MACH';
  await screen.show(idleSnapshot());
  await screen.press('S');
  expect(screen.text()).toContain('This cannot be done now: G-MACH');
});

test('a plan that wants less once it has pinned its choices is not held up again', async () => {
  const reading = readings();
  const [first] = WANTS.nodes;
  await open({
    actions: [
      curious({
        wants: (_snapshot, { pinned }) =>
          pinned === undefined || first === undefined ? WANTS : { ...WANTS, nodes: [first] },
      }),
    ],
    inspect: reading.inspect,
    plan: () => aPlan({ answers: PINNED }),
  });
  expect(screen.text()).toContain('Reading 2 nodes');
  await reading.end();
  expect(screen.text()).toContain('y start');
  expect(reading.count()).toBe(2);
});

import { afterEach, expect, test } from 'vitest';
import { aCluster, aWorld, fresh, worldSnapshot } from '../support/builders.js';
import { keepSchedulerBusy } from '../support/busy-scheduler.js';
import { eventually } from '../support/patience.js';
import { anAction, aPlan } from '../support/plans.js';
import { aRun } from '../support/run-summaries.js';
import { frameProblems, KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

const open = async (rows = 24): Promise<OpenScreen> => {
  screen = await openScreen({ snapshot: busySnapshot(), rows });
  return screen;
};

/** Name in the row with the cursor. */
const cursor = (): string | undefined =>
  screen
    .lines()
    .find((line) => line.startsWith('›'))
    ?.slice(2)
    .trim()
    .split(/\s+/)[0];

test('moves with j, k, arrows, g and G', async () => {
  await open();
  expect(cursor()).toBe('cp-1');
  await screen.press('j');
  expect(cursor()).toBe('cp-2');
  await screen.press(KEY.down);
  expect(cursor()).toBe('cp-3');
  await screen.press('k');
  await screen.press(KEY.up);
  expect(cursor()).toBe('cp-1');
  await screen.press('G');
  expect(cursor()).toBe('w-5');
  await screen.press('g');
  expect(cursor()).toBe('cp-1');
});

test('loses no key when several arrive in one read', async () => {
  await open();
  await screen.press('jjj');
  expect(cursor()).toBe('w-4');
  await screen.press(`2j${KEY.enter}`);
  expect(screen.text()).toContain('● cp-2  control-plane');
});

test('loses no key of a burst when the screen is drawn late', async () => {
  await open();
  keepSchedulerBusy(20);
  await screen.press(':proxm');
  await screen.untilDrawn();
  expect(screen.text()).toContain('› proxm');
});

test('loses no key of two reads when the screen is drawn late', async () => {
  await open();
  await screen.press(':');
  keepSchedulerBusy(20);
  screen.type('pro');
  await new Promise((done) => setImmediate(done));
  screen.type('xm');
  await screen.untilDrawn();
  expect(screen.text()).toContain('› proxm');
});

test('goes through the screens by number, Tab and Shift-Tab', async () => {
  await open();
  await screen.press('6');
  expect(screen.text()).toContain('Hosts and storage');
  await screen.press(KEY.tab);
  expect(screen.text()).toContain('Command log');
  await screen.press(KEY.tab);
  expect(screen.text()).toContain('── Cluster');
  await screen.press(KEY.shiftTab);
  expect(screen.text()).toContain('Command log');
});

test('Enter opens, Esc comes back, and neither changes anything', async () => {
  await open();
  await screen.press(`j${KEY.enter}`);
  expect(screen.text()).toContain('› cp-2');
  await screen.press(KEY.escape);
  expect(cursor()).toBe('cp-2');
  expect(screen.calls).toMatchObject({ planned: [], started: [], quit: [] });
});

test('q goes back one level and quits at the top; Ctrl-C quits', async () => {
  await open();
  await screen.press(KEY.enter);
  await screen.press('q');
  expect(screen.calls.quit).toHaveLength(0);
  await screen.press('q');
  expect(screen.calls.quit).toHaveLength(1);
  await screen.press(KEY.ctrl('c'));
  expect(screen.calls.quit).toHaveLength(2);
});

test('Ctrl-C closes a dialog before it quits', async () => {
  await open();
  await screen.press('?');
  expect(screen.text()).toContain('Keys of this view');
  await screen.press(KEY.ctrl('c'));
  expect(screen.text()).not.toContain('Keys of this view');
  expect(screen.calls.quit).toHaveLength(0);
});

test('filters while typing, keeps the filter with Enter and clears it with Esc', async () => {
  await open();
  await screen.press('/w-');
  expect(screen.text()).toContain('2 of 5 shown');
  expect(cursor()).toBe('w-4');
  await screen.press(KEY.enter);
  await screen.press('j');
  expect(cursor()).toBe('w-5');
  await screen.press(KEY.escape);
  expect(screen.text()).not.toContain('shown');
  expect(cursor()).toBe('w-5');
});

test('letters are text while a filter is typed, not commands', async () => {
  await open();
  await screen.press('/qqq');
  expect(screen.calls.quit).toHaveLength(0);
  expect(screen.text()).toContain('Nothing matches "qqq"');
  await screen.press(KEY.backspace + KEY.backspace + KEY.backspace);
  expect(cursor()).toBe('cp-1');
});

test('sorts by the next column and shows it in the header', async () => {
  await open();
  await screen.press('s');
  expect(screen.text()).toContain('NAME↑');
  await screen.press('s');
  expect(screen.text()).toContain('NAME↓');
  expect(screen.lines()[3]).toContain('w-5');
});

test('marks rows with Space and counts them', async () => {
  await open();
  await screen.press('  ');
  expect(screen.text()).toContain('2 marked');
  expect(screen.lines()[3]).toMatch(/^ \*cp-1/);
});

test('a pasted text never triggers commands', async () => {
  await open();
  await screen.paste('q\rS\r:q\r');
  expect(screen.calls).toMatchObject({ quit: [], planned: [], started: [] });
  expect(screen.text()).toContain('Pasted text is ignored here');
});

test('a pasted text goes into the filter that is being typed', async () => {
  await open();
  await screen.press('/');
  await screen.paste('cp-3\n');
  expect(cursor()).toBe('cp-3');
});

test('the cursor stays on its machine when rows appear above it', async () => {
  await open();
  await screen.press('jjj');
  expect(cursor()).toBe('w-4');
  await screen.show(worldSnapshot(aWorld(3, 4)));
  expect(cursor()).toBe('w-4');
});

test('remembers cursor and filter of a screen that was left', async () => {
  await open();
  await screen.press('/cp');
  await screen.press(KEY.enter);
  await screen.press('j2');
  await screen.press('1');
  expect(cursor()).toBe('cp-2');
  expect(screen.text()).toContain('/cp');
});

test('the footer names the keys of the view, and help lists all of them', async () => {
  await open();
  expect(screen.lines().at(-1)).toMatch(/Enter open.*\/ filter.*x menu.*\? help {2}q quit/);
  await screen.press('?');
  expect(screen.text()).toContain('Next row');
  await screen.press('G');
  expect(screen.text()).toContain('Ctrl-C');
  await screen.press('q');
  expect(screen.text()).not.toContain('Keys of this view');
});

test('the palette finds screens and nodes by a few letters', async () => {
  await open();
  await screen.press(':');
  await screen.press('prox');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('Hosts and storage');
  await screen.press(`:w5${KEY.enter}`);
  expect(screen.text()).toContain('● w-5  worker');
});

test('describes, shows as YAML and copies what is selected', async () => {
  await open();
  await screen.press('d');
  expect(screen.text()).toMatch(/Joined by\s+● mac/);
  await screen.press(KEY.escape);
  await screen.press('y');
  await eventually(() => expect(screen.text()).toContain('name: cp-1'));
  await screen.press(KEY.escape);
  await screen.press('c');
  expect(screen.calls.copied).toEqual(['10.0.0.11']);
});

test('r reads everything again, @ shows the command log', async () => {
  await open();
  await screen.press('r');
  expect(screen.calls.refreshed).toHaveLength(1);
  await screen.press('@');
  expect(screen.text()).toContain("talosctl --nodes 10.0.0.12 etcd snapshot 'a b.db'".slice(0, 30));
});

test('tells the sources what is looked at', async () => {
  await open();
  await screen.press('2');
  expect(screen.calls.focus.at(-1)).toEqual({ screen: 'etcd', node: null });
  await screen.press(KEY.enter);
  expect(screen.calls.focus.at(-1)).toEqual({ screen: 'node', node: '10.0.0.11' });
});

test('tells the sources of every key and every paste: somebody is there', async () => {
  await open();
  await screen.press('j');
  await screen.press('x');
  await screen.paste('text');
  expect(screen.calls.heardKeys).toHaveLength(3);
});

test('redraws in the new size, and says so below the smallest one', async () => {
  await open();
  await screen.resize(120, 40);
  expect(frameProblems(screen.ansi(), 120, 40)).toEqual([]);
  expect(screen.text()).toContain('ADDRESS');
  await screen.resize(60, 20);
  expect(frameProblems(screen.ansi(), 60, 20)).toEqual([]);
  expect(screen.text()).toContain('Terminal too small');
  expect(screen.text()).toContain('60×20');
  await screen.resize(80, 24);
  expect(screen.text()).toContain('KUBERNETES');
});

test('marks production and read-only where nobody can miss it', async () => {
  screen = await openScreen({
    snapshot: busySnapshot({ cluster: aCluster({ isProduction: true }) }),
    isReadOnly: true,
  });
  expect(screen.lines()[0]).toMatch(/PROD.*read-only/);
});

/** Of the processor: what else the machine does is not counted. */
const pressMs = async (machines: number): Promise<number> => {
  screen = await openScreen({
    snapshot: worldSnapshot(aWorld(3, machines - 3)),
    columns: 120,
    rows: 40,
  });
  await screen.press('G');
  expect(cursor()).toBe(`w-${machines}`);
  expect(frameProblems(screen.ansi(), 120, 40)).toEqual([]);
  const times: number[] = [];
  for (let press = 0; press < 15; press++) {
    const before = process.cpuUsage();
    await screen.press('k');
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  screen.close();
  return times.toSorted((a, b) => a - b)[7] ?? Number.NaN;
};

test('a key costs about the same with a thousand machines as with forty', async () => {
  const few = await pressMs(40);
  const many = await pressMs(1000);
  // Without windowing the difference is tenfold (ink.md §3.2).
  expect(many).toBeLessThan(3 * few + 10);
});

test('marked machines are meant by the letter, the menu and the palette; without marks the letter asks', async () => {
  screen = await openScreen({
    snapshot: busySnapshot(),
    actions: [anAction({ answerNames: ['node'] })],
    plan: (_action, answers) => aPlan({ answers }),
  });
  await screen.press('S');
  expect(screen.calls.planned.at(-1)?.answers).toEqual({});
  await screen.press(KEY.escape);
  await screen.press('j jj S');
  expect(screen.calls.planned.at(-1)?.answers).toEqual({ node: 'cp-2,w-5' });
  await screen.press(KEY.escape);
  await screen.press(`x${KEY.enter}`);
  expect(screen.calls.planned.at(-1)?.answers).toEqual({ node: 'cp-2,w-5' });
  await screen.press(KEY.escape);
  await screen.press(`:snapshot${KEY.enter}`);
  expect(screen.calls.planned.at(-1)?.answers).toEqual({ node: 'cp-2,w-5' });
});

const MACHINES = ['cp-1', 'cp-2', 'cp-3', 'w-4', 'w-5'];

test.each([
  ['letter', 'S'],
  ['palette', `:snapshot${KEY.enter}`],
])(
  'an action that asks for a machine begins with the one under the cursor: by %s',
  async (_, keys) => {
    screen = await openScreen({
      snapshot: busySnapshot(),
      actions: [anAction({ answerNames: ['node'] })],
      plan: (_action, answers) =>
        answers.node === undefined
          ? {
              kind: 'form',
              title: 'Which machines?',
              questions: [
                {
                  name: 'node',
                  label: 'Machines',
                  kind: 'choices',
                  choices: MACHINES.map((value) => ({ value, label: value })),
                  suggestion: '',
                  problem: null,
                },
              ],
            }
          : aPlan({ answers }),
    });
    await screen.press('jj');
    await screen.press(keys);

    expect(screen.text()).toContain('› [ ] cp-3');
    expect(screen.text()).toContain('[ ] cp-1');
    await screen.press('G');
    expect(screen.text()).toContain('› [ ] w-5');
    await screen.press('g');
    expect(screen.text()).toContain('› [ ] cp-1');
    await screen.press(`jj${KEY.enter}`);
    expect(screen.calls.planned.at(-1)?.answers).toEqual({ node: 'cp-3' });
  },
);

test('help cuts off neither keys nor what they do, nor why one does nothing now', async () => {
  screen = await openScreen({ snapshot: busySnapshot({ runs: fresh([aRun()]) }), rows: 60 });
  await screen.press('9');
  await screen.press(KEY.enter);
  await screen.press('?');
  const text = screen.text().replace(/[\s│]+/g, ' ');
  expect(text).toContain('Pause the run once the node at hand is done.');
  expect(text).toContain('Not now: Only a run that is going on can be paused.');
  expect(text).not.toContain('…');
});

test('a key that does nothing now stands in brackets, and gives way to those that do', async () => {
  screen = await openScreen({ snapshot: busySnapshot({ runs: fresh([aRun()]) }), columns: 120 });
  await screen.press('9');
  await screen.press(KEY.enter);
  const footer = screen.lines().at(-1) ?? '';
  expect(footer).toContain('(p pause)');
  expect(footer).not.toContain('(l log)');
  await screen.resize(80, 24);
  const narrow = screen.lines().at(-1) ?? '';
  expect(narrow).toContain('d describe');
  expect(narrow).not.toContain('(C cancel run)');
});

test('keys that scroll are named while there is more to see, and only then', async () => {
  await open();
  await screen.press('d');
  expect(screen.lines().at(-1)).toContain('↓ more');
  await screen.resize(120, 100);
  expect(screen.lines().at(-1)).not.toContain('more');
});

test('a terminal that is too small for a moment loses nothing, and hears nothing meanwhile', async () => {
  await open();
  await screen.press('/');
  await screen.press('w-');
  await screen.resize(60, 15);
  expect(screen.text()).toContain('Terminal too small');
  expect(screen.text()).not.toContain('w-4');
  await screen.press('5');
  await screen.press(KEY.escape);
  await screen.resize(80, 24);
  expect(screen.text()).toContain('/w-█');
  await screen.resize(60, 15);
  await screen.press('q');
  expect(screen.calls.quit).toHaveLength(1);
});

test('the cursor of a menu begins on what can be chosen, and the rest is called impossible in words', async () => {
  screen = await openScreen({
    snapshot: busySnapshot(),
    actions: [anAction(), anAction({ id: 'cordon', key: null, title: 'Cordon nodes' })],
    plan: ({ id }) =>
      id === 'cordon'
        ? aPlan()
        : { kind: 'refusal', reason: 'No quorum.', hint: 'Wait.', gate: 'G-OWN' },
  });
  await screen.press('x');
  expect(screen.text()).toContain('Take an etcd snapshot  not now: No quorum.');
  expect(screen.text()).toMatch(/› Cordon nodes/);
});

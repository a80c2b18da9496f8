import { expect, test } from 'vitest';
import { type Ending, leftStates, type NamedStep, type Reach } from '../../src/runs/named-state.js';

const step = (id: string, stateWhenStopped = '', group: string | null = 'cp-1'): NamedStep => ({
  id,
  title: `Do ${id}`,
  target: group ?? 'cp-1',
  group,
  stateWhenStopped,
});

const UPGRADE: readonly NamedStep[] = [
  step('cordon', 'cordoned'),
  step('write', 'armed'),
  step('drain', 'cordoned and partly drained'),
  step('reboot', 'rebooting'),
  step('uncordon'),
  step('settle', 'done, settling'),
];

/** `proven` steps from the first on, then one that was begun. */
function left(
  proven: number,
  begun: boolean,
  isCordoned: boolean | null = null,
  steps = UPGRADE,
  markOn: Ending['markOn'] = () => undefined,
) {
  const reachOf = (id: string): Reach => {
    const index = steps.findIndex((each) => each.id === id);
    if (index < proven) return 'proven';
    return begun && index === proven ? 'begun' : 'untouched';
  };
  return leftStates({ steps, reachOf, isCordoned: () => isCordoned, markOn }).join(' ');
}

const UNCORDON = 'It takes no new pods: resume the run to finish it, or `kubectl uncordon cp-1`.';
const ARMED =
  'The next boot, whoever causes it, starts the new version. Resume the run to go on, or take it back with `talos-tui run disarm-node --set node=cp-1`.';

test('a run that touched nothing, or finished its nodes, leaves nothing to be named', () => {
  expect(left(0, false)).toBe('');
  expect(left(UPGRADE.length, false)).toBe('');
});

test('a node is named with the state that the stopped step and those before it left it in', () => {
  expect(left(1, false)).toBe(`cp-1: cordoned. ${UNCORDON}`);
  expect(left(1, true)).toBe(`cp-1: armed, cordoned. ${ARMED} ${UNCORDON}`);
  expect(left(2, true)).toBe(`cp-1: cordoned and partly drained, armed. ${ARMED} ${UNCORDON}`);
  expect(left(3, false)).toBe(`cp-1: armed, cordoned. ${ARMED} ${UNCORDON}`);
  expect(left(3, true)).toContain('cp-1: rebooting, armed, cordoned. It comes back by');
  // Too late to take anything back.
  expect(left(3, true)).not.toContain('disarm-node');
});

test('a proven boot is over, and with it what waited for it', () => {
  expect(left(4, false)).toBe(`cp-1: cordoned. ${UNCORDON}`);
});

test('what is seen of the cordon now counts more than what was done', () => {
  expect(left(1, false, false)).toBe('');
  expect(left(5, false, false)).toBe('');
  expect(left(5, false, true)).toBe(`cp-1: cordoned. ${UNCORDON}`);
});

const MARK = '20261120T101500Z-reboot-node';
const MARKING = [
  step('mark', `perhaps marked ${MARK}, not cordoned`),
  step('cordon', 'cordoned'),
  step('uncordon', 'cordoned'),
  step('unmark', 'schedulable, still marked'),
  step('settle'),
];
const STILL_MARKED =
  'The annotation talos-tui/cordoned-by is still on it: resume the run to finish it, or take it off with `talos-tui run uncordon --set node=cp-1`.';

test('a mark is named as it is seen now, as perhaps there when nothing is seen, and not once it is off', () => {
  const uncordon =
    'It takes no new pods: resume the run to finish it, or `talos-tui run uncordon --set node=cp-1`, which takes its mark off as well.';
  expect(left(2, false, true, MARKING, () => MARK)).toBe(
    `cp-1: cordoned, marked ${MARK}. ${uncordon}`,
  );
  expect(left(2, false, null, MARKING)).toBe(`cp-1: cordoned, perhaps marked ${MARK}. ${uncordon}`);
  expect(left(1, false, false, MARKING, () => MARK)).toBe(
    `cp-1: marked ${MARK}, not cordoned. ${STILL_MARKED}`,
  );
  expect(left(2, false, true, MARKING, () => 'of another run')).toBe(`cp-1: cordoned. ${UNCORDON}`);
  expect(left(2, false, true, MARKING, () => null)).toBe(`cp-1: cordoned. ${UNCORDON}`);
  expect(left(3, true, false, MARKING, () => MARK)).toBe(
    `cp-1: schedulable, still marked. ${STILL_MARKED}`,
  );
  // The watch may be behind the proof.
  expect(left(4, false, false, MARKING, () => MARK)).toBe('');
});

test('a step that says that nothing is cordoned yet is not read as a cordon', () => {
  expect(left(0, true, null, MARKING)).toBe(
    `cp-1: perhaps marked ${MARK}, not cordoned. ${STILL_MARKED}`,
  );
});

test('every node that is not finished is named', () => {
  const steps = [step('a', 'cordoned', 'w-1'), step('b', '', 'w-1'), step('c', 'rebooting', 'w-2')];
  expect(
    leftStates({
      steps,
      reachOf: (id) => (id === 'a' ? 'proven' : id === 'c' ? 'begun' : 'untouched'),
      isCordoned: () => null,
      markOn: () => undefined,
    }),
  ).toEqual([expect.stringMatching(/^w-1: cordoned\./), expect.stringMatching(/^w-2: rebooting/)]);
});

test('a node that its action leaves cordoned is named when the run stops at another one', () => {
  const steps = [
    step('mark', `perhaps marked ${MARK}, not cordoned`, 'w-1'),
    step('cordon', 'cordoned', 'w-1'),
    step('mark2', `perhaps marked ${MARK}, not cordoned`, 'w-2'),
  ];
  const ending: Ending = {
    steps,
    reachOf: (id) => (id === 'mark2' ? 'untouched' : 'proven'),
    isCordoned: () => true,
    markOn: () => MARK,
  };

  expect(leftStates(ending)).toEqual([
    expect.stringContaining(`w-1: cordoned, marked ${MARK}. It takes no new pods`),
  ]);
});

const GROWING = [
  step('resize', 'disk perhaps grown, EPHEMERAL as before'),
  step('cordon', 'cordoned'),
  step('reboot', 'rebooting'),
  step('settle', 'done, settling'),
];

test('a disk that was grown is named until the boot that makes use of it is proven', () => {
  const next = 'The next boot, whoever causes it, grows EPHEMERAL';
  expect(left(0, true, false, GROWING)).toContain('disk perhaps grown, EPHEMERAL as before. The');
  expect(left(1, true, true, GROWING)).toContain(
    `cp-1: cordoned, disk grown, EPHEMERAL as before. ${next}`,
  );
  expect(left(2, true, true, GROWING)).toContain('cp-1: rebooting, disk grown');
  expect(left(3, true, false, GROWING)).not.toContain('disk');
});

test('a cordon that was begun and that nobody has seen is not told as done', () => {
  expect(left(1, true, null, MARKING)).toMatch(
    new RegExp(`^cp-1: perhaps cordoned, perhaps marked ${MARK}\\. It may take no new pods: `),
  );
  expect(left(1, true, true, MARKING, () => MARK)).toMatch(/^cp-1: cordoned, marked/);
  expect(left(2, true, null, MARKING)).toMatch(/^cp-1: perhaps cordoned, /);
});

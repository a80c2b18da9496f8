import { expect, test } from 'vitest';
import { leftStates, type NamedStep, type Reach } from '../../src/runs/named-state.js';

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
  step('settle'),
];

/** `proven` steps from the first on, then one that was begun. */
function left(proven: number, begun: boolean, isCordoned: boolean | null = null, steps = UPGRADE) {
  const reachOf = (id: string): Reach => {
    const index = steps.findIndex((each) => each.id === id);
    if (index < proven) return 'proven';
    return begun && index === proven ? 'begun' : 'untouched';
  };
  return leftStates({ steps, reachOf, isCordoned: () => isCordoned }).join(' ');
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

test('a step that says that nothing is cordoned yet is not read as a cordon', () => {
  const steps = [step('mark', 'marked, not cordoned'), step('cordon', 'cordoned')];
  expect(left(0, true, null, steps)).toBe('cp-1: marked, not cordoned.');
});

test('every node that is not finished is named', () => {
  const steps = [step('a', 'cordoned', 'w-1'), step('b', '', 'w-1'), step('c', 'rebooting', 'w-2')];
  expect(
    leftStates({
      steps,
      reachOf: (id) => (id === 'a' ? 'proven' : id === 'c' ? 'begun' : 'untouched'),
      isCordoned: () => null,
    }),
  ).toEqual([expect.stringMatching(/^w-1: cordoned\./), expect.stringMatching(/^w-2: rebooting/)]);
});

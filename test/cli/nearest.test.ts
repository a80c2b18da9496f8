import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest, nextStep } from '../../src/cli/nearest.js';

const actions = ['approve-csrs', 'etcd-snapshot', 'upgrade-talos'];

test.each([
  ['aprove-csrs', 'approve-csrs'],
  ['etcd-snapshto', 'etcd-snapshot'],
  ['Upgrade-Talos', 'upgrade-talos'],
  ['snapshot', 'etcd-snapshot'],
])('%s was probably meant as %s', (input, meant) => {
  expect(nearest(input, actions)).toBe(meant);
});

test('nothing is guessed from something else', () => {
  expect(nearest('delete', actions)).toBeNull();
  expect(nearest('', actions)).toBeNull();
});

test('the next step names the guess, the few choices or the listing', () => {
  expect(nextStep('aprove-csrs', actions, 'talos-tui actions')).toBe('Did you mean approve-csrs?');
  expect(nextStep('x', ['a1', 'b1'], 'l')).toBe('Use one of a1, b1.');
  expect(
    nextStep(
      'xyz',
      Array.from({ length: 9 }, (_, n) => `name-${n}`),
      'l',
    ),
  ).toBe('Run `l` for the list.');
});

test('one slip of the finger in a name of the list always finds it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...actions),
      fc.nat(),
      fc.constantFrom('drop', 'double', 'replace', 'swap'),
      (name, seed, slip) => {
        const at = seed % (name.length - 1);
        const [before, letter, next, after] = [
          name.slice(0, at),
          name[at] ?? '',
          name[at + 1] ?? '',
          name.slice(at + 2),
        ];
        const typed = {
          drop: before + next + after,
          double: before + letter + letter + next + after,
          replace: `${before}#${next}${after}`,
          swap: before + next + letter + after,
        }[slip];
        expect(nearest(typed, actions)).toBe(name);
      },
    ),
  );
});

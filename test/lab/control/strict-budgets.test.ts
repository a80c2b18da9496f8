import { expect, test } from 'vitest';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import { labLine } from '../../support/lab-line.js';
import { newWorld, seconds } from '../../support/lab-world.js';

test('budgets that get strict in a running lab soon say that they allow nothing', () => {
  const world = newWorld();
  const allowed = () =>
    listObjects(world, 'poddisruptionbudgets').map(
      ({ status }) => (status as { readonly disruptionsAllowed: number }).disruptionsAllowed,
    );
  expect(allowed()).toEqual([1, 1]);
  labLine(world, 'strict-pdbs');
  seconds(world, 3);
  expect(allowed()).toEqual([0, 0]);
});

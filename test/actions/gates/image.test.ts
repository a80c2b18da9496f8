import { expect, test } from 'vitest';
import { imageGate } from '../../../src/actions/gates/image.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { type Reading, WAITING } from '../../../src/model/reading.js';
import { failed, fresh, stale } from '../../support/builders.js';
import { EVERYBODY, expectMonotone } from '../../support/gate-properties.js';
import { aPlanContext, withInspection } from '../../support/plan-contexts.js';

const REFERENCE = 'factory.talos.dev/metal-installer/abc:v1.13.9';
const gate = (context: PlanContext) => imageGate(context, REFERENCE);
const withImage = (reading: Reading<boolean>) =>
  withInspection(aPlanContext(), { images: new Map([[REFERENCE, reading]]) });

test('is green when the registry has the image', () => {
  expect(gate(withImage(fresh(true)))).toEqual({
    id: 'G-IMAGE',
    title: 'The installer image is there',
    state: 'green',
    text: 'it exists',
    remedy: 'Check version and schematic, and the way to the registry.',
    override: 'no',
  });
});

test('is red when it has not, and unknown when it does not tell or was not asked', () => {
  expect(gate(withImage(fresh(false)))).toMatchObject({
    state: 'red',
    text: `${REFERENCE} does not exist`,
  });
  expect(gate(aPlanContext())).toMatchObject({
    state: 'unknown',
    text: `whether ${REFERENCE} exists is not known yet`,
  });
  for (const reading of [WAITING, failed(), stale(true)]) {
    expect(gate(withImage(reading)).state).toBe('unknown');
  }
});

test('never turns green when the world gets worse', () => {
  expectMonotone(gate, withImage(fresh(true)), EVERYBODY);
  expectMonotone(gate, withImage(fresh(false)), EVERYBODY);
});

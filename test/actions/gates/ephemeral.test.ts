import { expect, test } from 'vitest';
import { ephemeralGate } from '../../../src/actions/gates/ephemeral.js';
import type { PlanContext } from '../../../src/actions/types.js';
import type { NodeInspection } from '../../../src/model/inspection.js';
import { mapReading } from '../../../src/model/reading.js';
import { addressOf, GIB } from '../../support/builders.js';
import { expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext, aTarget, withNodeInspection } from '../../support/plan-contexts.js';

const gate = (context: PlanContext) => ephemeralGate(context, aTarget(1));
const withRoom = (ephemeralRoom: NodeInspection['ephemeralRoom']) =>
  gate(
    withNodeInspection(aPlanContext(), addressOf(1), (reading) =>
      mapReading(reading, (value) => ({ ...value, ephemeralRoom })),
    ),
  );

test('is green with 2 GiB free, and says the figures', () => {
  expect(withRoom({ freeBytes: 2 * GIB, sizeBytes: 20 * GIB })).toEqual({
    id: 'G-EPHEMERAL',
    title: 'EPHEMERAL has room for the image',
    state: 'green',
    text: '2 GiB of 20 GiB free, 2 GiB needed',
    remedy: 'Grow it with resize-ephemeral, or remove pods and images that cp-1 does not need.',
    override: 'type',
  });
});

test('is red with one byte less, and unknown where nothing is told', () => {
  expect(withRoom({ freeBytes: 2 * GIB - 1, sizeBytes: 20 * GIB }).state).toBe('red');
  expect(withRoom({ freeBytes: 700 * 1024 ** 2, sizeBytes: 20 * GIB })).toMatchObject({
    state: 'red',
    text: 'cp-1: 700 MiB of 20 GiB free, 2 GiB needed',
  });
  expect(withRoom(null)).toMatchObject({
    state: 'unknown',
    text: 'cp-1 does not tell how much of EPHEMERAL is free',
  });
});

test('stands on the node alone, and never turns green when the world gets worse', () => {
  const seat = { number: 1, isControlPlane: true };
  expectNeeds(gate, aPlanContext(), ['inspection.node'], seat);
  expectMonotone(gate, aPlanContext(), [seat]);
});

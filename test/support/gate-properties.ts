import fc from 'fast-check';
import { expect } from 'vitest';
import type { Gate, PlanContext } from '../../src/actions/types.js';
import { blindings, decline } from './worse-worlds.js';

type GateOf = (context: PlanContext) => Gate;

/** Which readings a gate stands on: without any of them it is not green, and nothing else matters to it. */
export function expectNeeds(
  gate: GateOf,
  context: PlanContext,
  needs: readonly string[],
  seat: { readonly number: number; readonly isControlPlane: boolean } = {
    number: 1,
    isControlPlane: true,
  },
): void {
  expect(gate(context)).toMatchObject({ state: 'green' });
  const greenWithout = blindings(seat.number, seat.isControlPlane)
    .filter(({ apply }) => gate(apply(context)).state === 'green')
    .map(({ slot }) => slot);
  const all = blindings(seat.number, seat.isControlPlane).map(({ slot }) => slot);
  expect(new Set(all.filter((slot) => !greenWithout.includes(slot)))).toEqual(new Set(needs));
  for (const { name, slot, apply } of blindings(seat.number, seat.isControlPlane)) {
    if (!needs.includes(slot)) continue;
    const { state, text } = gate(apply(context));
    expect(`${name}: ${state}`).not.toMatch(/green$/);
    // It says what is not known.
    expect(text).not.toMatch(/^ | {2}/);
  }
}

/** Nothing that goes wrong or out of sight ever turns a closed gate green. */
export function expectMonotone(
  gate: GateOf,
  context: PlanContext,
  seats: readonly { readonly number: number; readonly isControlPlane: boolean }[],
): void {
  fc.assert(
    fc.property(decline(seats), (changes) => {
      let before = context;
      for (const { apply } of changes) {
        const after = apply(before);
        if (gate(before).state !== 'green') expect(gate(after).state).not.toBe('green');
        before = after;
      }
    }),
    { numRuns: 200 },
  );
}

export const CONTROL_PLANES = [1, 2, 3].map((number) => ({ number, isControlPlane: true }));
export const EVERYBODY = [
  ...CONTROL_PLANES,
  ...[4, 5].map((number) => ({ number, isControlPlane: false })),
];

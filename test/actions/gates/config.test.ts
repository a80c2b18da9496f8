import { expect, test } from 'vitest';
import { configGate } from '../../../src/actions/gates/config.js';
import type { PlanContext } from '../../../src/actions/types.js';
import type { ConfigVerdict } from '../../../src/model/inspection.js';
import { type Reading, WAITING } from '../../../src/model/reading.js';
import { addressOf, anError, failed, fresh, stale } from '../../support/builders.js';
import { expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext, aTarget, withInspection } from '../../support/plan-contexts.js';

const TARGET = aTarget(1);
const gate = (context: PlanContext, version = 'v1.12.11') => configGate(context, TARGET, version);
const withVerdict = (reading: Reading<ConfigVerdict>) =>
  withInspection(aPlanContext(), { configs: new Map([[addressOf(1), reading]]) });
const said = (verdict: Partial<ConfigVerdict>, version?: string) => {
  const { state, text } = gate(
    withVerdict(fresh({ isValid: true, by: 'v1.12.4', remarks: [], ...verdict })),
    version,
  );
  return `${state}: ${text}`;
};

test('is green when talosctl calls the configuration valid, and repeats what it warns of', () => {
  expect(gate(aPlanContext())).toEqual({
    id: 'G-CONFIG',
    title: 'The machine configuration is valid',
    state: 'green',
    text: 'valid by the rules of talosctl v1.12.4',
    remedy:
      'Correct it with talosctl edit machineconfig, or take a talosctl that can tell, best of v1.12.11.',
    override: 'type',
  });
  expect(said({ remarks: ['.machine.install.extensions is deprecated'] })).toBe(
    'green: valid by the rules of talosctl v1.12.4; it warns: .machine.install.extensions is deprecated',
  );
});

test('says whose rules they were when talosctl is of another minor', () => {
  expect(said({}, 'v1.13.9')).toBe('green: valid by the rules of talosctl v1.12.4, not of v1.13.9');
  expect(said({ isValid: false, remarks: ['unknown key machine.x'] }, 'v1.13.9')).toBe(
    'red: cp-1: unknown key machine.x, by the rules of talosctl v1.12.4, not of v1.13.9',
  );
});

test('is red with the reasons, and unknown when talosctl cannot tell', () => {
  expect(said({ isValid: false, remarks: ['unknown key machine.tokn', 'no token'] })).toBe(
    'red: cp-1: unknown key machine.tokn and no token, by the rules of talosctl v1.12.4',
  );
  expect(said({ isValid: false })).toContain('talosctl does not say why');
  expect(said({ isValid: null, remarks: ['this talosctl has no validate'] })).toBe(
    'unknown: cp-1: this talosctl has no validate (v1.12.4)',
  );
});

test('names four of many remarks and counts the others', () => {
  const remarks = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect(said({ isValid: false, remarks })).toBe(
    'red: cp-1: a, b, c, d and 2 more, by the rules of talosctl v1.12.4',
  );
  expect(said({ remarks })).toMatch(/; it warns: a, b, c, d and 2 more$/);
});

test('is unknown when the configuration was not read, with the reason', () => {
  expect(gate(withVerdict(failed(anError('forbidden', 'not authorized'))))).toMatchObject({
    state: 'unknown',
    text: 'the machine configuration of cp-1 is not known: not authorized',
  });
  for (const reading of [WAITING, stale({ isValid: true, by: 'v1.12.4', remarks: [] })]) {
    expect(gate(withVerdict(reading)).state).toBe('unknown');
  }
  expect(gate(withInspection(aPlanContext(), { configs: new Map() })).state).toBe('unknown');
});

test('stands on the configuration alone, and never turns green when the world gets worse', () => {
  const seat = { number: 1, isControlPlane: true };
  expectNeeds(gate, aPlanContext(), ['inspection.config'], seat);
  expectMonotone(gate, aPlanContext(), [seat]);
});

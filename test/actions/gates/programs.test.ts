import fc from 'fast-check';
import { expect, test } from 'vitest';
import { programGate, refuseWithoutProgram } from '../../../src/actions/gates/programs.js';

const usable = (version: string) => ({ state: 'usable', version }) as const;
const missing = { state: 'unusable', problem: 'talosctl is missing', hint: 'Install it.' } as const;

test('refuses a plan without the program, and leaves one not asked yet to the gate', () => {
  expect(refuseWithoutProgram(missing)).toEqual({
    kind: 'refusal',
    reason: 'talosctl is missing',
    hint: 'Install it.',
    gate: 'G-BIN',
  });
  expect(refuseWithoutProgram(usable('v1.12.4'))).toBeNull();
  expect(refuseWithoutProgram({ state: 'unknown' })).toBeNull();
});

test('takes any version where none has to fit', () => {
  expect(programGate('kubectl', usable('v1.35.0'), null)).toEqual({
    id: 'G-BIN',
    title: 'kubectl fits the cluster',
    state: 'green',
    text: 'kubectl v1.35.0',
    remedy: 'Install a kubectl near the version of the cluster, or set its path in the settings.',
    override: 'confirm',
  });
});

test('is green exactly when the minors are near enough', () => {
  const minor = fc.nat({ max: 40 });
  fc.assert(
    fc.property(minor, minor, fc.nat({ max: 3 }), (own, theirs, maxMinors) => {
      const gate = programGate('talosctl', usable(`v1.${own}.3`), {
        cluster: `v1.${theirs}.0`,
        maxMinors,
      });
      expect(gate.state).toBe(Math.abs(own - theirs) <= maxMinors ? 'green' : 'red');
    }),
  );
});

test('says both versions', () => {
  const gate = (cluster: string | null, version = 'v1.12.4') =>
    programGate('talosctl', usable(version), { cluster, maxMinors: 1 });

  expect(gate('v1.13.0').text).toBe('talosctl v1.12.4 for v1.13.0');
  expect(gate('v1.14.0').text).toBe(
    'talosctl v1.12.4 is more than 1 minor version away from v1.14.0',
  );
  expect(gate('1.12.0', '1.12.4').state).toBe('green');
});

test('is unknown while a version is, or cannot be read', () => {
  const gate = (version: string, cluster: string | null) =>
    programGate('talosctl', usable(version), { cluster, maxMinors: 1 });

  for (const { state, text } of [
    gate('v1.12.4', null),
    gate('v1.12.4', 'latest'),
    gate('dev', 'v1.12.4'),
    gate('v2.12.4', 'v1.12.4'),
    gate('xv1.12.4', 'v1.12.4'),
  ]) {
    expect(`${state}: ${text}`).toBe('unknown: the version of the other side is not known');
  }
  for (const fact of [missing, { state: 'unknown' } as const]) {
    expect(programGate('talosctl', fact, null)).toMatchObject({
      state: 'unknown',
      text: 'talosctl has not been asked for its version yet',
    });
  }
});

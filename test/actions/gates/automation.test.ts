import { expect, test } from 'vitest';
import { automationGate } from '../../../src/actions/gates/automation.js';
import type { KubeInspection } from '../../../src/model/inspection.js';
import { mapReading, WAITING } from '../../../src/model/reading.js';
import { addressOf, aWorld } from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import {
  aPlanContext,
  withInspection,
  withKube,
  withNodeInspection,
} from '../../support/plan-contexts.js';

const told = ({ state, text }: { state: string; text: string }) => `${state}: ${text}`;
const withTools = (...automations: KubeInspection['automations']) =>
  told(automationGate(withKube(aPlanContext(), { automations })));
const withOmni = (isManagedByOmni: boolean | null) =>
  told(
    automationGate(
      withNodeInspection(aPlanContext(), addressOf(4), (reading) =>
        mapReading(reading, (value) => ({ ...value, isManagedByOmni })),
      ),
    ),
  );

test('is green when no other tool is at work', () => {
  expect(automationGate(aPlanContext())).toEqual({
    id: 'G-AUTO',
    title: 'No other tool changes the nodes',
    state: 'green',
    text: 'none at work',
    remedy: 'Let it finish, or stop it, before you begin.',
    override: 'type',
  });
  expect(withTools({ tool: 'kured', isActive: false, text: 'idle' })).toBe('green: none at work');
});

test('names the tool that is at work', () => {
  expect(
    withTools(
      { tool: 'kured', isActive: false, text: 'idle' },
      { tool: 'tuppr', isActive: true, text: 'upgrades w-4' },
      { tool: 'system-upgrade-controller', isActive: true, text: 'job apply' },
    ),
  ).toBe('red: tuppr: upgrades w-4 and system-upgrade-controller: job apply');
});

test('names machines that Omni manages or may manage', () => {
  expect(withOmni(true)).toBe('red: w-4 is managed by Omni');
  expect(withOmni(null)).toBe('unknown: whether Omni manages w-4 is not known');
});

test('wants Kubernetes, every control plane and every other node that was asked for', () => {
  expectNeeds(automationGate, aPlanContext(), ['inspection.kube', 'inspection.node']);
  const { nodes } = aPlanContext().facts.inspection;
  const stranger = withInspection(aPlanContext(), {
    nodes: new Map([...nodes, [addressOf(9), WAITING]]),
  });
  expect(told(automationGate(stranger))).toBe('unknown: who manages 10.0.0.19 is not known yet');
  const unasked = withInspection(aPlanContext(), {
    nodes: new Map([...nodes].filter(([address]) => address !== addressOf(2))),
  });
  expect(told(automationGate(unasked))).toBe('unknown: who manages 10.0.0.12 is not known yet');
  expect(automationGate(aPlanContext(aWorld(0, 1))).text).toContain('no control plane is known');
});

test('never turns green when the world gets worse', () => {
  expectMonotone(automationGate, aPlanContext(), EVERYBODY);
});

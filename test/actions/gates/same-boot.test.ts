import { expect, test } from 'vitest';
import { sameBootGate } from '../../../src/actions/gates/same-boot.js';
import { failed, fresh, silence } from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import {
  aNodeInspection,
  aPlanContext,
  aTarget,
  withNodeInspection,
} from '../../support/plan-contexts.js';

const planned = { ...aTarget(1), bootId: 'boot-10-0-0-11' };
const gate = (context = aPlanContext()) => sameBootGate(context, planned);
const booted = (bootId: string | null) =>
  gate(
    withNodeInspection(aPlanContext(), planned.address, () => fresh(aNodeInspection({ bootId }))),
  );

test('is green while the node runs since it was planned', () => {
  expect(gate()).toEqual({
    id: 'G-SAME',
    title: 'cp-1 runs since it was planned',
    state: 'green',
    text: 'boot boot-10-',
    remedy: 'Plan again: what was shown is of before.',
    override: 'no',
  });
});

test('is red for a node that was started anew', () => {
  expect(booted('another')).toMatchObject({
    state: 'red',
    text: 'cp-1 was rebooted since it was planned',
  });
});

test('does not know what the node does not tell, or what was not read when it was planned', () => {
  expect(booted(null)).toMatchObject({ state: 'unknown', text: 'cp-1 does not tell its boot id' });
  expect(sameBootGate(aPlanContext(), { ...planned, bootId: '' })).toMatchObject({
    state: 'unknown',
    text: 'the boot of cp-1 was not known when it was planned',
  });
  const silent = withNodeInspection(aPlanContext(), planned.address, () => failed(silence()));
  expect(gate(silent)).toMatchObject({
    state: 'unknown',
    text: 'the boot id of cp-1 is not known: connect: no route to host',
  });
});

test('stands on the node alone, and never turns green when the world gets worse', () => {
  expectNeeds((context) => gate(context), aPlanContext(), ['inspection.node']);
  expectMonotone((context) => gate(context), aPlanContext(), EVERYBODY);
});

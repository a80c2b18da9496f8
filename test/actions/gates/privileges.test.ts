import { expect, test } from 'vitest';
import { privilegesGate } from '../../../src/actions/gates/privileges.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { asPveNodeName } from '../../../src/model/ids.js';
import { storageKey } from '../../../src/model/inspection.js';
import { aCluster, aWorld, failed, fresh } from '../../support/builders.js';
import {
  aPlanContext,
  aStorageInspection,
  aTarget,
  aVmInspection,
  withInspection,
  withVmInspection,
} from '../../support/plan-contexts.js';

const TARGET = aTarget(1);
const KEY = storageKey(asPveNodeName('pve1'), 'local-lvm');
const NEEDED = { guest: ['VM.Config.Disk'], storage: 'local-lvm' };

const withStorage = (context: PlanContext, privileges: readonly string[]): PlanContext =>
  withInspection(context, {
    storages: new Map([[KEY, fresh(aStorageInspection({ privileges }))]]),
  });
const whole = () => withStorage(aPlanContext(), ['Datastore.AllocateSpace']);
const gate = (context: PlanContext) => privilegesGate(context, TARGET, NEEDED);

test('a token that may change guest and storage is let through, and what it needs is said', () => {
  expect(gate(whole())).toMatchObject({
    id: 'G-PVEPRIV',
    title: 'Proxmox lets us change the guest of cp-1',
    state: 'green',
    text: 'VM.Config.Disk on /vms/101 and Datastore.AllocateSpace on /storage/local-lvm',
  });
});

test('a token that only reads is refused before anything is touched, with the role that it needs', () => {
  const reading = withVmInspection(whole(), TARGET, () =>
    fresh(aVmInspection({ privileges: ['VM.Audit'] })),
  );

  expect(gate(reading)).toMatchObject({
    state: 'red',
    text: 'the token has no VM.Config.Disk on /vms/101',
    remedy:
      'Give user and token a role with VM.Config.Disk on /vms/101 and Datastore.AllocateSpace on /storage/local-lvm.',
    override: 'no',
  });
  expect(gate(withStorage(aPlanContext(), ['Datastore.Audit']))).toMatchObject({
    state: 'red',
    text: 'the token has no Datastore.AllocateSpace on /storage/local-lvm',
  });
});

test('a storage is only asked where space is taken', () => {
  const context = withStorage(aPlanContext(), []);
  const needed = { guest: ['VM.PowerMgmt', 'VM.Config.CDROM'], storage: null };

  expect(privilegesGate(context, TARGET, needed)).toMatchObject({
    state: 'green',
    text: 'VM.PowerMgmt and VM.Config.CDROM on /vms/101',
  });
});

test('what could not be read is unknown', () => {
  expect(gate(withVmInspection(whole(), TARGET, () => failed()))).toMatchObject({
    state: 'unknown',
    text: expect.stringContaining('what we may do with VM 101'),
  });
  expect(gate(withInspection(whole(), { storages: new Map([[KEY, failed()]]) }))).toMatchObject({
    state: 'unknown',
    text: expect.stringContaining('what we may do with local-lvm'),
  });
  expect(privilegesGate(whole(), { ...TARGET, vm: null }, NEEDED)).toMatchObject({
    state: 'unknown',
    text: 'which guest cp-1 is, is not known',
    remedy: expect.stringContaining('on /vms/ID'),
  });
});

test('without Proxmox there is nothing to be allowed', () => {
  const context = aPlanContext(aWorld(), { snapshot: { cluster: aCluster({ pveUrl: null }) } });

  for (const target of [TARGET, { ...TARGET, vm: null }]) {
    expect(privilegesGate(context, target, NEEDED)).toMatchObject({
      state: 'green',
      text: 'no Proxmox is configured',
    });
  }
});

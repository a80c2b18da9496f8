import { expect, test } from 'vitest';
import { ownGate } from '../../../src/actions/gates/own.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { asNodeName, asPveNodeName } from '../../../src/model/ids.js';
import {
  aCluster,
  aVm,
  aVmConfig,
  aWorld,
  failed,
  fresh,
  macOf,
  stale,
} from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import { aPlanContext, aTarget } from '../../support/plan-contexts.js';

const gate = (context: PlanContext) => ownGate(context, aTarget(1));
const told = ({ state, text }: { state: string; text: string }) => `${state}: ${text}`;

test('is green when guest, Talos node and Kubernetes node are proven to be one', () => {
  expect(gate(aPlanContext())).toEqual({
    id: 'G-OWN',
    title: 'cp-1 is what it seems to be',
    state: 'green',
    text: 'VM 101, 10.0.0.11 and cp-1 are one machine, by mac, smbios-uuid, member-id, system-uuid, address',
    remedy: 'Compare MAC address and UUID of the guest with those of the node.',
    override: 'no',
  });
});

test('works without Proxmox on what Talos and Kubernetes say', () => {
  const world = { ...aWorld(), vms: [] };
  const context = aPlanContext(world, { snapshot: { cluster: aCluster({ pveUrl: null }) } });
  expect(told(ownGate(context, { ...aTarget(1), vm: null }))).toBe(
    'green: 10.0.0.11 and cp-1 are one machine, by member-id, system-uuid, address',
  );
});

test('stands on the identity, the nodes and the guests', () => {
  expectNeeds(gate, aPlanContext(), ['kubeNodes', 'vms', 'node.identity']);
});

test('never turns green when the world gets worse', () => {
  expectMonotone(gate, aPlanContext(), EVERYBODY);
});

test('is red when another guest, another node or another role is named', () => {
  const context = aPlanContext();
  expect(told(ownGate(context, { ...aTarget(1), vm: aTarget(2).vm }))).toBe(
    'red: VM 102 is not cp-1: VM 101 is',
  );
  expect(told(ownGate(context, { ...aTarget(1), name: asNodeName('cp-2') }))).toBe(
    'red: 10.0.0.11 is cp-1, not cp-2',
  );
  expect(told(ownGate(context, { ...aTarget(1), role: 'worker' }))).toBe('red: cp-1 is no worker');
});

test('is red when the guest has moved to another host since', () => {
  const world = aWorld();
  const vms = world.vms.map((vm) => ({ ...vm, pveNode: asPveNodeName('pve2') }));
  expect(told(gate(aPlanContext({ ...world, vms })))).toBe('red: VM 101 has moved to pve2');
});

test('is red for a guest that shares only one of MAC and UUID', () => {
  const world = aWorld();
  const copy = aVm(
    { number: 1 },
    {
      config: fresh(
        aVmConfig(
          { number: 1 },
          { nics: [{ slot: 'net0', mac: macOf(77), bridge: null, isLinkDown: false }] },
        ),
      ),
    },
  );
  const { state, text } = gate(aPlanContext({ ...world, vms: [copy, ...world.vms.slice(1)] }));
  expect(state).toBe('red');
  expect(text).toMatch(/^cp-1 is not proven: VM 101 \(cp-1\) shares [^;]+; not joined/);
});

test('is unknown while a part is not known', () => {
  const world = aWorld();
  const noGuest = aPlanContext({ ...world, vms: world.vms.slice(1) });
  expect(told(gate(noGuest))).toBe('unknown: which guest cp-1 is, is not known');
  expect(told(ownGate(aPlanContext(), { ...aTarget(1), vm: null }))).toBe(
    'unknown: which guest cp-1 is, is not known',
  );
  expect(told(ownGate(aPlanContext(), aTarget(9)))).toBe(
    'unknown: no Talos node is known at 10.0.0.19',
  );
  const noNode = aPlanContext({ ...world, kubeNodes: world.kubeNodes.slice(1) });
  expect(told(gate(noNode))).toBe('unknown: which Kubernetes node cp-1 is, is not known');
  const configless = aVm({ number: 1 }, { config: failed() });
  const blind = aPlanContext({ ...world, vms: [configless, ...world.vms.slice(1)] });
  expect(gate(blind).state).toBe('unknown');
  const outdated = aVm({ number: 1 }, { config: stale(aVmConfig({ number: 1 })) });
  expect(told(gate(aPlanContext({ ...world, vms: [outdated, ...world.vms.slice(1)] })))).toBe(
    'unknown: the configuration of VM 101 is out of date: connect: no route to host',
  );
});

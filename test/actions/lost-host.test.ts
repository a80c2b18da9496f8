import { expect, test } from 'vitest';
import { fixBootOrder } from '../../src/actions/fix-boot-order.js';
import { ownGate } from '../../src/actions/gates/own.js';
import { pveHostsGate } from '../../src/actions/gates/proxmox.js';
import { rebootNode } from '../../src/actions/reboot-node.js';
import { resizeEphemeral } from '../../src/actions/resize-ephemeral.js';
import { rollbackNode } from '../../src/actions/rollback-node.js';
import type { Action, Answers, PlanContext } from '../../src/actions/types.js';
import { upgradeTalos } from '../../src/actions/upgrade-talos.js';
import { asPveNodeName } from '../../src/model/ids.js';
import {
  addressOf,
  aPveCluster,
  aWorld,
  failed,
  fresh,
  silence,
  silenced,
} from '../support/builders.js';
import { aPlanContext, aTarget, withInspection, withNode } from '../support/plan-contexts.js';

const LOST = 'Proxmox host pve2 is offline, with VM 104 (w-4) on it';

/** The host of w-4 is gone: neither its guest nor its Talos can be asked, so that nothing is joined by proof. */
function lostWorld(
  answers: Answers,
  { isOnline = false, isNamed = true }: { isOnline?: boolean; isNamed?: boolean } = {},
): PlanContext {
  const world = aWorld(3, 2);
  const [host] = aPveCluster().nodes;
  if (host === undefined) throw new Error('no host');
  const pve2 = asPveNodeName('pve2');
  const context = aPlanContext(world, {
    answers,
    snapshot: {
      pve: fresh(aPveCluster({ nodes: [host, { ...host, name: pve2, isOnline }] })),
      vms: fresh(
        world.vms.map((vm) =>
          vm.name === 'w-4'
            ? {
                ...vm,
                name: isNamed ? vm.name : 'VM 104',
                pveNode: pve2,
                status: 'unknown',
                config: failed(silence()),
              }
            : vm,
        ),
      ),
    },
  });
  const silent = withNode(context, addressOf(4), silenced);
  return withInspection(silent, {
    nodes: new Map([...silent.facts.inspection.nodes, [addressOf(4), failed(silence())]]),
  });
}

test.each<[Action, Answers]>([
  [rebootNode, { node: 'w-4' }],
  [rollbackNode, { node: 'w-4', to: 'v1.12.3' }],
  [resizeEphemeral, { node: 'w-4', size: '40' }],
  [fixBootOrder, { node: 'w-4' }],
  [upgradeTalos, { node: 'w-4', version: 'v1.12.6' }],
])('%o names the lost Proxmox host of a node and what to do', (action, answers) => {
  expect(action.plan(lostWorld(answers))).toMatchObject({
    kind: 'refusal',
    gate: 'G-PVENODE',
    reason: `w-4 cannot be changed: ${LOST}.`,
    hint: expect.stringContaining('Bring that host back first'),
  });
});

test('names the host of guests that cannot be read when a lost one has lost its name, too', () => {
  expect(rebootNode.plan(lostWorld({ node: 'w-4' }, { isNamed: false }))).toMatchObject({
    gate: 'G-PVENODE',
    reason:
      'w-4 cannot be changed: Proxmox host pve2 is offline, and w-4 is probably a guest there: VM 104 cannot be read.',
  });
  expect(rebootNode.plan(lostWorld({ node: 'w-5' }, { isNamed: false })).kind).toBe('plan');
});

test('leaves the words as they are when the host is there', () => {
  expect(rebootNode.plan(lostWorld({ node: 'w-4' }, { isOnline: true }))).toMatchObject({
    gate: 'G-MACH',
  });
});

test('gates that cannot tell the guest of a node name its lost host', () => {
  const context = lostWorld({});
  const guestless = { ...aTarget(4, false), vm: null };

  expect(ownGate(context, guestless).text).toContain(LOST);
  expect(pveHostsGate(context, [guestless])).toMatchObject({ state: 'red', text: LOST });
});

test('a fix for all says which guest it left alone because of its host', () => {
  const planned = fixBootOrder.plan(lostWorld({}));
  expect(JSON.stringify(planned)).toContain(`w-4 is left alone: ${LOST}`);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { kubectlArgv, talosctlArgv } from '../../src/actions/argv.js';
import { commandText } from '../../src/actions/command-text.js';
import { actions } from '../../src/actions/index.js';
import { orderTargets } from '../../src/actions/node-order.js';
import { nodeTargetSchema, resolveTargets, wantsFor } from '../../src/actions/node-target.js';
import { PINNED, pin, unpin } from '../../src/actions/pinned.js';
import { drainStep } from '../../src/actions/steps/drain.js';
import { asIpAddress, asNodeName, asPveNodeName } from '../../src/model/ids.js';
import { WAITING } from '../../src/model/reading.js';
import { addressOf, aKubeNode, aVm, aWorld, fresh } from '../support/builders.js';
import {
  aPlanContext,
  aPod,
  aTarget,
  withKube,
  withNode,
  withSnapshot,
} from '../support/plan-contexts.js';
import { aConnection } from '../support/run-world.js';

const schema = z.strictObject({ targets: z.array(nodeTargetSchema) });

test('takes names, addresses and all, each machine once and in the order of the overview', () => {
  const context = aPlanContext(aWorld(3, 1));
  const names = (text: string) => {
    const targets = resolveTargets(context, text);
    return 'kind' in targets ? targets.reason : targets.map(({ name }) => name).join();
  };

  expect(names('w-4')).toBe('w-4');
  expect(names(` ${addressOf(2)}, cp-1 ,cp-1`)).toBe('cp-1,cp-2');
  expect(names('all')).toBe('cp-1,cp-2,cp-3,w-4');
  expect(resolveTargets(context, 'cp-2')).toEqual([aTarget(2)]);
});

test('says which nodes there are when one does not exist', () => {
  const context = aPlanContext(aWorld(3, 1));

  expect(resolveTargets(context, 'cp-9,w-4')).toMatchObject({
    isUsage: true,
    reason: 'cp-9: no machine of the cluster has this name or address.',
    hint: 'Choose from: cp-1, cp-2, cp-3, w-4.',
  });
  expect(resolveTargets(context, ' , ')).toMatchObject({ isUsage: true });
});

test('calls no name wrong while not every machine has said its own', () => {
  const context = withNode(aPlanContext(), addressOf(3), () => ({ identity: WAITING }));
  const refused = resolveTargets(context, 'somebody');

  expect(refused).toMatchObject({ kind: 'refusal', gate: 'G-OWN' });
  expect(refused).not.toHaveProperty('isUsage');
});

test('never takes a machine whose guest contradicts it', () => {
  const stranger = aVm({ number: 4, isControlPlane: false });
  const world = aWorld(3, 1);
  const context = withSnapshot(aPlanContext(world), {
    // Another node with the same system UUID: neither may be joined.
    kubeNodes: fresh([
      ...world.kubeNodes.slice(0, 3),
      aKubeNode({ number: 4, isControlPlane: false }, { systemUuid: null, internalIps: [] }),
    ]),
    vms: fresh([...world.vms, { ...stranger, name: 'copy' }]),
  });

  expect(resolveTargets(context, 'w-4')).toMatchObject({ kind: 'refusal', gate: 'G-OWN' });
});

test('has all control planes inspected besides what is named, and each storage once', () => {
  const context = aPlanContext(aWorld(3, 2));
  const wants = wantsFor(context.snapshot, [aTarget(4, false), aTarget(5, false)]);

  expect(wants.nodes).toEqual([1, 2, 3, 4, 5].map((number) => addressOf(number)));
  expect(wants.vms.map(({ id }) => id)).toEqual([104, 105]);
  expect(wants.storages).toEqual([{ pveNode: asPveNodeName('pve1'), name: 'local-lvm' }]);
  expect(wants.isKubeWanted).toBe(true);
});

test('puts followers before the holder of the virtual address, the leader last, then light workers', () => {
  const context = withKube(aPlanContext(aWorld(3, 2)), {
    pods: [aPod({ node: asNodeName('w-4') })],
  });
  const order = orderTargets(
    context,
    [1, 2, 3, 4, 5].map((number) => aTarget(number, number < 4)),
  );

  expect(order.map(({ target, reason }) => `${target.name}: ${reason}`)).toEqual([
    'cp-2: follower',
    'cp-3: follower',
    'cp-1: leader of etcd: last of the control planes',
    'w-5: worker with 0 pods',
    'w-4: worker with 1 pod',
  ]);
});

test('puts what runs beside this program last', () => {
  const base = aPlanContext(aWorld(3, 2));
  const targets = [aTarget(4, false), aTarget(5, false)].map((target, index) => ({
    ...target,
    vm: target.vm && { ...target.vm, pveNode: asPveNodeName(index === 0 ? 'pve1' : 'pve2') },
  }));

  // The built host is pve1.
  expect(orderTargets(base, targets).map(({ target }) => target.name)).toEqual(['w-5', 'w-4']);
});

test('builds commands that depend on no environment', () => {
  const reach = { connection: aConnection(), endpoints: ['10.0.0.11', '10.0.0.12'] };

  expect(talosctlArgv(reach, asIpAddress('10.0.0.13'), 'reboot')).toEqual([
    ...['talosctl', '--talosconfig', '/etc/home/talosconfig', '--context', 'home'],
    ...['--endpoints', '10.0.0.11,10.0.0.12', '--nodes', '10.0.0.13', 'reboot'],
  ]);
  expect(kubectlArgv(reach, 'cordon', 'w-4')).toEqual([
    ...['kubectl', '--kubeconfig', '/etc/home/kubeconfig', '--context', 'admin@home'],
    ...['--request-timeout=15s', 'cordon', 'w-4'],
  ]);
});

test('a drain has a limit of its own, and none for each of its requests', () => {
  const world = { connection: aConnection(), endpoints: ['10.0.0.11'], mark: 'm' };
  const { command } = drainStep(world, aTarget(4, false), { choice: 'evict' });

  expect(command).toMatchObject({
    argv: expect.arrayContaining(['drain', 'w-4', '--timeout=300s']),
  });
  expect(commandText(command)).not.toContain('--request-timeout');
});

test('gives back what was pinned, and nothing for answers without it', () => {
  const value = { targets: [aTarget(1), aTarget(4, false)] };

  expect(unpin(schema, { [PINNED]: pin(schema, value) })).toEqual(value);
  expect(unpin(schema, { node: 'w-4' })).toBeNull();
});

test('refuses what is pinned and cannot be understood, whatever it is', () => {
  const isRefused = (text: string) => {
    const read = unpin(schema, { [PINNED]: text });
    return read !== null && 'kind' in read && read.isUsage === true;
  };
  const good = pin(schema, { targets: [aTarget(1)] });

  expect(isRefused(good)).toBe(false);
  expect(isRefused(good.replace('cp-1', '--all'))).toBe(true);
  expect(isRefused(good.replace('10.0.0.11', '10.0.0.11,10.0.0.12'))).toBe(true);
  expect(isRefused(good.replace('101', '1'))).toBe(true);
  expect(isRefused(good.replace('{"', '{"more":1,"'))).toBe(true);
  fc.assert(
    fc.property(fc.nat(good.length - 1), (at) => {
      expect(isRefused(good.slice(0, at))).toBe(true);
    }),
  );
  fc.assert(fc.property(fc.json(), (text) => isRefused(text)));
});

test('lets no operator pin anything', () => {
  expect(actions.filter(({ answerNames }) => answerNames.includes(PINNED))).toEqual([]);
});

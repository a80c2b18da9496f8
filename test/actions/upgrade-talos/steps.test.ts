import { expect, test } from 'vitest';
import {
  armStep,
  proofStep,
  pullStep,
  upgradeStep,
} from '../../../src/actions/upgrade-talos/steps.js';
import type { UpgradeTarget } from '../../../src/actions/upgrade-talos/target.js';
import type { RunSummary } from '../../../src/model/run.js';
import { SCHEMATIC } from '../../support/builders.js';
import { OneNode } from '../../support/one-node.js';
import { aTarget } from '../../support/plan-contexts.js';
import { aRun, aRunStep } from '../../support/run-summaries.js';
import { aConnection } from '../../support/run-world.js';
import { imageOf, OTHER_SCHEMATIC } from '../../support/upgrade-scenes.js';

const TARGET: UpgradeTarget = {
  ...aTarget(4, false),
  bootId: 'before',
  isLeftCordoned: false,
  reason: '',
  from: 'v1.13.9',
  image: imageOf(SCHEMATIC, 'v1.14.1'),
  schematic: SCHEMATIC,
  extensions: ['iscsi-tools', 'qemu-guest-agent'],
  path: 'split',
};

const WORLD = { connection: aConnection(), endpoints: ['10.0.0.11'], mark: 'm' };

test('proves version, schematic and extensions of a node that is back', async () => {
  const node = new OneNode();
  node.tag = 'v1.14.1';
  const look = () => proofStep(TARGET).look(node.context());

  expect(await look()).toEqual({
    done: true,
    evidence: 'v1.14.1, schematic 88d1f7a5c4f1…, 2 extensions as before',
  });
  node.extensions = ['iscsi-tools'];
  expect(await look()).toEqual({ done: false, lastSeen: 'without qemu-guest-agent so far' });
  node.schematic = null;
  expect(await look()).toMatchObject({ done: false });
});

test('fails with the reason when the boot loader fell back, or something else runs', async () => {
  const node = new OneNode();
  const look = (target: UpgradeTarget = TARGET) => proofStep(target).look(node.context());

  await expect(look()).rejects.toThrow(
    'w-4 has started v1.13.9 again: the new version v1.14.1 did not come up and the bootloader fell back.',
  );
  node.tag = 'v1.14.0';
  await expect(look()).rejects.toThrow('w-4 runs v1.14.0, which is neither v1.13.9 nor v1.14.1');
  node.tag = 'v1.14.1';
  node.schematic = OTHER_SCHEMATIC;
  await expect(look()).rejects.toThrow('w-4 runs schematic aaaaaaaaaaaa…, not 88d1f7a5c4f1…');
  await expect(look({ ...TARGET, from: 'v1.14.1' })).rejects.toThrow(
    'w-4 has started schematic aaaaaaaaaaaa… again',
  );
});

test('knows an armed node by what the installer said, in a fresh process too', async () => {
  const node = new OneNode();
  const arm = () => armStep(WORLD, TARGET, () => []);

  expect(await arm().look(node.context())).toMatchObject({ done: false });
  await arm().run(node.context());
  expect(node.commands).toEqual([`upgrade --image ${TARGET.image} --no-reboot --progress plain`]);
  expect(await arm().look(node.context())).toEqual({
    done: true,
    evidence: `ARMED: the next start of w-4 is ${TARGET.image}`,
  });
  node.bootId = 'after';
  expect(await arm().look(node.context())).toEqual({
    done: true,
    evidence: 'rebooted since: boot after',
  });
});

test('installs again on a node that another run has disarmed since', async () => {
  const node = new OneNode();
  await armStep(WORLD, TARGET, () => []).run(node.context());
  const own = aRun({ id: 'own', action: 'upgrade-talos' });
  const disarm = (change: Partial<RunSummary> = {}) => ({
    ...aRun({ id: 'other', action: 'disarm-node', startedAtMs: own.startedAtMs + 1_000 }),
    steps: [aRunStep({ id: 'disarm-w-4' })],
    ...change,
  });
  const look = (...runs: readonly RunSummary[]) =>
    armStep(WORLD, TARGET, () => []).look({
      ...node.context(),
      runDir: '/runs/own',
      runs: async () => runs,
    });

  expect(await look(own, disarm())).toEqual({
    done: false,
    lastSeen: 'run other has disarmed it since',
  });
  expect(await look(own)).toMatchObject({ done: true });
  expect(await look(disarm())).toMatchObject({ done: true });
  for (const change of [
    { startedAtMs: own.startedAtMs - 1_000 },
    { cluster: 'other' },
    { steps: [aRunStep({ id: 'disarm-w-4', state: 'failed' })] },
    { steps: [aRunStep({ id: 'disarm-w-5' })] },
  ] as const) {
    expect(await look(own, disarm(change))).toMatchObject({ done: true });
  }
  // What it installs itself after that counts.
  const arm = armStep(WORLD, TARGET, () => []);
  const context = { ...node.context(), runDir: '/runs/own', runs: async () => [own, disarm()] };
  await arm.run(context);
  expect(await arm.prove(context)).toMatchObject({ done: true });
});

test('does not take an installation that was cut off for an armed node', async () => {
  const node = new OneNode();
  node.output = `${TARGET.address}: running pre-flight checks\n10.0.0.99: upgrade completed\n${TARGET.address}: upgrade failed with exit code 1\n`;

  expect(await armStep(WORLD, TARGET, () => []).look(node.context())).toMatchObject({
    done: false,
  });
});

test('waits for an installer that an earlier process has left behind, but not for ever', async () => {
  const node = new OneNode();
  const busy =
    'rpc error: code = FailedPrecondition desc = another installation/upgrade is already in progress';
  const arm = armStep(WORLD, TARGET, () => []);
  node.failures = [busy, busy];

  await arm.run(node.context());
  expect(node.commands).toHaveLength(3);

  node.failures = Array.from({ length: 100 }, () => busy);
  await expect(arm.run(node.context())).rejects.toThrow('An earlier installer on w-4 does not end');
  node.failures = ['image not found'];
  await expect(arm.run(node.context())).rejects.toThrow('image not found');
});

test('pulls in every process anew, until the node has been started', async () => {
  const node = new OneNode();
  const pull = pullStep(WORLD, TARGET);

  expect(await pull.look(node.context())).toMatchObject({ done: false });
  await pull.run(node.context());
  expect(node.commands).toEqual([`image pull --namespace system ${TARGET.image}`]);
  expect(await pull.prove(node.context())).toMatchObject({ done: true });
  expect(await pullStep(WORLD, TARGET).look(node.context())).toMatchObject({ done: false });
  node.bootId = 'after';
  expect(await pullStep(WORLD, TARGET).look(node.context())).toMatchObject({ done: true });
});

test('does not order an upgrade of a node that has been started since', async () => {
  const node = new OneNode();
  node.bootId = 'after';
  await upgradeStep(WORLD, { ...TARGET, path: 'legacy' }, () => []).run(node.context());
  expect(node.commands).toEqual([]);
});

import { expect, test } from 'vitest';
import type { StepContext } from '../../../src/actions/types.js';
import {
  armStep,
  proofStep,
  pullStep,
  upgradeStep,
} from '../../../src/actions/upgrade-talos/steps.js';
import type { UpgradeTarget } from '../../../src/actions/upgrade-talos/target.js';
import type { TalosClient } from '../../../src/clients/types.js';
import { CommandFailed } from '../../../src/model/errors.js';
import { SCHEMATIC, silence } from '../../support/builders.js';
import { eagerClock } from '../../support/eager-clock.js';
import { aTarget } from '../../support/plan-contexts.js';
import { aConnection, anEngine, aPlan } from '../../support/run-world.js';
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

/** One node, as its API tells it, and a shell that notes what is run. */
class OneNode {
  bootId = 'before';
  tag = 'v1.13.9';
  schematic: string | null = SCHEMATIC;
  extensions: readonly string[] = TARGET.extensions;
  isSilent = false;
  output = '';
  readonly commands: string[] = [];
  /** What the next commands end with; after them all is well. */
  failures: readonly string[] = [];

  context(): StepContext {
    const { context } = anEngine(aPlan([]));
    const [read, write] = [() => this.output, (text: string) => this.commands.push(text)];
    return {
      ...context,
      clock: eagerClock(),
      talos: this.talos(),
      snapshotFiles: { ...context.snapshotFiles, text: async () => read() },
      inspect: () => Promise.reject(new Error('No step here inspects.')),
      order: () => Promise.reject(new Error('No step here orders.')),
      shell: {
        run: async (argv) => {
          write(argv.slice(argv.indexOf('--nodes') + 2).join(' '));
          const [failure, ...rest] = this.failures;
          this.failures = rest;
          if (failure !== undefined) throw new CommandFailed(argv, 1, failure, 'Look.');
          this.output += `${TARGET.address}: Exit code: 0\n${TARGET.address}: upgrade completed\n`;
          return { stdout: '', stderr: '', durationMs: 1 };
        },
      },
      signal: new AbortController().signal,
      report: () => undefined,
      note: () => undefined,
    };
  }

  private talos(): TalosClient {
    const ask = <T>(answer: () => T): Promise<T> =>
      this.isSilent ? Promise.reject(silence()) : Promise.resolve(answer());
    const never = () => {
      throw new Error('No step here asks this.');
    };
    const layer = (name: string, version: string) => ({
      namespace: 'runtime',
      type: 'ExtensionStatuses.runtime.talos.dev',
      id: name,
      version: '1',
      phase: 'running' as const,
      spec: { metadata: { name, version } },
    });
    return {
      mounts: never,
      readFile: () => ask(() => `${this.bootId}\n`),
      version: () => ask(() => ({ tag: this.tag, arch: 'amd64', platform: 'nocloud' })),
      list: () =>
        ask(() => [
          ...this.extensions.map((name) => layer(name, 'v1')),
          ...(this.schematic === null ? [] : [layer('schematic', this.schematic)]),
        ]),
      watch: never,
      etcdMembers: never,
      etcdStatus: never,
      etcdAlarms: never,
      services: never,
      systemSample: never,
      time: never,
      activeEndpoint: () => null,
      close: () => undefined,
    };
  }
}

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

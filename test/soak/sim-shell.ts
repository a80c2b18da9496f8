import type { CommandResult, Shell, ShellOptions } from '../../src/clients/types.js';
import { ConfigError, loadConfig } from '../../src/lab/talos/config/load.js';
import { configRefusal } from '../../src/lab/talos/config/validate.js';
import { reachabilityOf } from '../../src/lab/world/node.js';
import { talosMinor } from '../../src/lab/world/talos-version.js';
import type { LabNode, World } from '../../src/lab/world/types.js';
import { ClientError, CommandFailed, OperatorError } from '../../src/model/errors.js';
import type { Doors } from './doors.js';
import type { Order } from './orders.js';
import type { SimFiles } from './sim-files.js';
import type { SimKube } from './sim-kube.js';
import { kubectl } from './sim-kubectl.js';
import type { SimTalos } from './sim-talos.js';

type Argv = readonly [string, ...string[]];

export interface ShellWorld {
  readonly world: World;
  readonly talos: SimTalos;
  readonly kube: SimKube;
  readonly files: SimFiles;
  readonly doors: Doors;
  /** Hears of every change right before it reaches the world. @returns to be called when the world has taken it. */
  readonly onOrder: (order: Order) => () => void;
}

/** How a program ended. */
export interface Exit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const done = (stdout = ''): Exit => ({ code: 0, stdout, stderr: '' });
export const failed = (stderr: string): Exit => ({ code: 1, stdout: '', stderr });

/** talosctl and kubectl as far as runs use them, acting on the world at once; waiting lets time go by. */
export function simShell(sim: ShellWorld): Shell {
  return {
    async run(argv, options) {
      if (options.signal?.aborted === true) {
        throw new ClientError('cancelled', `${argv[0]} was not started.`, 'Ask again.');
      }
      const { clock, enter } = sim.doors;
      const startedAtMs = clock.now();
      enter(`run ${argv.join(' ')}`);
      const exit = await runProgram(argv, options, sim);
      // The command may have worked and its exit never be heard of.
      enter(`ran ${argv.join(' ')}`);
      const durationMs = clock.now() - startedAtMs;
      if (exit.code !== 0) {
        throw new CommandFailed(argv, exit.code, exit.stderr, 'Look at its output.');
      }
      return { stdout: exit.stdout, stderr: exit.stderr, durationMs } satisfies CommandResult;
    },
  };
}

async function runProgram(argv: Argv, options: ShellOptions, sim: ShellWorld): Promise<Exit> {
  const [program, ...words] = argv;
  try {
    return program === 'kubectl'
      ? await kubectl(words, options.stdin ?? '', sim)
      : await talosctl(words, options.stdin ?? '', sim);
  } catch (error) {
    if (error instanceof OperatorError) return failed(`error: ${error.message}`);
    throw error;
  }
}

const VALUED = new Set([
  '--talosconfig',
  '--context',
  '--endpoints',
  '--nodes',
  '-i',
  '--image',
  '--namespace',
  '--timeout',
  '--progress',
  '--mode',
  '--config',
]);

interface Line {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

export function lineOf(args: readonly string[], valued: ReadonlySet<string>): Line {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    const [name = '', value] = word.split(/=(.*)/s);
    if (!word.startsWith('-')) words.push(word);
    else if (value !== undefined) flags.set(name, value);
    else if (valued.has(word)) {
      index += 1;
      flags.set(word, args[index] ?? '');
    } else flags.set(word, 'true');
  }
  return { words, flags };
}

async function talosctl(args: readonly string[], stdin: string, sim: ShellWorld): Promise<Exit> {
  const { words, flags } = lineOf(args, VALUED);
  if (words[0] === 'validate') return validate(stdin, flags.get('--mode') ?? '', sim);
  const address = flags.get('--nodes') ?? '';
  const node = [...sim.world.nodes.values()].find((each) => each.address === address);
  if (node === undefined) return failed(`rpc error: no such host ${address}`);
  const image = flags.get('-i') ?? flags.get('--image') ?? words[2] ?? '';
  switch (words.slice(0, 2).join(' ')) {
    case 'reboot':
      return await reboot(node, flags, sim);
    case 'upgrade':
      return await upgrade(node, flags, image, sim);
    case 'rollback':
      return await rollback(node, sim);
    case 'image pull':
      await sim.talos.pull(address, image);
      return done();
    case 'etcd forfeit-leadership':
      await sim.talos.call(address, 'EtcdForfeitLeadership');
      return done();
    case 'etcd snapshot':
      return await snapshot(node, words[2] ?? '', sim);
    default:
      throw new Error(`The simulated talosctl does not know ${words.join(' ')}.`);
  }
}

/** Local: it asks no node. */
function validate(config: string, mode: string, { world }: ShellWorld): Exit {
  const talosVersion = [...world.nodes.values()][0]?.talosVersion ?? '';
  const minor = talosMinor(talosVersion);
  try {
    const refusal = configRefusal(loadConfig(config, minor), {
      ...{ talosVersion, minor },
      isInstalled: mode !== 'metal',
    });
    return refusal === null ? done(`/dev/stdin is valid for ${mode} mode\n`) : failed(refusal);
  } catch (error) {
    if (error instanceof ConfigError) return failed(error.message);
    throw error;
  }
}

async function rollback({ hostname, address }: LabNode, sim: ShellWorld): Promise<Exit> {
  const taken = sim.onOrder({ kind: 'rollback', node: hostname });
  await sim.talos.call(address, 'Rollback');
  taken();
  return done();
}

async function reboot(
  node: LabNode,
  flags: ReadonlyMap<string, string>,
  sim: ShellWorld,
): Promise<Exit> {
  const { bootId, address, hostname } = node;
  const taken = sim.onOrder({ kind: 'reboot', node: hostname });
  const mode = flags.get('--mode') === 'powercycle' ? 'POWERCYCLE' : 'DEFAULT';
  await sim.talos.call(address, 'Reboot', { mode });
  taken();
  return await backAgain(hostname, bootId, sim);
}

const WAIT_MS = 1_800_000;

/** What `--wait` means: another boot, and the API again. */
async function backAgain(hostname: string, bootId: string, sim: ShellWorld): Promise<Exit> {
  const isBack = await until(sim, WAIT_MS, () => {
    const node = sim.world.nodes.get(hostname);
    return (
      node !== undefined &&
      node.bootId !== bootId &&
      node.stage === 'running' &&
      reachabilityOf(node) === 'answers'
    );
  });
  return isBack ? done() : failed('error: 1 error occurred: timed out waiting for the node');
}

export async function until(
  { doors }: Pick<ShellWorld, 'doors'>,
  timeoutMs: number,
  isSo: () => boolean,
): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 1_000) {
    if (isSo()) return true;
    doors.enter('wait');
    await doors.clock.pass(1_000);
  }
  return isSo();
}

async function upgrade(
  node: LabNode,
  flags: ReadonlyMap<string, string>,
  image: string,
  sim: ShellWorld,
): Promise<Exit> {
  const { address, hostname, bootId } = node;
  if (talosMinor(node.talosVersion) >= 13) {
    if (!flags.has('--no-reboot')) throw new Error('Runs split upgrades from 1.13 on.');
    await sim.talos.pull(address, image);
    const taken = sim.onOrder({ kind: 'install', node: hostname, image });
    const code = await sim.talos.install(address, image);
    taken();
    return code === 0
      ? { ...done(), stderr: `${address}: upgrade completed\n` }
      : failed(`${address}: upgrade failed with exit code ${code}`);
  }
  const taken = sim.onOrder({ kind: 'upgrade', node: hostname, image });
  await sim.talos.call(address, 'Upgrade', { image, reboot_mode: 'DEFAULT' });
  taken();
  return flags.has('--wait') ? await backAgain(hostname, bootId, sim) : done();
}

const SNAPSHOT_BYTES = 20 * 1024 ** 2;

async function snapshot(node: LabNode, path: string, sim: ShellWorld): Promise<Exit> {
  await sim.talos.call(node.address, 'EtcdMemberList');
  await sim.doors.clock.pass(1_000);
  sim.files.put(path, SNAPSHOT_BYTES);
  return done(
    `snapshot info: hash c25fd181, revision ${sim.world.etcd.revision}, total keys 1287, total size ${SNAPSHOT_BYTES}\n`,
  );
}

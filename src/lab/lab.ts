import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { followAuthorities } from './control/authorities.js';
import type { ChangeContext } from './control/change.js';
import { applyChange } from './control/changes.js';
import { sendToLab } from './control/control-client.js';
import { startControlServer } from './control/control-server.js';
import { markKills, writeKubeconfig, writeLabFiles, writeTalosconfig } from './control/files.js';
import { claimLan } from './control/lan.js';
import type { LabCommand, LabReply } from './control/protocol.js';
import { statusOf, statusText } from './control/status.js';
import { LabUsageError, suggest } from './control/usage-error.js';
import { startKubeServers } from './kube/server.js';
import { createKubeSigner, createLabPki } from './pki/lab-pki.js';
import { startFactoryServer } from './pve/factory.js';
import { startPveServer } from './pve/server.js';
import { readAddon } from './scenarios/addons.js';
import { type Scenario, scenarioOf } from './scenarios/scenarios.js';
import { startTalosServers } from './talos/server.js';
import { seedAddons } from './world/addon-seed.js';
import { realNowMs } from './world/clock.js';
import { removeDaemonSets } from './world/cni.js';
import { createWorld } from './world/create.js';
import { controlPlanes } from './world/node.js';
import { runWorld } from './world/run.js';
import { TALOS_VERSIONS } from './world/talos-factory.js';
import { DEFAULT_TALOS, releaseOf } from './world/talos-release.js';
import type { LabHandle, LabServer } from './world/types.js';

export { labChanges } from './control/changes.js';
export { sendToLab } from './control/control-client.js';
export type { LabCommand } from './control/protocol.js';
export { LabUsageError } from './control/usage-error.js';
export { type Incident, labIncidents, labScenarios, scenarioOf } from './scenarios/scenarios.js';

const PARENT_CHECK_MS = 1000;
const LONGEST_ADVANCE_SECONDS = 31 * 86_400;

export interface LabOptions {
  /** `healthy`, `5+3`, … */
  readonly scenario: string;
  readonly seed: number;
  /** `v1.13.9`; default what the scenario says. */
  readonly talosVersion?: string;
  /** Virtual seconds per real second; 0 = only `lab advance` moves time, Infinity = straight to the next event. */
  readonly timeScale: number;
  readonly dir: string;
  /** Leave talosctl, kubectl and helm to PATH. */
  readonly realTools?: boolean;
  readonly log?: (line: string) => void;
}

export interface RunningLab {
  readonly handle: LabHandle;
  readonly close: () => Promise<void>;
}

/** @throws LabUsageError for a wrong scenario or directory, ClientError when no network is free. */
export async function startLab(options: LabOptions): Promise<RunningLab> {
  const scenario = scenarioOf(options.scenario);
  const talosVersion = options.talosVersion ?? scenario.talosVersion ?? DEFAULT_TALOS;
  checkTalos(talosVersion);
  const dir = await prepareDirectory(options.dir);
  const lan = await claimLan();
  const closers: (() => Promise<void>)[] = [lan.release];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const nowMs = realNowMs();
    const signer = createKubeSigner(nowMs);
    const world = createWorld({
      seed: options.seed,
      size: scenario.size,
      placement: scenario.placement ?? 'spread',
      lanPrefix: lan.prefix,
      pki: signer,
      timeScale: options.timeScale,
      startMs: nowMs,
      kubePort: lan.ports.kube,
      talosVersion,
    });
    closers.push(async () => world.clock.stop());
    const pki = createLabPki(signer, {
      facts: world.facts,
      controlPlanes: () => controlPlanes(world),
      nowMs,
    });
    const pveToken = `root@pam!lab=${randomUUID()}`;
    const log = options.log ?? (() => {});
    const handle: LabHandle = { world, pki, dir, pveToken, ports: lan.ports, log };
    runWorld(world);
    if (scenario.isEmpty === true) followAuthorities(handle);
    const writeCredentials = await prepareScenario(handle, scenario);
    closers.push(...(await startServers(handle)));
    writeLabFiles(handle, {
      realTools: options.realTools ?? false,
      isEmpty: scenario.isEmpty ?? false,
    });
    writeCredentials();
    const control = await startControlServer(dir, (command) => obey(handle, scenario.id, command));
    closers.push(control.close);
    return { handle, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws LabUsageError for a version that nobody published, or a dialect that the lab does not speak. */
function checkTalos(version: string): void {
  const known = TALOS_VERSIONS.filter((each) => releaseOf(each) !== null);
  if (known.includes(version)) return;
  throw new LabUsageError(`The lab has no Talos ${version}.`, suggest(version, known));
}

async function startServers(handle: LabHandle): Promise<readonly (() => Promise<void>)[]> {
  const results = await Promise.allSettled([
    startTalosServers(handle),
    startKubeServers(handle),
    startPveServer(handle),
    startFactoryServer(handle),
  ]);
  const started = results.flatMap((result): readonly LabServer[] =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return started.map((server) => server.close);
  await Promise.all(started.map((server) => server.close()));
  throw failed.reason;
}

/** @returns writes the credentials that the scenario wants, over the good ones. */
async function prepareScenario(handle: LabHandle, scenario: Scenario): Promise<() => void> {
  const { world } = handle;
  const context = contextOf(handle);
  const wanted: (() => void)[] = [];
  if (scenario.configs !== undefined) {
    const { writeConfigs } = await import('./scenarios/node-configs.js');
    writeConfigs(handle, scenario.configs);
  }
  removeDaemonSets(world, scenario.without ?? []);
  seedAddons(world, (scenario.addons ?? []).map(readAddon));
  for (const line of scenario.changes) {
    const [change = '', ...args] = line.split(' ');
    const renewCredential: ChangeContext['renewCredential'] = (...order) => {
      wanted.push(() => context.renewCredential(...order));
    };
    applyChange({ world, renewCredential }, change, args);
  }
  if (scenario.settleSeconds > 0) world.clock.advance(scenario.settleSeconds * 1000);
  return () => {
    for (const write of wanted) write();
  };
}

/** A directory of ours alone: keys will lie in it. */
async function prepareDirectory(path: string): Promise<string> {
  const wanted = resolve(path);
  try {
    makeDirectory(wanted);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LabUsageError(
      `The lab cannot use ${wanted}: ${reason}.`,
      'Name a directory that you may write to with --dir.',
    );
  }
  const dir = realpathSync(wanted);
  if ((statSync(dir).mode & 0o077) !== 0) {
    throw new LabUsageError(
      `Others may read ${dir}, and the lab writes keys there.`,
      `Make it private: chmod 700 ${dir}.`,
    );
  }
  if (await isAlive(dir)) {
    throw new LabUsageError(
      `A lab runs in ${dir} already.`,
      'End it first, or choose another directory.',
    );
  }
  return dir;
}

/** Not `recursive`: in /proc, where a parent exists and nothing can be made, Node's own recursion never ends. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

const isAlive = async (dir: string): Promise<boolean> => {
  try {
    await sendToLab(dir, { kind: 'status' });
    return true;
  } catch (error) {
    if (error instanceof LabUsageError) throw error;
    return false;
  }
};

const contextOf = (handle: LabHandle): ChangeContext => ({
  world: handle.world,
  renewCredential: (file, isExpired, isAimless) =>
    file === 'talosconfig'
      ? writeTalosconfig(handle, isExpired, isAimless)
      : writeKubeconfig(handle, isExpired),
});

function obey(handle: LabHandle, scenario: string, command: LabCommand): LabReply {
  const { world } = handle;
  switch (command.kind) {
    case 'do': {
      const text = applyChange(contextOf(handle), command.change, command.args);
      markKills(handle);
      handle.log(`do ${[command.change, ...command.args].join(' ')}: ${text}`);
      return { isOk: true, text };
    }
    case 'advance': {
      if (!(command.seconds > 0 && command.seconds <= LONGEST_ADVANCE_SECONDS)) {
        throw new LabUsageError(
          `The clock cannot be moved by ${command.seconds} seconds.`,
          `Give more than 0 and at most ${LONGEST_ADVANCE_SECONDS} seconds.`,
        );
      }
      world.clock.advance(command.seconds * 1000);
      return { isOk: true, text: `It is ${new Date(world.clock.now()).toISOString()} in the lab.` };
    }
    case 'status': {
      const status = statusOf(handle, scenario);
      return { isOk: true, text: statusText(status), status };
    }
    default:
      throw new LabUsageError('The lab does not know this command.', 'Use do, advance or status.');
  }
}

export interface RunHooks {
  /** Once everything answers and the files are written. */
  readonly onReady: (lab: RunningLab) => void;
  readonly signal: AbortSignal;
  /** The lab ends when this process does. */
  readonly parentPid?: number;
}

/** Runs in the foreground until the signal, SIGTERM, SIGINT, SIGHUP or the end of the parent. */
export async function runLab(options: LabOptions, hooks: RunHooks): Promise<void> {
  const ended = endOf(hooks);
  const lab = await startLab(options);
  hooks.onReady(lab);
  await ended;
  await lab.close();
}

const ENDING_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

function endOf({ signal, parentPid }: RunHooks): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(watch);
      for (const name of ENDING_SIGNALS) process.off(name, end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const watch = setInterval(() => {
      if (parentPid !== undefined && !isRunning(parentPid)) end();
    }, PARENT_CHECK_MS);
    for (const name of ENDING_SIGNALS) process.once(name, end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

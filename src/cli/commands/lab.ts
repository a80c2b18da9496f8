import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../../clients/clock.js';
import {
  type LabCommand,
  labChanges,
  labIncidents,
  labScenarios,
  type RunningLab,
  runLab,
  scenarioOf,
  sendToLab,
} from '../../lab/lab.js';
import type { LabFlags } from '../command-tree.js';
import { drillsPage, storyRecord, storyText } from '../drills.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';
import { labEnvironment } from '../lab-environment.js';
import { isAlive } from '../liveness.js';
import { SCHEMA } from '../output.js';
import { freeStartMemory } from '../small-heap.js';
import { UsageError } from '../usage-error.js';

/** Serves until it is told to end. */
export async function up(invocation: Invocation, flags: LabFlags): Promise<ExitCode> {
  const { output, isJson, env } = invocation;
  const dir = directoryOf(flags);
  const scenario = flags.scenario ?? 'healthy';
  const parentPid =
    flags.parentPid === undefined ? null : wholeNumber('--parent-pid', flags.parentPid);
  const announce = ({ handle }: RunningLab): void => {
    const environment = labEnvironment(readFileSync(join(handle.dir, 'env.sh'), 'utf8'), env);
    if (isJson) output.record({ schema: SCHEMA, dir: handle.dir, scenario, env: environment });
    else output.line(`${scenario} is up. In another shell: . ${join(handle.dir, 'env.sh')}`);
  };
  await runLab(
    {
      scenario,
      dir,
      seed: wholeNumber('--seed', flags.seed ?? '1'),
      timeScale: timeScale(flags.timeScale ?? '1'),
      ...(flags.talos === undefined ? {} : { talosVersion: flags.talos }),
      realTools: flags.realTools === true,
      ...(isJson ? {} : { log: (line: string) => output.line(line) }),
    },
    {
      onReady(lab) {
        announce(lab);
        freeStartMemory(systemClock);
      },
      signal: new AbortController().signal,
      ...(parentPid === null ? {} : { parentPid }),
    },
  );
  // The demo that started us was killed and cannot clean up.
  if (parentPid !== null && !isAlive(parentPid)) {
    const { stopRuns } = await import('../stop-runs.js');
    await stopRuns(join(dir, 'state'));
    rmSync(dir, { recursive: true, force: true });
  }
  return EXIT.ok;
}

export const change = (
  invocation: Invocation,
  name: string,
  args: readonly string[],
  flags: LabFlags,
): Promise<ExitCode> => order(invocation, flags, { kind: 'do', change: name, args });

export const advance = (
  invocation: Invocation,
  seconds: string,
  flags: LabFlags,
): Promise<ExitCode> =>
  order(invocation, flags, { kind: 'advance', seconds: positiveNumber('advance', seconds) });

export const labStatus = (invocation: Invocation, flags: LabFlags): Promise<ExitCode> =>
  order(invocation, flags, { kind: 'status' });

async function order(
  { output, isJson }: Invocation,
  flags: LabFlags,
  command: LabCommand,
): Promise<ExitCode> {
  const { text, status } = await sendToLab(directoryOf(flags), command);
  if (isJson)
    output.document({ schema: SCHEMA, text, ...(status === undefined ? {} : { status }) });
  else output.line(text);
  return EXIT.ok;
}

const NAME_WIDTH = 24;

export async function scenarios({ output, isJson }: Invocation): Promise<ExitCode> {
  const all = labScenarios.map(({ id, help }) => ({ name: id, help }));
  if (isJson) output.document({ schema: SCHEMA, scenarios: all });
  else {
    for (const { name, help } of all) output.line(`${name.padEnd(NAME_WIDTH)}  ${help}`);
    output.line(
      `${'N+M, N+M@P'.padEnd(NAME_WIDTH)}  any number of control planes and workers, on P Proxmox nodes, for example 3+97@4`,
    );
  }
  return EXIT.ok;
}

/** Without a scenario: the incidents that there are. @throws LabUsageError for an unknown one */
export async function story(
  { output, isJson }: Invocation,
  id: string | undefined,
  isMarkdown: boolean,
): Promise<ExitCode> {
  if (isMarkdown) {
    output.line(drillsPage().trimEnd());
    return EXIT.ok;
  }
  const wanted = id === undefined ? null : scenarioOf(id).id;
  const stories = labIncidents.filter((incident) => wanted === null || incident.id === wanted);
  if (isJson) output.document({ schema: SCHEMA, stories: stories.map(storyRecord) });
  else if (wanted === null) {
    for (const incident of stories) output.line(`${incident.id.padEnd(24)}  ${incident.help}`);
  } else if (stories.length === 0) output.line(`Nothing is broken in ${wanted}.`);
  else for (const incident of stories) output.line(storyText(incident));
  return EXIT.ok;
}

export async function changes({ output, isJson }: Invocation): Promise<ExitCode> {
  const all = labChanges.map(({ id, args, help }) => ({ name: id, args, help }));
  if (isJson) output.document({ schema: SCHEMA, changes: all });
  else {
    for (const { name, args, help } of all) {
      output.line(`${`${name} ${args}`.trimEnd().padEnd(38)}  ${help}`);
    }
  }
  return EXIT.ok;
}

function directoryOf({ dir }: LabFlags): string {
  if (dir === undefined || dir === '') {
    throw new UsageError('The lab needs a directory.', 'Add --dir DIR.');
  }
  return resolve(dir);
}

const timeScale = (text: string): number =>
  text === 'max' ? Number.POSITIVE_INFINITY : positiveNumber('--time-scale', text, 'or max');

function positiveNumber(name: string, text: string, alternative = ''): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(
    `${name} ${text} is no number.`,
    `Give a number, 0 or more${alternative === '' ? '' : ` ${alternative}`}.`,
  );
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${name} ${text} is no whole number.`, 'Give a whole number, 0 or more.');
}

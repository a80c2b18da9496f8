import { join } from 'node:path';
import { stepLogPath } from '../../src/actions/step-log.js';
import type { Action, Answers, PlanContext } from '../../src/actions/types.js';
import type { Shell } from '../../src/clients/types.js';
import { CommandFailed } from '../../src/model/errors.js';
import { quoteArgv } from '../../src/model/shell-words.js';
import { inspectNow, type Planning, planNow } from '../../src/runs/confirmed-plan.js';
import type { Engine } from '../../src/runs/engine.js';
import type { Journal } from '../../src/runs/journal.js';
import { followOpenTasks } from '../../src/runs/reattach.js';
import type { RunSession } from '../../src/runs/session.js';
import type { JournalLine, RunRequest } from '../../src/runs/types.js';
import { memoryAudit } from '../support/run-world.js';
import type { Faults } from './faults.js';
import type { Sim } from './sim.js';

/** What one run process is made of in the simulation. */
export interface Process {
  readonly sim: Sim;
  readonly faults: Faults;
  readonly action: Action;
  readonly request: RunRequest;
  /** On disk: it survives the process. */
  readonly journal: JournalLine[];
  readonly cancel: AbortSignal;
}

const RUN_DIR = '/runs/soak';

/** A killed process writes nothing any more. */
export const journalOn = (lines: JournalLine[], { clock, onJournal }: Faults): Journal => ({
  append(entry) {
    onJournal(`before the line ${entry.type}`);
    lines.push({ atMs: clock.now(), ...entry });
    onJournal(`after the line ${entry.type}`);
  },
  isConcluded: () => ['succeeded', 'failed', 'cancelled'].includes(lines.at(-1)?.type ?? ''),
  close: () => undefined,
});

export const contextNow = (
  { connection, world }: Sim,
  session: RunSession,
  answers: Answers,
): PlanContext => ({
  snapshot: session.snapshot(),
  answers,
  connection,
  facts: session.facts.get(),
  nowMs: world.clock.now(),
});

export const followOpen = (
  { journal, faults, cancel }: Process,
  { pve }: RunSession,
  earlier: readonly JournalLine[],
): Promise<void> =>
  followOpenTasks(pve, {
    earlier,
    journal: journalOn(journal, faults),
    clock: faults.clock,
    cancel,
  });

/** As conduct.ts puts it together; the locks are proven elsewhere. */
export function engineFor(
  { sim, faults, request, cancel }: Process,
  session: RunSession,
  planning: Planning,
  earlier: readonly JournalLine[],
): Engine {
  const { clock } = faults;
  const { journal } = planning;
  return {
    journal,
    clock,
    earlier,
    cancel,
    isWatched: () => false,
    isPauseWished: () => false,
    takeContinue: () => false,
    lostLock: async () => null,
    overrides: () => request.overrides,
    keepGoing: true,
    maxDurationMs: null,
    inspect: () => inspectNow(planning),
    replan: (context) => planNow(context, planning),
    shellFor: (step) => journallingShell(step, session.shell, journal, sim),
    context: {
      connection: request.connection,
      snapshot: session.snapshot,
      talos: session.talos,
      kube: session.kube,
      pve: session.pve,
      snapshotFiles: sim.files,
      audit: memoryAudit(),
      runDir: RUN_DIR,
      operator: 'soak',
    },
  };
}

/** Intent before, exit after, output kept: as the shell of a step does it. */
function journallingShell(step: string, shell: Shell, journal: Journal, { files }: Sim): Shell {
  return {
    async run(argv, options) {
      if (options.effect === 'read') return await shell.run(argv, options);
      journal.append({ type: 'intent', step, command: quoteArgv(argv), argv });
      const exit = (exitCode: number | null, durationMs: number): void =>
        journal.append({ type: 'exit', step, exitCode, durationMs, argv, effect: 'change' });
      try {
        const result = await shell.run(argv, options);
        files.print(stepLogPath(RUN_DIR, step), result.stdout);
        files.print(join(RUN_DIR, 'out', `${step}.err.log`), result.stderr);
        exit(0, result.durationMs);
        return result;
      } catch (error) {
        if (error instanceof CommandFailed) exit(error.exitCode ?? null, 0);
        throw error;
      }
    },
  };
}

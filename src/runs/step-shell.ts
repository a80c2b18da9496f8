import { join } from 'node:path';
import { stepLogPath } from '../actions/step-log.js';
import type { Clock } from '../clients/clock.js';
import { throughServer } from '../clients/kubectl-server.js';
import type { Environment } from '../clients/tool-environment.js';
import type { CommandResult, Shell, ShellOptions } from '../clients/types.js';
import { quoteArgv } from '../model/shell-words.js';
import type { Journal } from './journal.js';
import { processStartOf } from './process-identity.js';
import { type Argv, runSurviving } from './surviving-command.js';

export interface StepShellWiring {
  /** For reads: they may be repeated and need not survive. */
  readonly reader: Shell;
  /** The API server that answers instead of the kubeconfig's; null while that one does. */
  readonly viaServer?: (() => string | null) | undefined;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly env: Environment;
  readonly runDir: string;
  readonly lockFd: number | null;
}

/** The shell of one step: every change is journalled before it starts, and outlives this process. */
export function stepShell(step: string, wiring: StepShellWiring): Shell {
  return {
    run: (argv, options) =>
      options.effect === 'change'
        ? change(step, argv, options, wiring)
        : wiring.reader.run(argv, options),
  };
}

function change(
  step: string,
  planned: Argv,
  options: ShellOptions,
  { journal, clock, env, runDir, lockFd, viaServer = () => null }: StepShellWiring,
): Promise<CommandResult> {
  // The plan and its fingerprint name the cluster; which of its API servers answers is a matter of the moment.
  const server = viaServer();
  const argv = throughServer(planned, server);
  if (argv !== planned) {
    journal.append({
      type: 'note',
      text: `The kubeconfig's server does not answer: ${server} is asked.`,
    });
  }
  journal.append({ type: 'intent', step, command: quoteArgv(argv), argv });
  return runSurviving({
    argv,
    options,
    env,
    clock,
    lockFd,
    stdoutPath: stepLogPath(runDir, step),
    stderrPath: join(runDir, 'out', `${step}.err.log`),
    onSpawn: (pid) =>
      journal.append({ type: 'pid', step, pid, processStart: processStartOf(pid) ?? '' }),
    onExit: (exitCode, durationMs) =>
      journal.append({ type: 'exit', step, exitCode, durationMs, argv, effect: 'change' }),
  });
}

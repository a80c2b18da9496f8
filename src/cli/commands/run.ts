import { createInterface } from 'node:readline/promises';
import type { Plan, Refusal } from '../../actions/types.js';
import { requireStateDir } from '../../runs/directory.js';
import type { ActingFlags } from '../command-tree.js';
import { directories } from '../directories.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { followRun } from '../follow-run.js';
import type { Invocation } from '../invocation.js';
import { SCHEMA } from '../output.js';
import { closedGates, planText } from '../plan-report.js';
import { findAction, readAnswers } from '../registry.js';
import { UsageError } from '../usage-error.js';
import { withCluster } from '../with-cluster.js';
import { plan, planFor, refuse } from './plan.js';

/** Plans, confirms, starts the run process and follows its journal. */
export async function run(
  invocation: Invocation,
  actionId: string,
  flags: ActingFlags,
): Promise<ExitCode> {
  if (flags.dryRun) return plan(invocation, actionId, flags);
  const action = findAction(actionId);
  const answers = readAnswers(action, flags.set);
  if (flags.detach && invocation.options.demo !== null) {
    throw new UsageError(
      '--detach does not go with --demo: the simulated cluster ends with this command.',
      'Start one with `talos-tui lab up` and run against it.',
    );
  }
  const { options, env } = invocation;
  // Before anything is planned or asked; a demo brings its own.
  if (options.demo === null || options.stateDir !== null) {
    requireStateDir(directories(options, env).stateDir);
  }
  return withCluster(invocation, async (attached) => {
    const planned = await planFor(attached, action.id, answers);
    if (planned.kind === 'refusal') return refuse(planned, invocation, attached);
    const closed = closedGateRefusal(planned);
    if (closed !== null) return refuse(closed, invocation, attached);
    if (!(await isConfirmed(planned, flags, invocation))) {
      invocation.output.warn('Not confirmed: nothing was done.');
      return EXIT.cancelled;
    }
    const id = await attached.startRun(planned, { overrides: [], keepGoing: flags.keepGoing });
    if (!flags.detach) return followRun({ runs: attached.runs, id, skip: 0, invocation });
    if (invocation.isJson) invocation.output.document({ schema: SCHEMA, run: id });
    else invocation.output.line(`${id} · follow it with \`talos-tui runs follow ${id}\``);
    return EXIT.ok;
  });
}

function closedGateRefusal(planned: Plan): Refusal | null {
  const [gate] = closedGates(planned);
  if (gate === undefined) return null;
  return { kind: 'refusal', reason: `${gate.id}: ${gate.text}`, hint: gate.remedy, gate: gate.id };
}

async function isConfirmed(
  planned: Plan,
  flags: ActingFlags,
  invocation: Invocation,
): Promise<boolean> {
  const { confirmName } = planned;
  if (flags.yes) {
    if (confirmName === null || flags.confirmName === confirmName) return true;
    throw new UsageError(
      flags.confirmName === null
        ? `${planned.action} is level ${planned.level}: --yes alone does not confirm it.`
        : `--confirm-name ${flags.confirmName} is not the name of what is changed.`,
      `Add --confirm-name ${confirmName}.`,
    );
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY || invocation.isJson) {
    throw new UsageError(
      `${planned.action} changes the cluster and nobody can be asked here.`,
      'Look at it with --dry-run, then add --yes.',
    );
  }
  for (const line of planText(planned)) invocation.output.line(line);
  const expected = confirmName ?? 'yes';
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await prompt.question(`Type ${expected} to run it: `)).trim() === expected;
  } finally {
    prompt.close();
  }
}

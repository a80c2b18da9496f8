import type { Plan } from '../../actions/types.js';
import { requireStateDir } from '../../runs/directory.js';
import type { ActingFlags } from '../acting-flags.js';
import type { Attached } from '../attached.js';
import { isConfirmed } from '../confirm.js';
import { isTyped, nameToType, refusalDespite } from '../consent.js';
import { directories } from '../directories.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { followRun } from '../follow-run.js';
import type { Invocation } from '../invocation.js';
import { SCHEMA } from '../output.js';
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
  if (flags.dryRun || flags.script) return plan(invocation, actionId, flags);
  const action = findAction(actionId);
  const answers = readAnswers(action, flags.set);
  const { options, env } = invocation;
  if (flags.detach && options.demo !== null) {
    throw new UsageError(
      '--detach does not go with --demo: the simulated cluster ends with this command.',
      'Start one with `talos-tui lab up` and run against it.',
    );
  }
  // Before anything is planned or asked; a demo brings its own.
  if (options.demo === null || options.stateDir !== null) {
    requireStateDir(directories(options, env).stateDir);
  }
  return withCluster(invocation, async (attached) => {
    const { warn: tell } = invocation.output;
    const planned = await planFor(attached, action, { answers, tell });
    if (planned.kind === 'refusal') return refuse(planned, invocation, attached);
    const gates = attached.gatesAhead(planned);
    const closed = refusalDespite(planned, gates, flags.override);
    if (closed !== null) return refuse(closed, invocation, attached);
    const name = nameToType(planned, isTyped(gates, flags.override), attached.connection.name);
    if (!(await isConfirmed(planned, flags, { name, invocation }))) {
      invocation.output.warn('Not confirmed: nothing was done.');
      return EXIT.cancelled;
    }
    return await start(planned, flags, { attached, invocation });
  });
}

async function start(
  planned: Plan,
  { override, keepGoing, maxDurationMs, detach }: ActingFlags,
  { attached, invocation }: { readonly attached: Attached; readonly invocation: Invocation },
): Promise<ExitCode> {
  const { isJson, output } = invocation;
  const id = await attached.startRun(planned, {
    overrides: override,
    keepGoing,
    maxDurationMs,
  });
  if (!detach) return followRun({ runs: attached.runs, id, skip: 0, invocation });
  if (isJson) {
    output.document({ schema: SCHEMA, run: id });
    return EXIT.ok;
  }
  output.line(`${id} · follow it with \`talos-tui runs follow ${id}\``);
  if (!keepGoing && planned.steps.some(({ isDisruptive }) => isDisruptive)) {
    output.line(
      `It pauses before it disrupts while nobody watches: \`talos-tui runs continue ${id}\`.`,
    );
  }
  return EXIT.ok;
}

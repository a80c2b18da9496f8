import { ClientError } from '../../model/errors.js';
import type { RunId } from '../../model/ids.js';
import type { RunSummary } from '../../model/run.js';
import { sanitise } from '../../model/sanitise.js';
import { LOCK_GATE } from '../../runs/gates-ahead.js';
import type { GatePolicy, JournalLine, RunRequest, Runs } from '../../runs/types.js';
import type { ConsentFlags } from '../acting-flags.js';
import { isConsented, type Subject } from '../confirm.js';
import { checkOverrides, isTyped } from '../consent.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { followRun } from '../follow-run.js';
import type { Invocation } from '../invocation.js';
import { operatorName } from '../operator-name.js';

/** Starts a run again, or lets a paused one go on, with gates overridden when they are named. */
export async function resume(
  opened: Runs,
  id: RunId,
  invocation: Invocation,
  flags: ConsentFlags,
): Promise<ExitCode> {
  const { request, summary, journal } = await opened.show(id);
  if (flags.override.length > 0) {
    if (summary.state === 'succeeded') await opened.resume(id);
    if (!(await isOverrideConfirmed(request, journal, { flags, invocation }))) {
      invocation.output.warn('Not confirmed: nothing was overridden.');
      return EXIT.cancelled;
    }
    await opened.override(id, { gates: flags.override, operator: operatorName(invocation.env) });
  }
  if (flags.override.length === 0 || needsWord(summary)) await opened.resume(id);
  return followRun({ runs: opened, id, skip: journal.length, invocation });
}

/** A living run that waits for a gate takes the override by itself. */
const needsWord = ({ state, pause }: RunSummary): boolean =>
  state !== 'running' && state !== 'starting' && pause?.heldBy !== 'world';

/** @throws UsageError for gates that the run does not have or nobody may override */
function isOverrideConfirmed(
  request: RunRequest,
  journal: readonly JournalLine[],
  { flags, invocation }: { readonly flags: ConsentFlags; readonly invocation: Invocation },
): Promise<boolean> {
  const { override } = flags;
  const policies = policiesOf(request, journal);
  checkOverrides(policies, override);
  const subject: Subject = {
    lines: [request.summary, ...override.map((gate) => gateText(gate, journal))].map(sanitise),
    what: `Overriding ${override.join(', ')}`,
    change: `Overriding ${override.join(', ')} lets the run go on where it was held`,
    look: 'Look at it with `talos-tui runs show`, then add',
  };
  const name = isTyped(policies, override) ? request.cluster : null;
  return isConsented(subject, flags, { name, invocation });
}

/** Runs of an older version do not say what they may meet: then what they have met, with the stricter consent. */
const policiesOf = (
  { gates }: RunRequest,
  journal: readonly JournalLine[],
): readonly GatePolicy[] =>
  gates ?? [
    ...journal.flatMap((line) =>
      line.type === 'gate' ? [{ id: line.id, override: 'type' } as const] : [],
    ),
    { id: LOCK_GATE, override: 'type' },
  ];

function gateText(gate: string, journal: readonly JournalLine[]): string {
  const last = journal.findLast((line) => line.type === 'gate' && line.id === gate);
  return last?.type === 'gate'
    ? `${gate}, last seen ${last.state}: ${last.text}`
    : `${gate}, not judged so far`;
}

/** Only what waits for the operator: a run that has ended is resumed, and a gate opens by itself. */
export async function goOn(
  opened: Runs,
  id: RunId,
  invocation: Invocation,
  flags: ConsentFlags,
): Promise<ExitCode> {
  const { summary } = await opened.show(id);
  const refused = refusalToGoOn(summary);
  if (refused !== null) throw refused;
  return resume(opened, id, invocation, flags);
}

function refusalToGoOn({ id, state, outcome, pause }: RunSummary): ClientError | null {
  if (state !== 'paused') {
    return new ClientError(
      'refused',
      `Run ${id} is not paused but ${state}.`,
      state === 'starting' || state === 'running'
        ? `Follow it with \`talos-tui runs follow ${id}\`.`
        : `See \`talos-tui runs show ${id}\`; \`talos-tui runs resume ${id}\` starts it again.`,
    );
  }
  if (pause?.heldBy !== 'world') return null;
  const { gate } = pause;
  return new ClientError(
    'refused',
    `Run ${id} does not wait for you: ${outcome}`,
    gate === null || gate.override === 'no'
      ? 'It goes on by itself as soon as that is so.'
      : `It goes on by itself as soon as that is so; if you know better: \`talos-tui runs resume ${id} --override ${gate.id}\`.`,
  );
}

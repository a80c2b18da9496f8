import type { RunId } from '../../model/ids.js';
import type { RunSummary } from '../../model/run.js';
import { sanitise } from '../../model/sanitise.js';
import type { Runs } from '../../runs/types.js';
import type { ConsentFlags } from '../acting-flags.js';
import { directories } from '../directories.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { followRun } from '../follow-run.js';
import type { Invocation } from '../invocation.js';
import { createNarrator } from '../narrator.js';
import { nearest, nextStep } from '../nearest.js';
import { openRuns } from '../open-runs.js';
import { SCHEMA } from '../output.js';
import { UsageError } from '../usage-error.js';
import { goOn, resume } from './resume.js';

type Verb = (
  runs: Runs,
  id: RunId,
  invocation: Invocation,
  flags: ConsentFlags,
) => Promise<ExitCode>;

const VERBS: Readonly<Record<string, Verb>> = {
  show,
  follow: (runs, id, invocation) => followRun({ runs, id, skip: 0, invocation }),
  resume,
  continue: goOn,
  pause,
  cancel,
  export: exportScript,
};

export async function runs(
  invocation: Invocation,
  verb: string,
  id: string | null,
  flags: ConsentFlags,
): Promise<ExitCode> {
  if (flags.override.length > 0 && verb !== 'resume') {
    throw new UsageError(
      `runs ${verb} overrides nothing.`,
      'Gates of a run are overridden with `talos-tui runs resume ID --override GATE`.',
    );
  }
  if (verb === 'list' && id !== null) {
    throw new UsageError(
      `runs list takes no ${id}.`,
      `Run \`talos-tui runs list\`, or \`talos-tui runs show ${id}\` for one run.`,
    );
  }
  const opened = openRuns(directories(invocation.options, invocation.env).stateDir);
  if (verb === 'list') return list(opened, invocation);
  const act = VERBS[verb];
  if (act === undefined) {
    const known = ['list', ...Object.keys(VERBS)];
    throw new UsageError(`runs has no ${verb}.`, nextStep(verb, known, 'talos-tui runs --help'));
  }
  return act(opened, await findRun(opened, verb, id), invocation, flags);
}

async function findRun(opened: Runs, verb: string, id: string | null): Promise<RunId> {
  const known = (await opened.list()).map((run) => run.id);
  if (id === null) {
    const [newest] = known;
    throw new UsageError(
      `runs ${verb} needs the id of a run.`,
      newest === undefined ? 'There are no runs yet.' : `The newest is ${newest}.`,
    );
  }
  const exact = known.find((each) => each === id);
  if (exact !== undefined) return exact;
  const guess = nearest(id, known);
  throw new UsageError(
    `There is no run ${id}.`,
    guess === null ? 'See `talos-tui runs list`.' : `Did you mean ${guess}?`,
  );
}

async function list(opened: Runs, { isJson, output, options }: Invocation): Promise<ExitCode> {
  const all = await opened.list();
  if (isJson) {
    output.document({ schema: SCHEMA, runs: all });
    return EXIT.ok;
  }
  if (all.length === 0) {
    output.line('No runs yet.');
    return EXIT.ok;
  }
  const { printTable } = await import('../printed-table.js');
  output.line(
    printTable<RunSummary>({
      rows: all,
      columns: [
        { title: 'RUN', value: ({ id }) => id, shrink: 0 },
        { title: 'STATE', value: ({ state }) => state, shrink: 0 },
        { title: 'STEPS', value: stepsDone, shrink: 0 },
        { title: 'WHAT', value: ({ summary }) => sanitise(summary), shrink: 1 },
      ],
      width: 80,
      isAscii: options.isAscii,
    }),
  );
  return EXIT.ok;
}

function stepsDone({ steps }: RunSummary): string {
  const done = steps.filter(({ state }) => state === 'done' || state === 'already-done').length;
  return `${done}/${steps.length}`;
}

async function show(opened: Runs, id: RunId, { isJson, output }: Invocation): Promise<ExitCode> {
  const shown = await opened.show(id);
  if (isJson) {
    output.document({ schema: SCHEMA, ...shown });
    return EXIT.ok;
  }
  const { request, summary, journal } = shown;
  output.line(
    sanitise(`${summary.id} · ${summary.action} on ${summary.cluster} · ${summary.state}`),
  );
  output.line(sanitise(summary.summary));
  const narrator = createNarrator(request);
  for (const line of journal) {
    const text = narrator.tell(line);
    if (text !== null) output.line(text);
  }
  // Its journal has no last word.
  if (summary.state === 'interrupted') output.line(sanitise(`interrupted: ${summary.outcome}`));
  return EXIT.ok;
}

async function pause(opened: Runs, id: RunId, { isJson, output }: Invocation): Promise<ExitCode> {
  await opened.pause(id);
  if (isJson) output.document({ schema: SCHEMA, run: id, pausing: true });
  else {
    output.line(
      `Asked ${id} to pause before it begins with another node; \`talos-tui runs continue ${id}\` lets it go on.`,
    );
  }
  return EXIT.ok;
}

async function cancel(opened: Runs, id: RunId, { isJson, output }: Invocation): Promise<ExitCode> {
  await opened.cancel(id);
  let { state, outcome } = (await opened.show(id)).summary;
  if (state === 'interrupted') {
    // Its process died before it heard of it.
    await opened.cancel(id);
    ({ state, outcome } = (await opened.show(id)).summary);
  }
  // Of a run whose process was dead nobody stops anything: only its journal was closed.
  const isCancelling = state === 'starting' || state === 'running' || state === 'paused';
  if (isJson) {
    const told = isCancelling ? {} : { outcome };
    output.document({ schema: SCHEMA, run: id, cancelling: isCancelling, state, ...told });
  } else if (isCancelling) {
    output.line(`Asked ${id} to stop at its next safe point.`);
  } else {
    output.line(sanitise(`${id} is ${state}: ${outcome}`));
  }
  return EXIT.ok;
}

async function exportScript(
  opened: Runs,
  id: RunId,
  { isJson, output }: Invocation,
): Promise<ExitCode> {
  const script = await opened.exportScript(id);
  if (isJson) output.document({ schema: SCHEMA, run: id, script });
  else output.line(script.trimEnd());
  return EXIT.ok;
}

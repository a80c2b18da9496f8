import type { RunState, RunSummary } from '../model/run.js';
import { attempt } from './attempt.js';
import type { Ui } from './ui.js';
import { useUi } from './ui.js';
import { useKeys } from './use-keys.js';
import { useWiring, type Wiring } from './wiring.js';

const PAUSABLE: readonly RunState[] = ['starting', 'running'];
const CANCELLABLE: readonly RunState[] = ['starting', 'running', 'paused', 'interrupted'];
const RESUMABLE: readonly RunState[] = ['interrupted', 'paused', 'failed', 'cancelled'];

/** Pause, cancel, go on, log and script of the run that is selected or open. */
export function useRunKeys(run: RunSummary | null, isActive = true): void {
  const ui = useUi();
  const wiring = useWiring();
  const act = (begin: (run: RunSummary) => void) => () => {
    if (run !== null) begin(run);
  };

  useKeys(
    'run',
    {
      ...(!wiring.isReadOnly() && {
        pause: act(({ id }) =>
          attempt(
            ui,
            wiring.pauseRun(id),
            'Asked the run to pause before it begins with another node',
          ),
        ),
        goOn: act(({ id }) => attempt(ui, wiring.resumeRun(id), 'Asked the run to go on')),
        cancel: act(({ id }) => askToCancel(wiring, ui, id)),
        override: act((each) => askToOverride(wiring, ui, each)),
      }),
      log: act((each) => attempt(ui, showLog(wiring, ui, each), '')),
      export: act((each) => attempt(ui, showScript(wiring, ui, each), '')),
    },
    {
      isActive,
      reasons: {
        pause: reasonUnless(run, PAUSABLE, 'Only a run that is going on can be paused.'),
        goOn:
          reasonUnless(run, RESUMABLE, 'Only a run that stopped half-way can go on.') ??
          reasonIfWorldHolds(run),
        cancel: reasonUnless(run, CANCELLABLE, 'This run has ended: there is nothing to stop.'),
        override: reasonAgainstOverride(run),
        log: run === null ? NOTHING : null,
        export: run === null ? NOTHING : null,
      },
    },
  );
}

export function askToCancel(wiring: Wiring, ui: Ui, runId: RunSummary['id']): void {
  const openedAtMs = wiring.nowMs();
  ui.modal.update(() => ({ kind: 'cancel-run', runId, openedAtMs }));
}

function askToOverride(wiring: Wiring, ui: Ui, { id, pause }: RunSummary): void {
  const gate = pause?.gate?.id;
  if (gate === undefined) return;
  const openedAtMs = wiring.nowMs();
  ui.modal.update(() => ({ kind: 'override-gate', runId: id, gate, openedAtMs }));
}

function reasonAgainstOverride(run: RunSummary | null): string | null {
  if (run === null) return NOTHING;
  const gate = run.pause?.gate ?? null;
  if (gate === null) return 'No gate holds this run.';
  return gate.override === 'no' ? `${gate.id} can never be overridden.` : null;
}

async function showLog(wiring: Wiring, ui: Ui, { id, summary }: RunSummary): Promise<void> {
  const lines = await wiring.readLog(id);
  const content = { kind: 'log', lines } as const;
  ui.modal.update(() => ({ kind: 'viewer', title: `Log: ${summary}`, content }));
}

async function showScript(wiring: Wiring, ui: Ui, { id, summary }: RunSummary): Promise<void> {
  const { path, text } = await wiring.saveScript(id);
  const content = { kind: 'text', lines: text.trimEnd().split('\n') } as const;
  ui.modal.update(() => ({ kind: 'viewer', title: `Script: ${summary}`, content }));
  // A path does not fit into a title.
  ui.say('ok', `Written to ${path}`);
}

const NOTHING = 'No run is selected.';

/** Its word would change nothing: it looks again by itself. */
const reasonIfWorldHolds = (run: RunSummary | null): string | null =>
  run?.state === 'paused' && run.pause?.heldBy === 'world'
    ? 'It waits for the cluster, and goes on by itself as soon as that is as it should be.'
    : null;

function reasonUnless(
  run: RunSummary | null,
  states: readonly RunState[],
  reason: string,
): string | null {
  if (run === null) return NOTHING;
  return states.includes(run.state) ? null : reason;
}

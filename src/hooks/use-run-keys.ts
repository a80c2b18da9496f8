import type { RunState, RunSummary } from '../model/run.js';
import { attempt } from './attempt.js';
import { useUi } from './ui.js';
import { useKeys } from './use-keys.js';
import { useWiring } from './wiring.js';

const CANCELLABLE: readonly RunState[] = ['starting', 'running', 'paused'];
const RESUMABLE: readonly RunState[] = ['interrupted', 'paused', 'failed'];

/** Cancel, resume and script of the run that is selected or open. */
export function useRunKeys(run: RunSummary | null, isActive = true): void {
  const ui = useUi();
  const wiring = useWiring();
  const isReadOnly = wiring.isReadOnly();
  const act = (begin: (run: RunSummary) => void) => () => {
    if (run !== null) begin(run);
  };

  useKeys(
    'run',
    {
      ...(!isReadOnly && {
        cancel: act(({ id }) =>
          attempt(ui, wiring.cancelRun(id), 'Asked the run to stop at the next safe point'),
        ),
        resume: act(({ id }) => attempt(ui, wiring.resumeRun(id), 'The run goes on')),
      }),
      export: act(({ id, summary }) =>
        attempt(
          ui,
          wiring.exportRun(id).then((script) => {
            const lines = script.split('\n');
            const content = { kind: 'text', lines } as const;
            ui.modal.update(() => ({ kind: 'viewer', title: `Script: ${summary}`, content }));
          }),
          '',
        ),
      ),
    },
    {
      isActive,
      reasons: {
        cancel: reasonUnless(run, CANCELLABLE, 'This run has ended: there is nothing to stop.'),
        resume: reasonUnless(run, RESUMABLE, 'Only a run that stopped half-way can be resumed.'),
        export: run === null ? NOTHING : null,
      },
    },
  );
}

const NOTHING = 'No run is selected.';

function reasonUnless(
  run: RunSummary | null,
  states: readonly RunState[],
  reason: string,
): string | null {
  if (run === null) return NOTHING;
  return states.includes(run.state) ? null : reason;
}

import { useApp } from 'ink';
import { useEffect } from 'react';
import type { RunId } from '../model/ids.js';
import { machineByKey } from '../model/machines.js';
import { knownValue } from '../model/reading.js';
import type { RunSummary } from '../model/run.js';
import { back, detailOf, goTo, neighbour, open, type ScreenId } from './place.js';
import { isGoingOn } from './run-progress.js';
import type { Ui } from './ui.js';
import { useUi } from './ui.js';
import { useKeyLayer, useKeys } from './use-keys.js';
import { useSnapshot, useStore } from './use-store.js';
import { useWiring, type Wiring } from './wiring.js';

export interface NumberedScreen {
  readonly id: ScreenId;
  readonly key: string;
  readonly title: string;
}

/** Keys that work on every screen. `isAttached`: before that there is nothing to go to. */
export function useGlobalKeys(screens: readonly NumberedScreen[], isAttached: boolean): void {
  const wiring = useWiring();
  const ui = useUi();
  const { suspendTerminal } = useApp();
  const place = useStore(ui.place);
  const ids = screens.map(({ id }) => id);
  const show = (screen: ScreenId) => ui.place.update(() => goTo(screen));
  const isHome = place.details.length === 0;

  useKeys(
    'global',
    {
      help: () => ui.modal.update(() => ({ kind: 'help' })),
      back: () => (isHome ? quit(wiring, ui) : ui.place.update(back)),
      escape: () => ui.place.update(back),
      suspend: () => void suspendTerminal(() => wiring.suspend()),
      interrupt: () => interrupt(wiring, ui),
      ...(isAttached && {
        palette: () => ui.modal.update(() => ({ kind: 'palette' })),
        refresh: () => refresh(wiring, ui),
        commands: () => ui.place.update((from) => open(from, { kind: 'commands' })),
        nextScreen: () => show(neighbour(ids, place.screen, 1)),
        previousScreen: () => show(neighbour(ids, place.screen, -1)),
      }),
    },
    { labels: { back: isHome ? 'quit' : 'back' } },
  );
  const numbers = screens.map(({ id, key, title }) => ({
    keys: [key],
    label: '',
    help: `Go to ${title}`,
    rank: 90,
    reason: null,
    run: () => show(id),
  }));
  useKeyLayer(
    { title: 'Screens', level: 'global', keys: numbers, onText: null, onPaste: null },
    isAttached,
  );
}

function refresh(wiring: Wiring, ui: Ui): void {
  wiring.refresh();
  ui.say('none', 'Reading everything again');
}

/** Ctrl-C: closes what is open; with nothing open it leaves. */
function interrupt(wiring: Wiring, ui: Ui): void {
  const modal = ui.modal.get();
  if (modal === null) quit(wiring, ui);
  else ui.modal.update(() => null);
}

export function quit(wiring: Wiring, ui: Ui): void {
  const run = activeStartedRun(wiring, ui.startedRuns.get());
  if (run === undefined) wiring.quit();
  else ui.modal.update(() => ({ kind: 'quit', runSummary: run.summary, runId: run.id }));
}

function activeStartedRun(wiring: Wiring, started: ReadonlySet<RunId>): RunSummary | undefined {
  const runs = knownValue(wiring.snapshots.get().runs) ?? [];
  return runs.find((run) => started.has(run.id) && isGoingOn(run));
}

/** Tells the sources what is looked at: they slow down what nobody sees. */
export function useFocusReport(): void {
  const wiring = useWiring();
  const place = useStore(useUi().place);
  const detail = detailOf(place);
  const screen = detail?.kind ?? place.screen;
  const node = useSnapshot((snapshot) =>
    detail?.kind === 'node'
      ? (machineByKey(snapshot, detail.machineKey)?.talos?.address ?? null)
      : null,
  );

  // Keeps the sources in step with the screen that is shown.
  useEffect(() => {
    wiring.setFocus({ screen, node });
  }, [wiring, screen, node]);
}

import { systemClock } from '../clients/clock.js';
import type { RunId } from '../model/ids.js';
import type { RunState } from '../model/run.js';
import type { JournalLine, RunRequest, Runs } from '../runs/types.js';
import { EXIT, type ExitCode } from './exit-code.js';
import type { Invocation } from './invocation.js';
import { exitCodeOfLine } from './journal-text.js';
import { createNarrator } from './narrator.js';
import { SCHEMA } from './output.js';

export interface Following {
  readonly runs: Runs;
  readonly id: RunId;
  /** Journal lines that were shown before. */
  readonly skip: number;
  readonly invocation: Invocation;
}

/** A run process says its first word within a second, also on a busy machine. */
const START_PATIENCE_MS = 15_000;
/** Nobody should have to wonder whether it still lives. */
const REMIND_AFTER_MS = 30_000;

const CLOSED: ReadonlySet<RunState> = new Set(['succeeded', 'failed', 'cancelled', 'interrupted']);

/** Prints a run's journal until it has ended. Ctrl-C asks the run to stop at its next safe point. */
export async function followRun(following: Following): Promise<ExitCode> {
  const { runs, id, invocation } = following;
  const { output, isJson } = invocation;
  const { request } = await runs.show(id);
  if (isJson) output.record({ schema: SCHEMA, run: id });
  else output.line(`${id} · goes on without this terminal; Ctrl-C asks it to stop`);
  const teller = createTeller(request, invocation);
  try {
    return await untilEnded(following, teller.tell);
  } finally {
    teller.stop();
  }
}

/** Prints lines, and after a silence what is waited for. */
function createTeller(
  request: RunRequest,
  { output, isJson }: Invocation,
): { readonly tell: (line: JournalLine, isShown: boolean) => void; readonly stop: () => void } {
  const narrator = createNarrator(request);
  let stopReminder = (): void => undefined;
  const remindLater = (): void => {
    stopReminder();
    if (isJson) return;
    stopReminder = systemClock.after(REMIND_AFTER_MS, () => {
      const text = narrator.remind(systemClock.now());
      if (text !== null) output.line(text);
      remindLater();
    });
  };
  remindLater();
  return {
    stop: () => stopReminder(),
    tell(line, isShown) {
      const text = narrator.tell(line);
      if (!isShown) return;
      if (isJson) output.record({ schema: SCHEMA, ...line });
      else if (text !== null) output.line(text);
      remindLater();
    },
  };
}

function untilEnded(
  { runs, id, skip, invocation: { output } }: Following,
  tell: (line: JournalLine, isShown: boolean) => void,
): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    let shown = 0;
    let last: JournalLine | null = null;
    let stopPatience = (): void => undefined;
    const finish = (code: ExitCode): void => {
      stopPatience();
      stopFollowing();
      stopWatching();
      process.off('SIGINT', interrupt);
      resolve(code);
    };
    const show = (line: JournalLine): void => {
      shown += 1;
      last = line;
      tell(line, shown > skip);
      if (shown <= skip) return;
      const code = exitCodeOfLine(line);
      // An earlier attempt of a resumed run has a closing line too: only the run's state tells.
      if (code !== null) void settle(code).catch(reject);
    };
    const settle = async (code: ExitCode): Promise<void> => {
      const { summary, journal } = await runs.show(id);
      if (CLOSED.has(summary.state) && journal.length === shown) finish(code);
    };
    const interrupt = (): void => {
      output.warn(
        `Asked ${id} to stop at its next safe point. It goes on without this command; see \`talos-tui runs show ${id}\`.`,
      );
      void runs.cancel(id).catch(reject);
    };
    const stopFollowing = runs.follow(id, show);
    const giveUp = (): void => {
      output.warn(
        `The process of ${id} ended without finishing. Run \`talos-tui runs resume ${id}\`.`,
      );
      finish(EXIT.failed);
    };
    const stopWatching = runs.watch((all) => {
      stopPatience();
      if (all.find((each) => each.id === id)?.state !== 'interrupted') return;
      if (last !== null && exitCodeOfLine(last) !== null) return;
      // A run that is being resumed is still called interrupted until its new process says the first word.
      if (shown > skip) giveUp();
      else stopPatience = systemClock.after(START_PATIENCE_MS, giveUp);
    });
    process.on('SIGINT', interrupt);
  });
}

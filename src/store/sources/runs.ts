import { OperatorError } from '../../model/errors.js';
import type { RunId } from '../../model/ids.js';
import type { CommandRecord, RunSummary } from '../../model/run.js';
import type { JournalLine } from '../../runs/types.js';
import { keepEqual } from '../keep-equal.js';
import { createSlot } from '../slot.js';
import type { SessionPorts } from '../types.js';
import type { SourceContext } from './types.js';

/** The command log shows the newest ones of the newest runs. */
const COMMANDS = 500;
const RUNS = 20;

export interface RunSource {
  readonly start: () => void;
  readonly stop: () => void;
}

/** Follows the runs, and keeps the log of every command: those of the runs and those of this process. */
export function createRunSource(
  { clock, store }: SourceContext,
  { runs, commands }: SessionPorts,
  onChangeCommand: (argv: readonly string[]) => void,
): RunSource {
  const slot = createSlot<readonly RunSummary[]>({
    clock,
    kind: 'watched',
    publish: (reading, urgency) => store.set('runs', reading, urgency),
  });
  const journals = new Map<RunId, readonly CommandRecord[]>();
  const read = new Map<RunId, RunSummary>();
  let isFirst = true;
  let isStopped = false;
  let stops: readonly (() => void)[] = [];

  const publish = () => {
    const all = [...journals.values()].flat().concat(commands?.get() ?? []);
    const newest = all.toSorted((a, b) => a.atMs - b.atMs).slice(-COMMANDS);
    store.set('commands', newest, 'soon');
  };
  const readJournals = async (summaries: readonly RunSummary[]): Promise<void> => {
    const isQuiet = isFirst;
    isFirst = false;
    const changed = newestFirst(summaries).filter((each) => {
      const former = read.get(each.id);
      return former === undefined || keepEqual(former, each) !== former;
    });
    for (const summary of changed) {
      read.set(summary.id, summary);
      const records = await commandsOf(summary.id, runs);
      if (isStopped) return;
      const former = journals.get(summary.id)?.length ?? 0;
      journals.set(summary.id, records);
      if (isQuiet) continue;
      for (const { effect, argv } of records.slice(former)) {
        if (effect === 'change') onChangeCommand(argv);
      }
    }
    if (changed.length > 0) publish();
  };

  return {
    start() {
      stops = [
        runs?.watch((summaries) => {
          slot.ok(summaries);
          void readJournals(summaries);
        }) ?? (() => {}),
        commands?.subscribe(publish) ?? (() => {}),
      ];
      if (commands && commands.get().length > 0) publish();
    },
    stop() {
      isStopped = true;
      for (const stop of stops) stop();
    },
  };
}

const newestFirst = (summaries: readonly RunSummary[]): readonly RunSummary[] =>
  summaries.toSorted((a, b) => b.startedAtMs - a.startedAtMs).slice(0, RUNS);

/** None of a run whose journal cannot be read: the run itself is listed with its state. */
async function commandsOf(
  id: RunId,
  runs: SessionPorts['runs'],
): Promise<readonly CommandRecord[]> {
  if (runs === null) return [];
  try {
    const { journal } = await runs.show(id);
    return journal.flatMap((line) => commandOf(line, id));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [];
  }
}

function commandOf(line: JournalLine, runId: RunId): readonly CommandRecord[] {
  if (line.type !== 'exit') return [];
  const { argv, effect, durationMs, exitCode, atMs } = line;
  return [{ atMs, argv, effect, durationMs, exitCode, target: null, runId }];
}

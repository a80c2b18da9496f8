import type { Column } from '../components/columns.js';
import { LEVEL_TONE, levelText } from '../components/levels.js';
import { progressText, whereText } from '../hooks/run-progress.js';
import { formatClock, formatDateTime, formatDuration } from '../model/format.js';
import type { Level } from '../model/machine.js';
import type { CommandRecord, RunSummary } from '../model/run.js';
import { RUN_LEVEL } from './parts/level-of.js';
import { shortCommandText } from './subjects/run.js';

/** A run, and how long ago it began in words that change once a minute. */
export interface RunRow {
  readonly run: RunSummary;
  readonly age: string;
}

export const RUN_COLUMNS: readonly Column<RunRow>[] = [
  {
    key: 'state',
    title: 'STATE',
    width: 13,
    priority: 0,
    format: ({ run }) => levelText(RUN_LEVEL[run.state], run.state),
    tone: ({ run }) => LEVEL_TONE[RUN_LEVEL[run.state]],
    sortValue: ({ run }) => run.state,
  },
  {
    key: 'age',
    title: 'AGE',
    width: 4,
    align: 'right',
    priority: 1,
    format: ({ age }) => age,
    tone: () => 'muted',
    sortValue: ({ run }) => -run.startedAtMs,
  },
  {
    key: 'summary',
    title: 'WHAT',
    width: { min: 34, max: 200 },
    isFlexible: true,
    priority: 0,
    format: ({ run }) => run.summary,
    sortValue: ({ run }) => run.summary,
  },
  {
    key: 'node',
    title: 'AT',
    width: { min: 10, max: 18 },
    priority: 1,
    format: ({ run }) => whereText(run) || '–',
    sortValue: ({ run }) => whereText(run),
  },
  {
    key: 'progress',
    title: 'STEPS',
    width: { min: 5, max: 7 },
    align: 'right',
    priority: 1,
    format: ({ run }) => progressText(run),
    tone: () => 'muted',
  },
  {
    key: 'operator',
    title: 'BY',
    width: { min: 4, max: 24 },
    priority: 2,
    format: ({ run }) => run.operator,
    tone: () => 'muted',
    sortValue: ({ run }) => run.operator,
  },
  {
    key: 'took',
    title: 'TOOK',
    width: 9,
    align: 'right',
    priority: 3,
    format: ({ run }) =>
      run.endedAtMs === null ? '–' : formatDuration(run.endedAtMs - run.startedAtMs),
    tone: () => 'muted',
    sortValue: ({ run }) => (run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs),
  },
  {
    key: 'action',
    title: 'ACTION',
    width: { min: 16, max: 23 },
    priority: 5,
    format: ({ run }) => run.action,
    tone: () => 'muted',
    sortValue: ({ run }) => run.action,
  },
  {
    key: 'started',
    title: 'STARTED',
    width: 16,
    priority: 4,
    format: ({ run }) => formatDateTime(run.startedAtMs),
    tone: () => 'muted',
    sortValue: ({ run }) => run.startedAtMs,
  },
];

export function commandLevel({ exitCode, durationMs }: CommandRecord): Level {
  if (exitCode === null) return durationMs === null ? 'wait' : 'unknown';
  return exitCode === 0 ? 'ok' : 'fail';
}

const exitWord = (command: CommandRecord): string => {
  const level = commandLevel(command);
  if (level === 'wait') return 'running';
  return command.exitCode === null ? 'no code' : `exit ${command.exitCode}`;
};

export const COMMAND_COLUMNS: readonly Column<CommandRecord>[] = [
  {
    key: 'at',
    title: 'TIME',
    width: 5,
    priority: 0,
    format: ({ atMs }) => formatClock(atMs),
    tone: () => 'muted',
    sortValue: ({ atMs }) => atMs,
  },
  {
    key: 'exit',
    title: 'EXIT',
    width: 9,
    priority: 0,
    format: (command) => levelText(commandLevel(command), exitWord(command)),
    tone: (command) => LEVEL_TONE[commandLevel(command)],
    sortValue: ({ exitCode }) => exitCode,
  },
  {
    key: 'took',
    title: 'TOOK',
    width: 8,
    align: 'right',
    priority: 2,
    format: ({ durationMs }) => (durationMs === null ? '–' : formatDuration(durationMs)),
    tone: () => 'muted',
    sortValue: ({ durationMs }) => durationMs,
  },
  {
    key: 'effect',
    title: 'EFFECT',
    width: 6,
    priority: 1,
    format: ({ effect }) => effect,
    tone: ({ effect }) => (effect === 'change' ? 'accent' : 'muted'),
    sortValue: ({ effect }) => effect,
  },
  {
    key: 'target',
    title: 'TARGET',
    width: { min: 6, max: 24 },
    priority: 3,
    format: ({ target }) => target ?? '–',
    sortValue: ({ target }) => target,
  },
  {
    key: 'command',
    title: 'COMMAND',
    width: { min: 20, max: 400 },
    isFlexible: true,
    priority: 0,
    format: shortCommandText,
  },
];

import type { Column } from '../components/columns.js';
import { LEVEL_TONE, levelText } from '../components/levels.js';
import { formatClock, formatDateTime, formatDuration } from '../model/format.js';
import type { Level } from '../model/machine.js';
import type { CommandRecord, RunSummary } from '../model/run.js';
import { RUN_LEVEL } from './parts/level-of.js';
import { shortCommandText } from './subjects/run.js';

export const RUN_COLUMNS: readonly Column<RunSummary>[] = [
  {
    key: 'started',
    title: 'STARTED',
    width: 16,
    priority: 1,
    format: ({ startedAtMs }) => formatDateTime(startedAtMs),
    tone: () => 'muted',
    sortValue: ({ startedAtMs }) => startedAtMs,
  },
  {
    key: 'state',
    title: 'STATE',
    width: 13,
    priority: 0,
    format: ({ state }) => levelText(RUN_LEVEL[state], state),
    tone: ({ state }) => LEVEL_TONE[RUN_LEVEL[state]],
    sortValue: ({ state }) => state,
  },
  {
    key: 'summary',
    title: 'WHAT',
    width: { min: 34, max: 200 },
    isFlexible: true,
    priority: 0,
    format: ({ summary }) => summary,
    sortValue: ({ summary }) => summary,
  },
  {
    key: 'took',
    title: 'TOOK',
    width: 9,
    align: 'right',
    priority: 2,
    format: ({ startedAtMs, endedAtMs }) =>
      endedAtMs === null ? '–' : formatDuration(endedAtMs - startedAtMs),
    tone: () => 'muted',
    sortValue: ({ startedAtMs, endedAtMs }) =>
      endedAtMs === null ? null : endedAtMs - startedAtMs,
  },
  {
    key: 'operator',
    title: 'BY',
    width: { min: 6, max: 24 },
    priority: 3,
    format: ({ operator }) => operator,
    tone: () => 'muted',
    sortValue: ({ operator }) => operator,
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

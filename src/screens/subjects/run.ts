import type { Subject } from '../../hooks/modal.js';
import { formatDateTime, formatDuration } from '../../model/format.js';
import type { CommandRecord, RunSummary } from '../../model/run.js';
import { RUN_LEVEL, STEP_LEVEL } from '../parts/level-of.js';
import { plainValue } from './readings.js';

export const runSubject = (run: RunSummary): Subject => ({
  title: run.summary,
  answers: {},
  copyText: run.id,
  sections: () => [
    {
      title: 'Run',
      fields: [
        { label: 'Id', value: run.id },
        { label: 'Action', value: run.action },
        { label: 'Cluster', value: run.cluster },
        { label: 'State', value: run.state, level: RUN_LEVEL[run.state] },
        { label: 'Operator', value: run.operator },
        { label: 'Process', value: run.pid === null ? 'none' : String(run.pid) },
        { label: 'Started', value: formatDateTime(run.startedAtMs) },
        {
          label: 'Ended',
          value: run.endedAtMs === null ? 'not yet' : formatDateTime(run.endedAtMs),
        },
        { label: 'Outcome', value: run.outcome || 'none yet' },
      ],
    },
    {
      title: 'Steps',
      fields: run.steps.map(({ title, state, detail }) => ({
        label: state,
        value: detail === '' ? title : `${title}: ${detail}`,
        level: STEP_LEVEL[state],
      })),
    },
  ],
  yaml: () => plainValue(run),
});

const CONNECTION_FLAGS: readonly string[] = [
  '--talosconfig',
  '--kubeconfig',
  '--context',
  '--kube-context',
  '--endpoints',
];

/** Without the flags that are the same in every command; describe and copy show all of it. */
export function shortCommandText(command: CommandRecord): string {
  const { argv } = command;
  const kept = argv.filter((part, index) => {
    const flag = argv[index - 1] ?? '';
    return !CONNECTION_FLAGS.includes(part) && !CONNECTION_FLAGS.includes(flag);
  });
  return commandText({ ...command, argv: kept });
}

/** As an operator would type it; arguments with blanks in single quotes. */
export const commandText = ({ argv }: CommandRecord): string =>
  argv
    .map((part) => (/^[\w@%+=:,./-]+$/.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`))
    .join(' ');

export const commandSubject = (command: CommandRecord): Subject => ({
  title: command.argv[0] ?? 'command',
  answers: {},
  copyText: commandText(command),
  sections: () => [
    {
      title: 'Command',
      fields: [
        { label: 'Command', value: commandText(command) },
        { label: 'At', value: formatDateTime(command.atMs) },
        { label: 'Effect', value: command.effect },
        { label: 'Target', value: command.target ?? 'none' },
        {
          label: 'Took',
          value: command.durationMs === null ? 'not ended' : formatDuration(command.durationMs),
        },
        {
          label: 'Exit code',
          value: command.exitCode === null ? 'none' : String(command.exitCode),
          level: command.exitCode === 0 ? 'ok' : 'fail',
        },
        { label: 'Run', value: command.runId ?? 'none' },
      ],
    },
  ],
  yaml: () => plainValue(command),
});

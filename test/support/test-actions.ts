import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Action, Gate, Sight, Step } from '../../src/actions/types.js';

/** Appends one line to a file, when nothing holds it any more; done when the file has a line. */
interface Appending {
  /** A file: while it is there, the command waits. */
  readonly hold: string;
  readonly isDisruptive: boolean;
}

function appendStep(id: string, directory: string, { hold, isDisruptive }: Appending): Step {
  const file = join(directory, id);
  const argv = [
    'sh',
    '-c',
    `echo writes a line; while [ -e '${hold}' ]; do sleep 0.02; done; echo line >> '${file}'`,
  ] as const;
  const sight = async (): Promise<Sight> =>
    existsSync(file)
      ? { done: true, evidence: `${readFileSync(file, 'utf8').split('\n').length - 1} line` }
      : { done: false, lastSeen: 'no file' };
  return {
    id,
    title: `Write ${id}`,
    target: null,
    command: { kind: 'argv', argv },
    isDisruptive,
    proof: 'The file',
    expectedMs: 1_000,
    proveTimeoutMs: 2_000,
    look: sight,
    run: async ({ shell, signal }) => {
      await shell.run(argv, { effect: 'change', timeoutMs: 120_000, signal });
    },
    prove: sight,
  };
}

const closedGate = (id: string): Gate => ({
  id,
  title: 'Closed',
  state: 'red',
  text: 'it is closed',
  remedy: 'Open it.',
  override: 'type',
});

const writeFiles: Action = {
  id: 'write-files',
  title: 'Write files',
  description: 'Writes files.',
  key: null,
  level: 2,
  answerNames: ['directory', 'hold', 'gate'],
  missing: () => [],
  plan: ({ answers }) => {
    const { directory = '', hold = '', gate } = answers;
    return {
      kind: 'plan',
      action: 'write-files',
      answers,
      level: 2,
      summary: `Write files in ${directory}`,
      lines: [],
      gates: [],
      steps: [
        appendStep('first', directory, { hold, isDisruptive: false }),
        {
          ...appendStep('second', directory, { hold: '', isDisruptive: true }),
          ...(gate === undefined ? {} : { gates: () => [closedGate(gate)] }),
        },
      ],
      expectedMs: 1_000,
      downtime: 'none',
      ifConsoleDies: 'It goes on.',
      undo: 'None.',
      confirmName: null,
    };
  },
};

/** What it changes are files in a directory. */
export const actions: readonly Action[] = [writeFiles];

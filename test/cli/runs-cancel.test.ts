import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { runs } from '../../src/cli/commands/runs.js';
import type { Options } from '../../src/cli/options.js';
import { systemClock } from '../../src/clients/clock.js';
import { createRunDir, newRunId } from '../../src/runs/directory.js';
import { openJournal } from '../../src/runs/journal.js';
import { processStartOf } from '../../src/runs/process-identity.js';
import { journalPath } from '../../src/runs/run-files.js';
import { aRequest } from '../support/run-world.js';
import { tempDir } from '../support/temp-dir.js';

const DEAD = { pid: 2 ** 22, processStart: 'never' } as const;

async function cancelled(process: { readonly pid: number; readonly processStart: string }) {
  const stateDir = await tempDir();
  const request = aRequest();
  const id = newRunId(request);
  const journal = openJournal(journalPath(await createRunDir(stateDir, id, request)), systemClock);
  journal.append({ type: 'started', ...process, host: 'here', resumed: false });
  const documents: object[] = [];
  const lines: string[] = [];
  const options: Options = {
    demo: null,
    cluster: null,
    isReadOnly: false,
    isAscii: false,
    hasColor: false,
    configDir: stateDir,
    stateDir,
  };
  const output = {
    line: (text: string) => void lines.push(text),
    document: (value: object) => void documents.push(value),
    record: () => undefined,
    warn: (text: string) => void lines.push(text),
  };
  const flags = { override: [], yes: false, confirmName: null };
  const cancel = (isJson: boolean) =>
    runs({ options, isJson, output, env: {} }, 'cancel', id, flags);
  return { id, cancel, documents, lines };
}

test('cancelling a run whose process has died says in JSON that it is over, and how', async () => {
  const { id, cancel, documents } = await cancelled(DEAD);

  expect(await cancel(true)).toBe(0);
  expect(documents).toEqual([
    {
      schema: 1,
      run: id,
      cancelling: false,
      state: 'cancelled',
      outcome: expect.stringMatching(/^The run process had died; .* Plan the action again\.$/),
    },
  ]);
  await expect(cancel(true)).rejects.toMatchObject({ kind: 'conflict' });
});

test('cancelling a run whose process has died says in words that it is over', async () => {
  const { id, cancel, lines } = await cancelled(DEAD);

  expect(await cancel(false)).toBe(0);
  expect(lines).toEqual([expect.stringContaining(`${id} is cancelled: The run process had died;`)]);
});

test('a run whose process lives is being cancelled, not cancelled', async () => {
  const child = spawn('sh', ['-c', "trap '' TERM; echo deaf; read line"], { stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const { id, cancel, documents } = await cancelled({
    pid,
    processStart: processStartOf(pid) ?? '',
  });

  expect(await cancel(true)).toBe(0);
  expect(documents).toEqual([{ schema: 1, run: id, cancelling: true, state: 'running' }]);
});

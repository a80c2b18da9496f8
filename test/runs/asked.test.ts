import { rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createRunDir, newRunId } from '../../src/runs/directory.js';
import { openJournal } from '../../src/runs/journal.js';
import { processStartOf } from '../../src/runs/process-identity.js';
import { createRunReader } from '../../src/runs/read-run.js';
import { cancelPath, journalPath, pausePath } from '../../src/runs/run-files.js';
import { aRequest } from '../support/run-world.js';
import { tempDir } from '../support/temp-dir.js';

test('whoever looks at a run sees what it was asked for, until it has done so', async () => {
  const stateDir = await tempDir();
  const request = aRequest();
  const directory = await createRunDir(stateDir, newRunId(request), request);
  const journal = openJournal(journalPath(directory), systemClock);
  const processStart = processStartOf(process.pid) ?? '';
  journal.append({ type: 'started', pid: process.pid, processStart, host: 'here', resumed: false });
  const reader = createRunReader(stateDir, systemClock);
  const asked = async () => (await reader.list()).map((run) => run.asked);

  expect(await asked()).toEqual([undefined]);
  await writeFile(pausePath(directory), '');
  expect(await asked()).toEqual(['pause']);
  await writeFile(cancelPath(directory), '');
  expect(await asked()).toEqual(['cancel']);
  await rm(cancelPath(directory));
  await rm(pausePath(directory));
  expect(await asked()).toEqual([undefined]);
  await writeFile(cancelPath(directory), '');
  journal.append({ type: 'cancelled', state: 'nothing', hint: 'Plan again.' });
  expect(await asked()).toEqual([undefined]);
  journal.close();
});

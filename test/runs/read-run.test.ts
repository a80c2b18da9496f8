import { expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createRunDir, newRunId } from '../../src/runs/directory.js';
import { openJournal } from '../../src/runs/journal.js';
import { readRun, readSummary } from '../../src/runs/read-run.js';
import { runRequest } from '../../src/runs/request.js';
import { journalPath } from '../../src/runs/run-files.js';
import type { RunRequest } from '../../src/runs/types.js';
import { aSnapshot } from '../support/builders.js';
import { aConnection, goodFacts } from '../support/run-world.js';
import { tempDir } from '../support/temp-dir.js';
import { actions } from '../support/test-actions.js';

const DEAD = { pid: 2 ** 22, processStart: 'never' } as const;

async function aRequest(): Promise<RunRequest> {
  const connection = aConnection();
  const plan = actions[0]?.plan({
    snapshot: aSnapshot(),
    answers: { directory: await tempDir(), seconds: '0' },
    connection,
    facts: goodFacts(),
    nowMs: 0,
  });
  if (plan?.kind !== 'plan') throw new Error(`No plan: ${JSON.stringify(plan)}`);
  const confirmed = {
    connection,
    operator: 'kim',
    nowMs: 0,
    keepGoing: false,
    overrides: [],
    gates: [],
  };
  return runRequest(plan, confirmed);
}

async function aRunThatStarted() {
  const request = await aRequest();
  const id = newRunId(request);
  const directory = await createRunDir(await tempDir(), id, request);
  const journal = openJournal(journalPath(directory), systemClock);
  journal.append({ type: 'started', ...DEAD, host: 'here', resumed: false });
  return { id, directory, journal };
}

test('a run that ends while it is read has ended as its journal says, not without a word', async () => {
  const { id, directory, journal } = await aRunThatStarted();
  const content = await readRun(directory);
  journal.append({ type: 'succeeded', evidence: 'all proven' });

  const { summary, journal: lines } = await readSummary(id, directory, { content, nowMs: 1 });
  expect(summary.state).toBe('succeeded');
  expect(lines).toHaveLength(2);
});

test('a run whose process died without a closing line is interrupted', async () => {
  const { id, directory } = await aRunThatStarted();
  const content = await readRun(directory);
  const { summary } = await readSummary(id, directory, { content, nowMs: 1 });
  expect(summary.state).toBe('interrupted');
});

test('a state directory that takes no files is named with the reason and the way out', async () => {
  const request = await aRequest();

  await expect(createRunDir('/proc/nope', newRunId(request), request)).rejects.toMatchObject({
    kind: 'configuration',
    message:
      'The state directory /proc/nope cannot keep runs: the kernel keeps no files there (as in /proc and /sys).',
    hint: 'Choose another one with --state-dir.',
  });
});

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createShell } from '../../src/clients/shell.js';
import { stepShell } from '../../src/runs/step-shell.js';
import { memoryJournal } from '../support/memory-journal.js';
import { tempDir } from '../support/temp-dir.js';

/** A kubectl that writes down what it was told. */
async function aStep(viaServer: () => string | null) {
  const runDir = await tempDir();
  const kubectl = join(runDir, 'kubectl');
  const told = join(runDir, 'told');
  await mkdir(join(runDir, 'out'));
  await writeFile(kubectl, `#!/bin/sh\necho "$@" >> ${told}\n`);
  await chmod(kubectl, 0o700);
  const journal = memoryJournal();
  const clock = systemClock;
  const shell = stepShell('approve', {
    reader: createShell({ env: process.env, clock, record: () => {} }),
    viaServer,
    journal,
    clock,
    env: process.env,
    runDir,
    lockFd: null,
  });
  const change = async (...args: readonly string[]) => {
    await shell.run([kubectl, ...args], { effect: 'change', timeoutMs: 20_000 });
    return { kubectl, journal, told: await readFile(told, 'utf8') };
  };
  return { change };
}

test('a change goes to the API server that answers, and the journal says so', async () => {
  const server = 'https://10.0.0.12:6443';
  const { change } = await aStep(() => server);
  const { kubectl, journal, told } = await change('--context', 'x', 'replace');

  expect(told).toBe(`--server ${server} --context x replace\n`);
  expect(journal.entries.slice(0, 2)).toMatchObject([
    { type: 'note', text: `The kubeconfig's server does not answer: ${server} is asked.` },
    { type: 'intent', argv: [kubectl, '--server', server, '--context', 'x', 'replace'] },
  ]);
});

test('while the server of the kubeconfig answers a change is what was planned', async () => {
  const { change } = await aStep(() => null);
  const { journal, told } = await change('--context', 'x', 'replace');

  expect(told).toBe('--context x replace\n');
  expect(journal.types()).toEqual(['intent', 'pid', 'exit']);
});

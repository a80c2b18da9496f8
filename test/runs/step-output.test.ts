import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { followStepOutput, readStepOutput } from '../../src/runs/step-output.js';
import { eventually } from '../support/patience.js';
import { tempDir } from '../support/temp-dir.js';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function aRun() {
  const directory = await tempDir();
  mkdirSync(join(directory, 'out'));
  const stdout = join(directory, 'out', 'reboot.log');
  return { directory, stdout, stderr: join(directory, 'out', 'reboot.err.log') };
}

test('a step that has printed nothing yet has no output, and its first line is seen when it comes', async () => {
  const { directory, stdout, stderr } = await aRun();
  expect(await readStepOutput(directory, 'reboot')).toEqual([]);
  let seen: readonly string[] = [];
  stops.push(
    followStepOutput(directory, 'reboot', {
      clock: systemClock,
      onLines: (lines) => {
        seen = lines;
      },
    }),
  );
  writeFileSync(stdout, 'one\n');
  await eventually(() => expect(seen).toEqual(['one']));
  appendFileSync(stderr, 'warning\n');
  await eventually(() => expect(seen).toEqual(['one', 'warning']));
});

test('of a line that is written over only what is left is shown, without control sequences', async () => {
  const { directory, stdout } = await aRun();
  writeFileSync(stdout, ' 10%\r 50%\r100%\n\u001b[31mred\u001b[0m\u001b]0;title\u0007\n\n');
  expect(await readStepOutput(directory, 'reboot')).toEqual(['100%', 'red']);
});

test('of a long output the end is read, beginning with a whole line', async () => {
  const { directory, stdout } = await aRun();
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
  writeFileSync(stdout, lines.join('\n'));
  const seen = await readStepOutput(directory, 'reboot');
  expect(seen.at(-1)).toBe('line 4999');
  expect(seen.length).toBeLessThan(5_000);
  expect(lines).toContain(seen[0]);
});

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asRunId } from '../../src/model/ids.js';
import { exportScript } from '../../src/runs/export-script.js';
import { quoteArgv } from '../../src/runs/quote.js';
import { NOW_MS } from '../support/builders.js';
import { aRequest } from '../support/run-world.js';

const ID = asRunId('20261120T120000Z-test-home-0000');

test('exports the changes of a run as a commented script', () => {
  const argv = ['kubectl', 'replace', '--raw', '/x y', '-f', '-'];
  const script = exportScript(ID, aRequest({ summary: 'Do\nthings' }), [
    { atMs: NOW_MS, type: 'step', step: 'one', title: 'Do one' },
    { atMs: NOW_MS, type: 'intent', step: 'one', command: 'x', argv },
    {
      atMs: NOW_MS,
      type: 'exit',
      step: 'one',
      exitCode: 1,
      durationMs: 1,
      argv,
      effect: 'change',
    },
    { atMs: NOW_MS, type: 'intent', step: 'two', command: 'verify file' },
    { atMs: NOW_MS, type: 'done', step: 'two', evidence: 'so\n$(reboot)' },
  ]);

  expect(script).toBe(`#!/bin/sh
# Do things
# cluster home, run 20261120T120000Z-test-home-0000, by ops, 2026-11-20T12:00:00.000Z
# What was executed, in order. It does not look before it acts: read it before you run it.
set -eu

# Do one
# Standard input was the object that had been checked; it is not kept.
kubectl replace --raw '/x y' -f -
# ended with code 1
# by talos-tui itself: verify file
# proof: so $(reboot)
`);
});

test('quotes every word so that a shell gives back exactly that word', () => {
  const word = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
      const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${quoteArgv(words)}`], {
        encoding: 'utf8',
      });
      expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 50 },
  );
});

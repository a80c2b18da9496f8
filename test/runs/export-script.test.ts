import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asRunId } from '../../src/model/ids.js';
import { quoteArgv } from '../../src/model/shell-words.js';
import { exportScript, planScript } from '../../src/runs/export-script.js';
import type { JournalLine } from '../../src/runs/types.js';
import { NOW_MS } from '../support/builders.js';
import { aGate, aPlan, aStep } from '../support/plans.js';
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

# Do one [cp-2], 2026-11-20T12:00:00.000Z
# Standard input was the object that had been checked; it is not kept.
kubectl replace --raw '/x y' -f -
# ended with code 1
# by talos-tui itself: verify file
# waited until: so $(reboot)

# not begun: Do two
`);
});

test('exports Proxmox orders as pvesh lines', () => {
  const order = {
    method: 'PUT',
    path: '/nodes/pve1/qemu/101/resize',
    parameters: { disk: 'scsi0', size: '40G' },
  } as const;
  const script = exportScript(ID, aRequest(), [
    { atMs: NOW_MS, type: 'intent', step: 'one', command: 'x', order },
    { atMs: NOW_MS, type: 'upid', step: 'one', upid: 'UPID:a' },
    { atMs: NOW_MS, type: 'upid', step: 'one', upid: 'UPID:a', exitStatus: 'OK' },
  ]);

  expect(script).toContain(
    'pvesh set /nodes/pve1/qemu/101/resize --disk scsi0 --size 40G\n# Proxmox task UPID:a\n# Proxmox task UPID:a: OK\n',
  );
});

test('a plan that was not executed becomes a script with checks and waits as comments', () => {
  const script = planScript(
    aPlan({
      gates: [aGate({ id: 'G-ETCD', text: '3 of 3\nhealthy' })],
      steps: [
        aStep({ isDisruptive: true }),
        aStep({
          title: 'Grow the disk',
          target: 'vm 101',
          command: { kind: 'api', method: 'PUT', path: '/nodes/pve1/qemu/101/resize size=40G' },
        }),
        aStep({ command: { kind: 'local', text: 'verify\nrm -rf /' } }),
      ],
    }),
  );

  expect(script).toBe(`#!/bin/sh
# Take an etcd snapshot from cp-2
# level 1, about 3 s, downtime: none
# What would be executed, in order. It does not look before it acts, and waits for nothing: read it before you run it.
set -eu
# check G-ETCD (now green): 3 of 3 healthy

# Take the snapshot [cp-2] (disruptive: check again before it)
talosctl --nodes 10.0.0.12 etcd snapshot 'a b.db'
# wait until: the file is verified (usually 3 s)

# Grow the disk [vm 101]
# on a Proxmox host:
pvesh set /nodes/pve1/qemu/101/resize --size 40G
# wait until: the file is verified (usually 3 s)

# Take the snapshot [cp-2]
# by talos-tui itself: verify rm -rf /
# wait until: the file is verified (usually 3 s)

# undo: delete the file
`);
});

test('whatever a journal holds, the script is one that a shell can read and that holds no command of its own', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 });
  const word = text.filter((each) => !each.includes('\0'));
  const line: fc.Arbitrary<JournalLine> = fc.oneof(
    fc.record({
      atMs: fc.constant(NOW_MS),
      type: fc.constant('step' as const),
      step: text,
      title: text,
    }),
    fc.record({
      ...{
        atMs: fc.constant(NOW_MS),
        type: fc.constant('intent' as const),
        step: text,
        command: text,
      },
      argv: fc.array(word, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      ...{
        atMs: fc.constant(NOW_MS),
        type: fc.constant('intent' as const),
        step: text,
        command: text,
      },
    }),
    fc.record({
      atMs: fc.constant(NOW_MS),
      type: fc.constant('done' as const),
      step: text,
      evidence: text,
    }),
    fc.record({
      ...{
        atMs: fc.constant(NOW_MS),
        type: fc.constant('paused' as const),
        reason: text,
        waitsFor: text,
      },
    }),
    fc.record({
      atMs: fc.constant(NOW_MS),
      type: fc.constant('cancelled' as const),
      state: text,
      hint: text,
    }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), text, (journal, summary) => {
      const script = exportScript(ID, aRequest({ summary }), journal);
      const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      // Only words of intents stand outside comments.
      const free = script.split('\n').filter((each) => each !== '' && !each.startsWith('#'));
      if (!journal.some((each) => each.type === 'intent' && each.argv !== undefined)) {
        expect(free).toEqual(['set -eu']);
      }
    }),
    { numRuns: 60 },
  );
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

import { expect, test } from 'vitest';
import type { Step } from '../../src/actions/types.js';
import { ClientError } from '../../src/model/errors.js';
import { perform } from '../../src/runs/perform.js';
import type { JournalLine } from '../../src/runs/types.js';
import { NOW_MS } from '../support/builders.js';
import { memoryJournal } from '../support/memory-journal.js';
import { anEngine, aPlan, aStep } from '../support/run-world.js';

const ARGV = ['talosctl', 'reboot'];
const at = { atMs: NOW_MS, step: 'one' } as const;
const INTENT: JournalLine = { ...at, type: 'intent', command: 'talosctl reboot', argv: ARGV };
const exit = (exitCode: number | null): JournalLine => ({
  ...{ ...at, type: 'exit', exitCode, durationMs: 1, argv: ARGV, effect: 'change' },
});
const CANCELLED: JournalLine = { atMs: NOW_MS, type: 'cancelled', state: '', hint: '' };
const FAILED: JournalLine = { ...at, type: 'failed', error: 'no', hint: '', state: '' };

/** A step whose effect shows late: a look sees nothing yet, the proof comes with its fourth question. */
async function resumed(
  earlier: readonly JournalLine[],
  { provenAt = 4, ...change }: Partial<Step> & { readonly provenAt?: number } = {},
) {
  let ran = 0;
  let asked = 0;
  const step = aStep('one', {
    isDisruptive: true,
    proveTimeoutMs: 600_000,
    look: async () => ({ done: false, lastSeen: 'old boot id' }),
    run: async () => {
      ran += 1;
    },
    prove: async () => {
      asked += 1;
      return asked >= provenAt || ran > 0
        ? { done: true, evidence: 'new boot id' }
        : { done: false, lastSeen: 'old boot id' };
    },
    ...change,
  });
  const plan = aPlan([step]);
  const journal = memoryJournal();
  const outcome = await perform(plan, anEngine(plan, { journal, earlier }));
  return { outcome, ran, last: journal.entries.at(-1), types: journal.types() };
}

test('a step that an earlier process began and whose effect still comes is not done twice', async () => {
  for (const earlier of [[INTENT], [INTENT, exit(null)], [INTENT, exit(0)]]) {
    const { outcome, ran, types } = await resumed(earlier);
    expect({ outcome, ran }).toEqual({ outcome: 'succeeded', ran: 0 });
    expect(types).not.toContain('intent');
  }
});

test('a command whose end nobody heard and that left nothing is done again', async () => {
  const { outcome, ran } = await resumed([INTENT], { provenAt: Number.POSITIVE_INFINITY });
  expect({ outcome, ran }).toEqual({ outcome: 'succeeded', ran: 1 });
});

test('a disruption that was carried out and is not proven is not repeated by itself', async () => {
  const { ran, last } = await resumed([INTENT, exit(0)], { provenAt: Number.POSITIVE_INFINITY });
  expect(ran).toBe(0);
  expect(last).toMatchObject({ type: 'failed', error: expect.stringContaining('not seen within') });
});

test('a step that is known to have failed, or that was stopped, is done again without waiting', async () => {
  for (const earlier of [
    [INTENT, exit(1)],
    [INTENT, exit(1), FAILED],
    [INTENT, exit(0), FAILED],
    [INTENT, exit(null), CANCELLED],
  ]) {
    let askedBefore = 0;
    const { ran } = await resumed(earlier, {
      prove: async () => {
        askedBefore += 1;
        return { done: true, evidence: 'so' };
      },
    });
    expect({ ran, askedBefore }).toEqual({ ran: 1, askedBefore: 1 });
  }
});

test('a wait that was cancelled goes on with waiting', async () => {
  const { ran, outcome } = await resumed([INTENT, exit(0), CANCELLED]);
  expect({ outcome, ran }).toEqual({ outcome: 'succeeded', ran: 0 });
});

test('a resumed run bears with a cluster that is away as long as what it began may take', async () => {
  const away = () => Promise.reject(new ClientError('unreachable', 'no answer', 'Wait.'));
  const lookedAt = async (earlier: readonly JournalLine[]) => {
    let looks = 0;
    const first = aStep('zero', {
      look: () => {
        looks += 1;
        return looks < 600 ? away() : Promise.resolve({ done: true, evidence: 'so' } as const);
      },
    });
    const plan = aPlan([first, aStep('one', { isDisruptive: true, proveTimeoutMs: 1_800_000 })]);
    return await perform(plan, anEngine(plan, { earlier }));
  };

  expect(await lookedAt([INTENT])).toBe('succeeded');
  expect(await lookedAt([])).toBe('failed');
});

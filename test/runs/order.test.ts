import { expect, test } from 'vitest';
import type { PveOrder, Step } from '../../src/actions/types.js';
import { ClientError } from '../../src/model/errors.js';
import type { Engine } from '../../src/runs/engine.js';
import { perform } from '../../src/runs/perform.js';
import { followOpenTasks } from '../../src/runs/reattach.js';
import type { JournalLine } from '../../src/runs/types.js';
import { NOW_MS } from '../support/builders.js';
import { eagerClock } from '../support/eager-clock.js';
import { memoryJournal } from '../support/memory-journal.js';
import { aTask, ended, type PveOrders, pveOrders, running } from '../support/pve-orders.js';
import { anEngine, aPlan, aStep } from '../support/run-world.js';

const UPID = 'UPID:pve1:0003A1B2:01C2D3E4:6740:resize:101:root@pam:';

const ORDER: PveOrder = {
  method: 'PUT',
  path: '/nodes/pve1/qemu/101/resize',
  parameters: { disk: 'scsi0', size: '40G' },
};

/** A step that gives the order; proven as soon as Proxmox was asked to. */
const growStep = ({ sent }: PveOrders, change: Partial<Step> = {}): Step =>
  aStep('grow', {
    command: { kind: 'api', method: 'PUT', path: ORDER.path },
    look: async () => ({ done: false, lastSeen: '20 GiB' }),
    run: ({ order }) => order(ORDER),
    prove: async () =>
      sent.length > 0
        ? { done: true, evidence: '40 GiB' }
        : { done: false, lastSeen: 'still 20 GiB' },
    ...change,
  });

async function ordered(pve: PveOrders, change: Partial<Engine> = {}, step = growStep(pve)) {
  const plan = aPlan([step]);
  const journal = memoryJournal();
  const engine = anEngine(plan, { journal, ...change });
  const outcome = await perform(plan, {
    ...engine,
    context: { ...engine.context, pve: pve.client },
  });
  return { outcome, entries: journal.entries, last: journal.entries.at(-1) };
}

test('an order is journalled before it is sent, its task after, and followed to its end', async () => {
  const pve = pveOrders({
    order: async () => UPID,
    status: [running('allocating'), running('resizing 40%'), ended('OK')],
  });
  const { outcome, entries } = await ordered(pve);

  expect(outcome).toBe('succeeded');
  expect(entries.slice(1, 6)).toEqual([
    {
      type: 'intent',
      step: 'grow',
      command: 'PUT /nodes/pve1/qemu/101/resize disk=scsi0 size=40G',
      order: ORDER,
    },
    { type: 'upid', step: 'grow', upid: UPID },
    { type: 'observed', step: 'grow', lastSeen: 'allocating' },
    { type: 'observed', step: 'grow', lastSeen: 'resizing 40%' },
    { type: 'upid', step: 'grow', upid: UPID, exitStatus: 'OK' },
  ]);
  expect(pve.sent).toEqual(['PUT /nodes/pve1/qemu/101/resize {"disk":"scsi0","size":"40G"}']);
});

test('a task that ends with warnings is accepted, and they are noted', async () => {
  const pve = pveOrders({ order: async () => UPID, status: [ended('WARNINGS: 1')] });
  const { outcome, entries } = await ordered(pve);

  expect(outcome).toBe('succeeded');
  expect(entries).toContainEqual({
    type: 'note',
    text: `The Proxmox task ${UPID} ended with WARNINGS: 1.`,
  });
});

test('a task that ends with an error fails its step with the words of Proxmox', async () => {
  const pve = pveOrders({
    order: async () => UPID,
    status: [ended('unable to resize: thin pool is full')],
  });
  const { last } = await ordered(pve);

  expect(last).toMatchObject({
    type: 'failed',
    error: `The Proxmox task ${UPID} ended with: unable to resize: thin pool is full`,
  });
});

test('an order that Proxmox refuses fails at once and nothing is looked for', async () => {
  const pve = pveOrders({
    order: () => Promise.reject(new ClientError('rejected', 'VM is locked (backup)', 'Wait.')),
  });
  const { last } = await ordered(pve);

  expect(last).toMatchObject({ type: 'failed', error: 'VM is locked (backup)' });
  expect(pve.asked).toEqual([]);
});

test.each(['timeout', 'unreachable', 'malformed'] as const)(
  'an order whose answer is lost (%s) is never sent again: its task is looked for and followed',
  async (kind) => {
    const pve = pveOrders({
      order: () => Promise.reject(new ClientError(kind, 'no answer', 'Wait.')),
      tasks: [
        aTask({ objectId: '102', upid: 'UPID:other' }),
        aTask({ type: 'qmstart', upid: 'UPID:start' }),
        aTask({ upid: UPID }),
      ],
      status: [running(), ended('OK')],
    });
    const { outcome } = await ordered(pve);

    expect(outcome).toBe('succeeded');
    expect(pve.sent).toHaveLength(1);
    expect(new Set(pve.asked)).toEqual(new Set([UPID]));
  },
);

test('a lost order that left no task is decided by the proof, not by sending it again', async () => {
  const pve = pveOrders({
    order: () => Promise.reject(new ClientError('timeout', 'no answer', 'Wait.')),
    tasks: [aTask({ endedAtMs: 1, startedAtMs: NOW_MS - 3_600_000 })],
  });
  const step = growStep(pve, { prove: async () => ({ done: false, lastSeen: 'still 20 GiB' }) });
  const { last } = await ordered(pve, {}, step);

  expect(pve.sent).toHaveLength(1);
  expect(last).toMatchObject({ type: 'failed', error: expect.stringContaining('still 20 GiB') });
});

test('Proxmox may be away while a task runs', async () => {
  const away = new ClientError('unreachable', 'connection refused', 'Wait.');
  const patient = pveOrders({
    order: async () => UPID,
    status: [running(), away, away, away, ended('OK')],
  });
  const lost = pveOrders({ order: async () => UPID, status: [away] });

  expect((await ordered(patient)).outcome).toBe('succeeded');
  expect((await ordered(lost)).last).toMatchObject({
    type: 'failed',
    error: 'connection refused',
  });
});

test('a run that is cancelled while a task runs says that the task goes on', async () => {
  const controller = new AbortController();
  const pve = pveOrders({ order: async () => UPID, status: [running()] });
  const clock = eagerClock();
  const { outcome, entries } = await ordered(pve, {
    cancel: controller.signal,
    clock: {
      ...clock,
      sleep: async (ms, signal) => {
        controller.abort();
        await clock.sleep(ms, signal);
      },
    },
  });

  expect(outcome).toBe('cancelled');
  expect(entries).toContainEqual({
    type: 'note',
    text: `The Proxmox task ${UPID} goes on by itself; a resumed run follows it again.`,
  });
});

const line = <T extends object>(entry: T): T & { readonly atMs: number } => ({
  atMs: NOW_MS,
  ...entry,
});

const INTENT = line({ type: 'intent' as const, step: 'grow', command: 'x', order: ORDER });
const TAKEN = line({ type: 'upid' as const, step: 'grow', upid: UPID });

async function reattached(earlier: readonly JournalLine[], pve: PveOrders) {
  const journal = memoryJournal();
  await followOpenTasks(pve.client, {
    earlier,
    journal,
    clock: eagerClock(),
    cancel: new AbortController().signal,
  });
  return journal.entries;
}

test('a resumed run follows the task of before to its end before it does anything', async () => {
  const pve = pveOrders({ status: [running('resizing'), ended('OK')] });
  const entries = await reattached([INTENT, TAKEN], pve);

  expect(entries).toContainEqual({ type: 'upid', step: 'grow', upid: UPID, exitStatus: 'OK' });
  expect(pve.sent).toEqual([]);
});

test('a resumed run looks for the task of an order whose answer the dead process never heard', async () => {
  const pve = pveOrders({ tasks: [aTask({ upid: UPID })], status: [ended('OK')] });
  const entries = await reattached([INTENT], pve);

  expect(entries).toContainEqual({ type: 'upid', step: 'grow', upid: UPID });
  expect(pve.sent).toEqual([]);
});

test('a resumed run asks nothing about tasks whose end was seen, and bears with forgotten ones', async () => {
  const over = pveOrders({});
  const seen = line({ type: 'upid' as const, step: 'grow', upid: UPID, exitStatus: 'OK' });
  expect(await reattached([INTENT, TAKEN, seen], over)).toEqual([]);

  const forgotten = pveOrders({ status: [new ClientError('not-found', 'no such task', 'None.')] });
  expect(await reattached([INTENT, TAKEN], forgotten)).toContainEqual({
    type: 'upid',
    step: 'grow',
    upid: UPID,
    exitStatus: 'unknown',
  });
});

class Killed extends Error {}

/** A disk that Proxmox grows, and a run process that dies at a line of its journal or right before it sends. */
function growingWorld(dies: { readonly atLine: number } | 'before sending') {
  const lines: JournalLine[] = [];
  let sizeGib = 20;
  let mayDie = true;
  const pve = pveOrders({
    order: async () => {
      if (dies === 'before sending' && mayDie) throw new Killed();
      sizeGib = 40;
      return UPID;
    },
    status: [ended('OK')],
    tasks: [],
  });
  const sight = async () =>
    sizeGib === 40
      ? ({ done: true, evidence: '40 GiB' } as const)
      : ({ done: false, lastSeen: '20 GiB' } as const);
  const plan = aPlan([
    aStep('before'),
    growStep(pve, { look: sight, prove: sight, isDisruptive: true }),
  ]);
  const attempt = async () => {
    const journal = memoryJournal((entry) => {
      const isDead = mayDie && dies !== 'before sending' && lines.length >= dies.atLine;
      if (isDead) throw new Killed();
      lines.push({ atMs: NOW_MS, ...entry });
    });
    const earlier = [...lines];
    const engine = anEngine(plan, { journal, earlier });
    await followOpenTasks(pve.client, engine);
    return await perform(plan, { ...engine, context: { ...engine.context, pve: pve.client } });
  };
  return {
    pve,
    killed: async () => {
      const outcome = await attempt().catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        return 'killed' as const;
      });
      mayDie = false;
      return outcome;
    },
    resumed: attempt,
  };
}

test('a run that dies at any line of its journal gives its order exactly once', async () => {
  for (let atLine = 0; ; atLine++) {
    const world = growingWorld({ atLine });
    const outcome = await world.killed();
    if (outcome === 'succeeded') {
      expect(atLine).toBeGreaterThan(7);
      return;
    }
    expect(await world.resumed()).toBe('succeeded');
    expect(world.pve.sent).toHaveLength(1);
  }
});

test('a run that dies between the line of an order and the order gives it when it is resumed', async () => {
  const world = growingWorld('before sending');
  expect(await world.killed()).toBe('killed');
  expect(await world.resumed()).toBe('succeeded');
  // The first one never reached Proxmox.
  expect(world.pve.sent).toHaveLength(2);
});

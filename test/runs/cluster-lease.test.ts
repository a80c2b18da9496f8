import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClusterLease, type LeaseWiring, takeLease } from '../../src/runs/cluster-lease.js';
import { NOW_MS } from '../support/builders.js';
import { eagerClock } from '../support/eager-clock.js';
import { type LeaseApi, leaseApi } from '../support/lease-api.js';
import { createManualClock } from '../support/manual-clock.js';
import { memoryJournal } from '../support/memory-journal.js';
import { breathe } from '../support/session.js';

const OURS = 'ops@pve1:20261120T101500Z-upgrade-talos-home-3f9a';
const OTHER = 'eve@pve2:20261120T090000Z-reboot-node-home-11aa';

const wiring = (api: LeaseApi, change: Partial<LeaseWiring> = {}): LeaseWiring => ({
  kube: api.client,
  // Its timers fire only when they are let: renewals would go on for ever otherwise.
  clock: createManualClock(NOW_MS),
  journal: memoryJournal(),
  holder: OURS,
  isTakeoverAllowed: () => false,
  isKnownDead: async () => false,
  cancel: new AbortController().signal,
  ...change,
});

/** Sleeps take no time, timers never fire. */
const patientClock = () => ({ ...eagerClock(), after: () => () => undefined });

test('a run takes the Lease, renews it every 15 s and gives it back', async () => {
  const api = leaseApi();
  const clock = createManualClock(NOW_MS);
  const lease = await takeLease(wiring(api, { clock }));
  expect(api.lease()?.spec).toMatchObject({ holderIdentity: OURS, leaseDurationSeconds: 60 });
  expect(api.lease()?.spec.renewTime).toMatch(/\.\d{6}Z$/);

  const before = api.writes();
  for (let renewals = 0; renewals < 3; renewals++) {
    clock.advance(15_000);
    for (let turns = 0; turns < 10; turns++) await breathe();
  }
  expect(api.writes()).toBe(before + 3);
  expect(Date.parse(api.lease()?.spec.renewTime ?? '')).toBe(NOW_MS + 45_000);
  expect(await lease.lostTo()).toBeNull();

  await lease.release();
  expect(api.lease()?.spec.holderIdentity).toBe('');
  clock.advance(60_000);
  expect(clock.pending()).toBe(0);
});

test('a second operator on another host is refused with the name of the first', async () => {
  const api = leaseApi();
  api.set(OTHER, NOW_MS - 5_000);

  await expect(takeLease(wiring(api))).rejects.toMatchObject({
    kind: 'refused',
    message: `G-LOCK: ${OTHER} holds the Lease kube-system/talos-tui and renewed it 5 s ago.`,
  });
  // Not even with the override: it is alive.
  await expect(takeLease(wiring(api, { isTakeoverAllowed: () => true }))).rejects.toMatchObject({
    kind: 'refused',
  });
  expect(api.lease()?.spec.holderIdentity).toBe(OTHER);
});

test('an expired Lease is shown with its holder and taken over only when the operator says so', async () => {
  const api = leaseApi();
  api.set(OTHER, NOW_MS - 300_000);

  await expect(takeLease(wiring(api))).rejects.toMatchObject({
    kind: 'refused',
    message: `G-LOCK: ${OTHER} holds the Lease kube-system/talos-tui and renewed it 5 min ago and is overdue.`,
    hint: expect.stringContaining('--override G-LOCK'),
  });

  const journal = memoryJournal();
  const clock = patientClock();
  await takeLease(wiring(api, { isTakeoverAllowed: () => true, journal, clock }));
  expect(api.lease()?.spec).toMatchObject({ holderIdentity: OURS, leaseTransitions: 1 });
  expect(journal.entries.at(-1)).toMatchObject({
    type: 'note',
    text: expect.stringContaining(`taken over; before, ${OTHER}`),
  });
});

test('a holder that only seems overdue, because the clocks differ, is not robbed', async () => {
  const api = leaseApi();
  // Its host is ten minutes behind ours: every renewal looks old.
  api.set(OTHER, NOW_MS - 600_000);
  const clock = patientClock();
  const renewing = {
    ...clock,
    sleep: async (ms: number, signal?: AbortSignal) => {
      await clock.sleep(ms, signal);
      api.set(OTHER, clock.now() - 600_000);
    },
  };

  await expect(
    takeLease(wiring(api, { isTakeoverAllowed: () => true, clock: renewing })),
  ).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('it is alive') });
});

test('the Lease of a dead run of this host is taken at once, and the journal names it', async () => {
  const api = leaseApi();
  api.set('ops@pve1:20261120T101400Z-cordon-home-0001', NOW_MS - 1_000);
  const journal = memoryJournal();

  await takeLease(wiring(api, { journal, isKnownDead: async () => true }));

  expect(api.lease()?.spec.holderIdentity).toBe(OURS);
  expect(journal.entries).toEqual([
    { type: 'note', text: expect.stringContaining('20261120T101400Z-cordon-home-0001') },
  ]);
});

test('a resumed run keeps its own Lease', async () => {
  const api = leaseApi();
  api.set(OURS, NOW_MS - 300_000);

  const lease = await takeLease(wiring(api));
  expect(await lease.lostTo()).toBeNull();
  expect(api.lease()?.spec.leaseTransitions).toBe(0);
});

test('an API that does not answer is no obstacle, is said once, and the Lease is taken when it is back', async () => {
  const api = leaseApi();
  api.isUp(false);
  const journal = memoryJournal();
  const lease = await takeLease(wiring(api, { journal }));

  expect(await lease.lostTo()).toBeNull();
  expect(await lease.lostTo()).toBeNull();
  expect(journal.entries).toEqual([
    { type: 'note', text: expect.stringContaining('only the lock on this host') },
  ]);
  api.isUp(true);
  expect(await lease.lostTo()).toBeNull();
  expect(api.lease()?.spec.holderIdentity).toBe(OURS);
  await lease.release();
});

test('a lost Lease is named, and is ours again when the other has given it back', async () => {
  const api = leaseApi();
  const lease = await takeLease(wiring(api));
  api.set(OTHER, NOW_MS);
  expect(await lease.lostTo()).toBe(`${OTHER} holds the Lease kube-system/talos-tui.`);

  // An API that went away meanwhile does not make it ours again.
  api.isUp(false);
  expect(await lease.lostTo()).not.toBeNull();
  api.isUp(true);
  api.set('', NOW_MS);
  expect(await lease.lostTo()).toBeNull();
  await lease.release();
});

test('a run that began while the API was away takes the Lease of a dead run when it is back', async () => {
  const api = leaseApi();
  api.set(OTHER, NOW_MS - 90_000);
  api.isUp(false);
  const journal = memoryJournal();
  const lease = await takeLease(wiring(api, { journal, isKnownDead: async () => true }));
  api.isUp(true);

  expect(await lease.lostTo()).toBeNull();
  expect(api.lease()?.spec.holderIdentity).toBe(OURS);
  expect(journal.entries.at(-1)).toMatchObject({ text: `G-LOCK: taken over from ${OTHER}.` });
  await lease.release();
});

test('a Lease that was lost to somebody who died is taken when the operator says so, and it shows no life', async () => {
  const api = leaseApi();
  const clock = createManualClock(NOW_MS);
  let isAllowed = false;
  const lease = await takeLease(wiring(api, { clock, isTakeoverAllowed: () => isAllowed }));
  api.set(OTHER, NOW_MS);
  expect(await lease.lostTo()).not.toBeNull();
  clock.advance(61_000);
  expect(await lease.lostTo()).toContain('is overdue');

  isAllowed = true;
  // It renews once more: alive after all, and watched anew.
  api.set(OTHER, NOW_MS);
  expect(await lease.lostTo()).toContain('is overdue');
  clock.advance(19_000);
  expect(await lease.lostTo()).toContain('is overdue');
  clock.advance(1_000);
  expect(await lease.lostTo()).toBeNull();
  expect(api.lease()?.spec.holderIdentity).toBe(OURS);
  await lease.release();
});

test('a run that lost the Lease does not give back what is not its own', async () => {
  const api = leaseApi();
  const lease = await takeLease(wiring(api));
  api.set(OTHER, NOW_MS);

  await lease.release();
  expect(api.lease()?.spec.holderIdentity).toBe(OTHER);
});

test('two operators never hold it at once, whatever their clocks, pauses and the API do', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('check' as const), who: fc.nat(1) }),
    fc.record({ do: fc.constant('take' as const), who: fc.nat(1) }),
    fc.record({ do: fc.constant('release' as const), who: fc.nat(1) }),
    fc.record({ do: fc.constant('api' as const), who: fc.nat(1) }),
    fc.record({
      do: fc.constant('jump' as const),
      who: fc.nat(1),
      ms: fc.integer({ min: -600_000, max: 600_000 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const api = leaseApi();
      const skewMs = [0, 0];
      const held: (ClusterLease | null)[] = [null, null];
      const names = ['a@one:run-a', 'b@two:run-b'];
      const heldBy = async (who: number): Promise<boolean> => {
        const lease = held[who];
        return lease ? (await lease.lostTo()) === null : false;
      };
      let isUp = true;
      for (const each of steps) {
        const { who } = each;
        const clock = patientClock();
        if (each.do === 'api') {
          isUp = who === 0;
          api.isUp(isUp);
        } else if (each.do === 'jump') skewMs[who] = each.ms;
        else if (each.do === 'release') {
          await held[who]?.release();
          held[who] = null;
        } else if (each.do === 'take' && !held[who]) {
          const skewed = { ...clock, now: () => clock.now() + (skewMs[who] ?? 0) };
          held[who] = await takeLease(
            wiring(api, {
              clock: skewed,
              holder: names[who] ?? '',
              isTakeoverAllowed: () => true,
            }),
          ).catch(() => null);
        }
        if (!isUp) continue;
        expect((await heldBy(0)) && (await heldBy(1))).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

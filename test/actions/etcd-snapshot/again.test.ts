import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { againStep } from '../../../src/actions/etcd-snapshot/again.js';
import type { Passed } from '../../../src/actions/steps/world.js';
import { snapshotFiles } from '../../../src/clients/snapshot-file.js';
import { perform } from '../../../src/runs/perform.js';
import { stepShell } from '../../../src/runs/step-shell.js';
import { aCatalogueEntry, addressOf, memberIdOf, NOW_MS } from '../../support/builders.js';
import { eagerClock } from '../../support/eager-clock.js';
import { fakeTalosctl, REPORT, realSnapshot, resealed } from '../../support/etcd-snapshot.js';
import { memoryJournal } from '../../support/memory-journal.js';
import { aTarget } from '../../support/plan-contexts.js';
import { aConnection, anEngine, aPlan, noShell } from '../../support/run-world.js';
import { tempDir } from '../../support/temp-dir.js';

const MINUTE_MS = 60_000;
const SOURCE = {
  address: addressOf(2),
  name: 'cp-2',
  memberId: memberIdOf(2),
  dbSizeBytes: 20_000_000,
  etcdVersion: '3.6.0',
};
/** When the run took its first one. */
const FIRST_MS = NOW_MS - 5 * MINUTE_MS;

/** A run on this host; every `run` is a process of its own that knows nothing of the others. */
async function aHost(source: Uint8Array = realSnapshot(), report = REPORT) {
  const runDir = await tempDir();
  await mkdir(join(runDir, 'out'));
  const directory = join(await tempDir(), 'snapshots');
  await mkdir(directory, { mode: 0o700 });
  const connection = aConnection({
    snapshotDir: directory,
    programs: {
      ...aConnection().programs,
      talosctl: fakeTalosctl(await tempDir(), source, report),
    },
  });
  const world = { connection, endpoints: ['10.0.0.11'], mark: 'm' };
  return {
    directory,
    async has(takenAtMs: number, change: { readonly cluster?: string } = {}) {
      const file = join(directory, `home-${takenAtMs}.db`);
      await writeFile(file, realSnapshot());
      const sizeBytes = realSnapshot().length;
      await snapshotFiles.writeEntry(aCatalogueEntry({ file, takenAtMs, sizeBytes, ...change }));
      return file;
    },
    async run(nowMs = NOW_MS, passed: Passed = async () => null) {
      const step = againStep(world, aTarget(3), { source: SOURCE, takenAtMs: FIRST_MS }, passed);
      const journal = memoryJournal();
      const plan = aPlan([step]);
      // The eager clock would time every command out at once.
      const clock = { ...eagerClock(nowMs), after: () => () => undefined };
      const engine = anEngine(plan, { journal, clock });
      const wiring = { reader: noShell, journal, clock, env: process.env, runDir, lockFd: null };
      const outcome = await perform(plan, {
        ...engine,
        shellFor: (id) => stepShell(id, wiring),
        context: { ...engine.context, runDir },
      });
      return { outcome, types: journal.types(), entries: journal.entries };
    },
    async catalogue() {
      return (await snapshotFiles.list(directory)).entries;
    },
  };
}

test('what the run or anybody took within the hour is enough', async () => {
  const host = await aHost();
  await host.has(NOW_MS - 59 * MINUTE_MS);

  const { types, entries } = await host.run();

  expect(types).toEqual(['step', 'already-done', 'succeeded']);
  expect(entries[1]).toMatchObject({ evidence: 'the newest verified snapshot is 59m old' });
});

test('an older one is taken again, verified and entered, and a later process sees it', async () => {
  const host = await aHost();
  await host.has(NOW_MS - 61 * MINUTE_MS);

  const { outcome, entries } = await host.run();

  expect(outcome).toBe('succeeded');
  expect(entries.find(({ type }) => type === 'done')).toMatchObject({
    step: 'snapshot-cp-3',
    evidence: 'the newest verified snapshot is now old',
  });
  const [newest, ...others] = await host.catalogue();
  expect(newest).toMatchObject({
    takenAtMs: NOW_MS,
    sourceNode: 'cp-2',
    revision: 21,
    isVerified: true,
    file: join(host.directory, `home-20261120T115500Z-${SOURCE.memberId}-before-cp-3.db`),
  });
  expect(others).toHaveLength(1);
  expect((await host.run(NOW_MS + 30 * MINUTE_MS)).types).toContain('already-done');
});

test('a run that waits for hours takes it anew each time, in the same file', async () => {
  const host = await aHost();
  await host.run();
  const { outcome } = await host.run(NOW_MS + 90 * MINUTE_MS);

  expect(outcome).toBe('succeeded');
  expect(await host.catalogue()).toMatchObject([{ takenAtMs: NOW_MS + 90 * MINUTE_MS }]);
  expect((await readdir(host.directory)).filter((name) => name.endsWith('.db'))).toHaveLength(1);
});

test('neither another cluster, nor the future, nor an entry without its file counts', async () => {
  const host = await aHost();
  await host.has(NOW_MS - MINUTE_MS, { cluster: 'other' });
  await host.has(NOW_MS + 10 * MINUTE_MS);
  const { outcome, types } = await host.run();
  expect(types).toContain('intent');
  expect(outcome).toBe('succeeded');

  const gone = await aHost();
  await rm(await gone.has(NOW_MS - MINUTE_MS));
  expect((await gone.run(NOW_MS + MINUTE_MS)).types).toContain('intent');
});

test('nothing is taken for a node that has been changed already', async () => {
  const host = await aHost();

  const { types, entries } = await host.run(NOW_MS, async () => 'rebooted since: boot 2');

  expect(types).toEqual(['step', 'already-done', 'succeeded']);
  expect(entries[1]).toMatchObject({ evidence: 'rebooted since: boot 2' });
});

test('one that does not verify stops the run before the node, and is kept aside', async () => {
  const broken = realSnapshot();
  broken[100] = (broken[100] ?? 0) ^ 1;
  const host = await aHost(broken);

  const { outcome, entries } = await host.run();

  expect(outcome).toBe('failed');
  expect(entries.at(-1)).toMatchObject({
    error: expect.stringMatching(/^The snapshot is not good: /),
  });
  expect(await host.catalogue()).toEqual([]);
  expect((await readdir(host.directory)).some((name) => name.endsWith('.db.bad'))).toBe(true);

  const silent = await aHost(resealed(realSnapshot()), '');
  expect((await silent.run()).outcome).toBe('failed');
});

import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { etcdSnapshot } from '../../src/actions/etcd-snapshot.js';
import { fingerprint } from '../../src/actions/fingerprint.js';
import type { Answers, Gate, Plan, PlanContext, Refusal } from '../../src/actions/types.js';
import { snapshotFiles } from '../../src/clients/snapshot-file.js';
import type { ActionFacts } from '../../src/model/action-facts.js';
import type { Connection } from '../../src/model/connection.js';
import { asIpAddress } from '../../src/model/ids.js';
import { knownValue } from '../../src/model/reading.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import type { TalosNode } from '../../src/model/talos.js';
import type { Journal } from '../../src/runs/journal.js';
import { perform } from '../../src/runs/perform.js';
import { stepShell } from '../../src/runs/step-shell.js';
import {
  aCatalogueEntry,
  aCluster,
  addressOf,
  aMember,
  aSnapshot,
  aWorld,
  failed,
  fresh,
  GIB,
  memberIdOf,
  NOW_MS,
  silenced,
  stale,
  worldSnapshot,
} from '../support/builders.js';
import { eagerClock } from '../support/eager-clock.js';
import { fakeTalosctl, REPORT, realSnapshot } from '../support/etcd-snapshot.js';
import { memoryJournal } from '../support/memory-journal.js';
import { aConnection, anEngine, goodFacts, noShell } from '../support/run-world.js';
import { tempDir } from '../support/temp-dir.js';

interface Planned {
  readonly answers?: Answers;
  readonly connection?: Connection;
  readonly facts?: ActionFacts;
  readonly nowMs?: number;
}

const contextOf = (snapshot: Snapshot, change: Planned): PlanContext => ({
  snapshot,
  answers: {},
  connection: aConnection(),
  facts: goodFacts(),
  nowMs: NOW_MS,
  ...change,
});

const plan = (snapshot: Snapshot, change: Planned = {}) =>
  etcdSnapshot.plan(contextOf(snapshot, change));

function planOf(snapshot: Snapshot, change: Planned = {}): Plan {
  const planned = plan(snapshot, change);
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  return planned;
}

/** Three control planes; what `change` says of one of them. */
function threeNodes(change: (node: TalosNode, number: number) => TalosNode = (node) => node) {
  const world = aWorld(3, 1);
  return worldSnapshot({
    ...world,
    nodes: world.nodes.map((node, index) => change(node, index + 1)),
  });
}

const withErrors = (node: TalosNode, errors: readonly string[]): TalosNode => {
  const status = knownValue(node.etcd);
  return status === undefined ? node : { ...node, etcd: fresh({ ...status, errors }) };
};

const gateOf = (planned: Plan, id: string): Gate | undefined =>
  planned.gates.find((gate) => gate.id === id);

test('takes the snapshot from a follower, through talosctl, with everything explicit', () => {
  const planned = planOf(threeNodes());
  const [take] = planned.steps;

  expect(take?.command).toEqual({
    kind: 'argv',
    argv: [
      ...['talosctl', '--talosconfig', '/etc/home/talosconfig', '--context', 'home'],
      ...['--endpoints', '10.0.0.11,10.0.0.12,10.0.0.13', '--nodes', addressOf(2)],
      ...['etcd', 'snapshot'],
      `/var/lib/talos-tui/snapshots/home-20261120T120000Z-${memberIdOf(2)}.db`,
    ],
  });
  expect(planned).toMatchObject({
    answers: { node: addressOf(2), at: '20261120T120000Z' },
    level: 1,
    summary: 'Take an etcd snapshot of home from cp-2',
    lines: [
      `from cp-2 (${addressOf(2)}), a follower, database 64 MiB`,
      expect.stringContaining('to /var/lib/talos-tui/snapshots/home-'),
      'the retention policy deletes nothing in /var/lib/talos-tui/snapshots',
    ],
  });
  expect(planned.steps.map(({ id }) => id)).toEqual([
    'snapshot',
    'verify',
    'catalogue',
    'retention',
  ]);
  expect(planned.gates.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'G-CFG green',
    'G-ROLE green',
    'G-BIN green',
    'G-ETCD green',
    'G-DIR green',
    'G-SPACE green',
  ]);
});

test('gives the same plan later, whatever has happened since', () => {
  const planned = planOf(threeNodes());
  const later = planOf(
    threeNodes((node, number) => (number === 3 ? silenced(node) : node)),
    { answers: planned.answers, nowMs: NOW_MS + 60_000, facts: goodFacts({ talosRoles: null }) },
  );

  expect(fingerprint(later)).toBe(fingerprint(planned));
  expect(fingerprint(planOf(threeNodes(), { nowMs: NOW_MS + 1_000 }))).not.toBe(
    fingerprint(planned),
  );
});

test('falls back to the leader, and to whatever node is named', () => {
  const onlyLeader = threeNodes((node, number) => (number === 1 ? node : silenced(node)));
  const named = planOf(threeNodes(), { answers: { node: 'cp-3' } });

  expect(gateOf(planOf(onlyLeader), 'G-ETCD')).toMatchObject({
    state: 'red',
    text: '1 of 3 voters healthy, 2 needed',
    override: 'no',
  });
  expect(planOf(onlyLeader).lines[0]).toContain('the leader, no follower is healthy');
  expect(named.answers.node).toBe(addressOf(3));
});

test('takes a snapshot of a full database: that is when it is needed', () => {
  const full = threeNodes((node) => withErrors(node, ['memberID:1 alarm:NOSPACE ']));

  expect(gateOf(planOf(full), 'G-ETCD')?.state).toBe('green');
});

test('leaves learners and members with other errors alone', () => {
  const corrupt = threeNodes((node, number) =>
    number === 2 ? withErrors(node, ['memberID:2 alarm:CORRUPT ']) : node,
  );
  const learner = worldSnapshot(aWorld(3, 0), {
    etcdMembers: fresh([
      aMember({ number: 1 }),
      aMember({ number: 2 }, { isLearner: true }),
      aMember({ number: 3 }),
    ]),
  });

  expect(planOf(corrupt).answers.node).toBe(addressOf(3));
  expect(planOf(learner).answers.node).toBe(addressOf(3));
});

const noEndpoints = threeNodes();
const REFUSALS: readonly (readonly [string, Snapshot, Planned, Partial<Refusal>])[] = [
  [
    'there is no talosconfig',
    threeNodes(),
    { connection: aConnection({ talos: null }) },
    { reason: 'No talosconfig is known for home.', gate: 'G-CFG' },
  ],
  [
    'the talosconfig has no endpoints',
    { ...noEndpoints, cluster: aCluster({ endpoints: [] }) },
    {},
    { reason: 'The talosconfig has no endpoints.', gate: 'G-CFG' },
  ],
  [
    'the client certificate has expired',
    { ...noEndpoints, cluster: aCluster({ talosCertificateEndsAtMs: NOW_MS }) },
    {},
    { reason: 'The client certificate of the talosconfig has expired.', gate: 'G-CFG' },
  ],
  [
    'talosctl is too old',
    threeNodes(),
    {
      facts: goodFacts({
        talosctl: { state: 'unusable', problem: 'talosctl is v1.8.0.', hint: 'Install 1.12.' },
      }),
    },
    { reason: 'talosctl is v1.8.0.', hint: 'Install 1.12.', gate: 'G-BIN' },
  ],
  [
    'the members have not been read',
    { ...threeNodes(), etcdMembers: { state: 'waiting' } },
    {},
    { reason: 'The etcd members have not been read yet.', gate: 'G-ETCD' },
  ],
  [
    'the members cannot be read',
    { ...threeNodes(), etcdMembers: failed() },
    {},
    { reason: 'The etcd members cannot be read: connect: no route to host' },
  ],
  [
    'the list of members is out of date',
    { ...threeNodes(), etcdMembers: stale([aMember()]) },
    {},
    { reason: 'The etcd members cannot be read: connect: no route to host' },
  ],
  [
    'no member is healthy',
    threeNodes((node) => withErrors(node, ['etcdserver: no leader'])),
    {},
    {
      reason: expect.stringContaining(
        'No etcd member is healthy: cp-1 is unhealthy: etcdserver: no leader; cp-2',
      ),
      gate: 'G-ETCD',
    },
  ],
  [
    'no control plane answers at all',
    aSnapshot({ etcdMembers: fresh([aMember()]) }),
    {},
    { reason: 'No etcd member is healthy: no node has said which member it is.' },
  ],
  [
    'the named node is ill',
    threeNodes((node, number) => (number === 2 ? silenced(node) : node)),
    { answers: { node: 'cp-2' } },
    { reason: expect.stringContaining('cp-2 is unreachable'), gate: 'G-ETCD' },
  ],
  [
    'the named node does not say how its etcd is',
    threeNodes((node, number) => (number === 2 ? { ...node, etcd: failed() } : node)),
    { answers: { node: 'cp-2' } },
    { reason: 'cp-2 does not say how its etcd is.', gate: 'G-ETCD' },
  ],
  [
    'the named node is no control plane',
    threeNodes(),
    { answers: { node: 'w-4' } },
    {
      reason: 'w-4 is no control plane with an etcd member.',
      hint: 'Choose one of: cp-1, cp-2, cp-3.',
      isUsage: true,
    },
  ],
  [
    'the time is none',
    threeNodes(),
    { answers: { at: '20261340T000000Z' } },
    { reason: '20261340T000000Z is no time.', isUsage: true },
  ],
];

test.each(REFUSALS)('refuses when %s', (_why, snapshot, change, expected) => {
  expect(plan(snapshot, change)).toMatchObject({ kind: 'refusal', ...expected });
});

const directory = (change: Partial<ActionFacts['snapshotDirectory']>) =>
  goodFacts({ snapshotDirectory: { ...goodFacts().snapshotDirectory, ...change } });

const CLOSED_GATES: readonly (readonly [string, string, Snapshot, Planned, Partial<Gate>])[] = [
  [
    'G-SPACE',
    'the disk has too little room',
    threeNodes(),
    { facts: directory({ freeBytes: GIB }) },
    { state: 'red', text: '1 GiB free, 1.1 GiB needed', override: 'no' },
  ],
  [
    'G-SPACE',
    'the free space is not known',
    threeNodes(),
    { facts: directory({ freeBytes: null }) },
    { state: 'unknown' },
  ],
  [
    'G-DIR',
    'the directory is open to others',
    threeNodes(),
    { facts: directory({ state: 'unusable', problem: '/x is open to others (mode 0755)' }) },
    { state: 'red', text: '/x is open to others (mode 0755)', override: 'no' },
  ],
  [
    'G-DIR',
    'the directory has not been looked at',
    threeNodes(),
    { facts: directory({ state: 'unknown', problem: 'not looked at yet' }) },
    { state: 'unknown' },
  ],
  [
    'G-ROLE',
    'the certificate may only read',
    threeNodes(),
    { facts: goodFacts({ talosRoles: ['os:reader'] }) },
    { state: 'red', text: 'your certificate has role os:reader', override: 'no' },
  ],
  [
    'G-BIN',
    'talosctl is far from the node',
    threeNodes(),
    { facts: goodFacts({ talosctl: { state: 'usable', version: 'v1.14.0' } }) },
    { state: 'red', override: 'confirm' },
  ],
  [
    'G-BIN',
    'talosctl has not been asked',
    threeNodes(),
    { facts: goodFacts({ talosctl: { state: 'unknown' } }) },
    { state: 'unknown' },
  ],
  [
    'G-CFG',
    'the VIP is the only endpoint',
    { ...threeNodes(), cluster: aCluster({ endpoints: ['10.0.0.20'] }) },
    {},
    { state: 'red', override: 'confirm' },
  ],
];

test.each(CLOSED_GATES)('closes %s while %s', (id, _why, snapshot, change, expected) => {
  expect(gateOf(planOf(snapshot, change), id)).toMatchObject(expected);
});

test('leaves G-ROLE to the node when the roles cannot be read', () => {
  const planned = planOf(threeNodes(), { facts: goodFacts({ talosRoles: null }) });

  expect(gateOf(planned, 'G-ROLE')).toBeUndefined();
});

test('never uses the VIP as endpoint beside others', () => {
  const planned = planOf({
    ...threeNodes(),
    cluster: aCluster({ endpoints: ['10.0.0.20', '10.0.0.12'], vip: asIpAddress('10.0.0.20') }),
  });
  const [take] = planned.steps;

  expect(take?.command).toMatchObject({ argv: expect.arrayContaining(['10.0.0.12']) });
});

const unheard = (node: TalosNode): TalosNode => ({ ...node, etcd: { state: 'waiting' } });

test('says what it has not heard yet, but does not wait for a node that it can do without', () => {
  const withoutThird = threeNodes((node, number) => (number === 3 ? unheard(node) : node));
  const onlyLeader = threeNodes((node, number) => (number === 1 ? node : unheard(node)));
  const { missing } = etcdSnapshot;

  expect(missing(aSnapshot(), {})).toEqual(['the etcd members', 'the Talos nodes']);
  expect(missing(threeNodes(), {})).toEqual([]);
  expect(missing(withoutThird, {})).toEqual([]);
  expect(missing(withoutThird, { node: 'cp-3' })).toEqual([`etcd on ${addressOf(3)}`]);
  expect(missing(onlyLeader, {})).toEqual([`etcd on ${addressOf(2)}`, `etcd on ${addressOf(3)}`]);
});

test('does not call a quorum lost that it has only not heard of', () => {
  const onlyLeader = threeNodes((node, number) => (number === 1 ? node : unheard(node)));

  expect(gateOf(planOf(onlyLeader), 'G-ETCD')).toMatchObject({
    state: 'unknown',
    text: '1 of 3 voters healthy, 2 needed, 2 not heard of',
  });
});

const aTalosctl = async (source: Uint8Array, report: string): Promise<string> =>
  fakeTalosctl(await tempDir(), source, report);

async function performed(
  talosctl: string,
  prepare: (world: {
    readonly snapshotDir: string;
    readonly runDir: string;
  }) => Promise<void> = async () => {},
) {
  const runDir = await tempDir();
  await mkdir(join(runDir, 'out'));
  const snapshotDir = join(await tempDir(), 'snapshots');
  const connection = aConnection({
    snapshotDir,
    programs: { talosctl, kubectl: 'kubectl', helm: 'helm' },
  });
  await prepare({ snapshotDir, runDir });
  const snapshot = threeNodes();
  const planned = planOf(snapshot, { connection });
  const journal = memoryJournal();
  const outcome = await perform(planned, engineFor(planned, { journal, runDir, snapshot }));
  const [name] = (await readdir(snapshotDir)).filter((file) => file.endsWith('.db')).toReversed();
  return {
    outcome,
    snapshotDir,
    runDir,
    path: join(snapshotDir, name ?? ''),
    entries: journal.entries,
    last: journal.entries.at(-1),
  };
}

function engineFor(
  planned: Plan,
  {
    journal,
    runDir,
    snapshot,
  }: { readonly journal: Journal; readonly runDir: string; readonly snapshot: Snapshot },
) {
  const engine = anEngine(planned, { journal });
  const wiring = { reader: noShell, journal, clock: eagerClock(), env: process.env, runDir };
  // The eager clock would time every command out at once.
  const clock = { ...wiring.clock, after: () => () => undefined };
  return {
    ...engine,
    shellFor: (step: string) => stepShell(step, { ...wiring, clock, lockFd: null }),
    context: { ...engine.context, runDir, snapshot: () => snapshot },
  };
}

test('takes, verifies and catalogues a snapshot', async () => {
  const { outcome, path, entries, snapshotDir } = await performed(
    await aTalosctl(realSnapshot(), REPORT),
  );

  expect(outcome).toBe('succeeded');
  expect(entries.filter(({ type }) => type === 'done')).toMatchObject([
    { step: 'snapshot', evidence: '24 KiB, revision 21, 24 keys, hash f5641a1a' },
    {
      step: 'verify',
      evidence: expect.stringMatching(/^SHA-256 [0-9a-f]{16}…, bbolt transaction 13$/),
    },
    { step: 'catalogue', evidence: 'entry with revision 21' },
  ]);
  expect(await snapshotFiles.readEntry(path)).toMatchObject({
    file: path,
    cluster: 'home',
    memberId: memberIdOf(2),
    sourceNode: 'cp-2',
    takenAtMs: NOW_MS,
    sizeBytes: 24_608,
    revision: 21,
    totalKeys: 24,
    hash: 'f5641a1a',
    talosVersion: 'v1.12.4',
    kubernetesVersion: 'v1.35.0',
    etcdVersion: '3.6.0',
    isVerified: true,
  });
  expect((await stat(snapshotDir)).mode & 0o777).toBe(0o700);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('keeps a snapshot that does not verify as .bad and enters nothing', async () => {
  const broken = realSnapshot();
  broken[9000] = (broken[9000] ?? 0) ^ 4;
  const { outcome, last, snapshotDir } = await performed(await aTalosctl(broken, REPORT));

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({
    step: 'verify',
    error: expect.stringContaining('the SHA-256 at its end does not match its content'),
    hint: 'Take another one from another control plane: set node.',
    state: expect.stringContaining('Done: Take the snapshot from cp-2.'),
  });
  expect(await readdir(snapshotDir)).toEqual([expect.stringMatching(/\.db\.bad$/)]);
});

test('does not believe an empty database', async () => {
  const { last } = await performed(
    await aTalosctl(
      realSnapshot(),
      'snapshot info: hash 0, revision 0, total keys 0, total size 1',
    ),
  );

  expect(last).toMatchObject({
    error: expect.stringContaining('its revision is 0; it has no keys'),
  });
});

test('does not call a file a snapshot that talosctl did not report on', async () => {
  const { outcome, last } = await performed(await aTalosctl(realSnapshot(), 'something new'));

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({
    step: 'snapshot',
    error: expect.stringContaining('there is a file, but no report of talosctl about it'),
  });
});

test('passes the error of talosctl on and leaves no file', async () => {
  const bin = join(await tempDir(), 'talosctl');
  await writeFile(
    bin,
    '#!/bin/sh\necho "error reading: rpc error: code = Unavailable" >&2\nexit 1\n',
  );
  await chmod(bin, 0o700);
  const { outcome, last, snapshotDir } = await performed(bin);

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({ error: expect.stringContaining('code = Unavailable') });
  expect(await readdir(snapshotDir)).toEqual([]);
});

test('removes the unfinished file of a killed talosctl first', async () => {
  const name = `home-20261120T120000Z-${memberIdOf(2)}.db.part`;
  const { outcome, snapshotDir, entries } = await performed(
    await aTalosctl(realSnapshot(), REPORT),
    async ({ snapshotDir: directoryPath }) => {
      await mkdir(directoryPath, { mode: 0o700 });
      await writeFile(join(directoryPath, name), 'half');
    },
  );

  expect(outcome).toBe('succeeded');
  expect(entries).toContainEqual(
    expect.objectContaining({
      type: 'note',
      text: expect.stringContaining('Removed the unfinished'),
    }),
  );
  expect(await readdir(snapshotDir)).not.toContain(name);
});

test('does not take a finished snapshot again when the run is resumed', async () => {
  const talosctl = await aTalosctl(realSnapshot(), REPORT);
  const { snapshotDir, runDir } = await performed(talosctl);
  const snapshot = threeNodes();
  const planned = planOf(snapshot, {
    connection: aConnection({
      snapshotDir,
      programs: { talosctl: '/bin/false', kubectl: 'kubectl', helm: 'helm' },
    }),
  });
  const journal = memoryJournal();

  expect(await perform(planned, engineFor(planned, { journal, runDir, snapshot }))).toBe(
    'succeeded',
  );
  expect(journal.types()).toEqual([
    ...['step', 'already-done'],
    ...['step', 'intent', 'done'],
    ...['step', 'already-done'],
    ...['step', 'already-done'],
    'succeeded',
  ]);
});

test('refuses to put a snapshot where others may enter', async () => {
  const { outcome, last } = await performed(
    await aTalosctl(realSnapshot(), REPORT),
    ({ snapshotDir }) => mkdir(snapshotDir, { mode: 0o755 }).then(() => undefined),
  );

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({ error: expect.stringContaining('is open to others (mode 0755)') });
});

test('deletes what the retention policy does not keep, of this cluster only', async () => {
  const day = 86_400_000;
  const old = (name: string, ageDays: number, cluster = 'home') => ({
    name,
    entry: aCatalogueEntry({ cluster, takenAtMs: NOW_MS - ageDays * day, revision: 5 }),
  });
  const before = [
    old('a.db', 200),
    old('b.db', 200.1),
    old('c.db', 300),
    old('d.db', 400),
    old('e.db', 500),
    old('other.db', 900, 'elsewhere'),
  ];
  const { outcome, snapshotDir, entries } = await performed(
    await aTalosctl(realSnapshot(), REPORT),
    async ({ snapshotDir: directoryPath }) => {
      await mkdir(directoryPath, { mode: 0o700 });
      for (const { name, entry } of before) {
        await writeFile(join(directoryPath, name), '');
        await snapshotFiles.writeEntry({ ...entry, file: join(directoryPath, name) });
      }
    },
  );

  expect(outcome).toBe('succeeded');
  expect((await readdir(snapshotDir)).filter((file) => /^\w{1,5}\.db$/.test(file))).toEqual([
    'a.db',
    'c.db',
    'd.db',
    'e.db',
    'other.db',
  ]);
  expect(entries).toContainEqual({ type: 'note', text: `Deleted ${join(snapshotDir, 'b.db')}.` });
});

test('notes that etcd was restored when the revision went down', async () => {
  const { entries } = await performed(
    await aTalosctl(realSnapshot(), REPORT),
    async ({ snapshotDir }) => {
      await mkdir(snapshotDir, { mode: 0o700 });
      const file = join(snapshotDir, 'before.db');
      await writeFile(file, '');
      await snapshotFiles.writeEntry(
        aCatalogueEntry({ file, takenAtMs: NOW_MS - 1_000, revision: 4193 }),
      );
    },
  );

  expect(entries).toContainEqual({
    type: 'note',
    text: 'Revision 21 is below 4193 of an earlier snapshot: etcd was restored in between.',
  });
});

test('keeps talosctl’s own words in the log of the step', async () => {
  const { runDir } = await performed(await aTalosctl(realSnapshot(), REPORT));

  expect(await readFile(join(runDir, 'out', 'snapshot.log'), 'utf8')).toContain(REPORT);
});

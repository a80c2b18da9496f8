import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../src/model/snapshot.js';
import {
  aCsr,
  anError,
  aStorage,
  asStale,
  type aTalosNode,
  aVm,
  aWorld,
  failed,
  fresh,
  GIB,
  type World,
  worldSnapshot,
} from '../support/builders.js';
import { anAction, aPlan } from '../support/plans.js';
import { KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

async function show(snapshot: Snapshot, keys = '', columns = 80): Promise<string> {
  screen = await openScreen({ snapshot, columns, rows: columns > 80 ? 40 : 24 });
  for (const key of keys) await screen.press(key);
  return screen.text();
}

/** The row that begins with the name. */
const row = (text: string, name: string): string =>
  text.split('\n').find((line) => line.slice(2).startsWith(name)) ?? `no row ${name}`;

const withNode = (
  world: World,
  number: number,
  change: Parameters<typeof aTalosNode>[1],
): World => ({
  ...world,
  nodes: world.nodes.map((node, index) => (index === number - 1 ? { ...node, ...change } : node)),
});

test('the overview tells unreachable, unhealthy and unknown apart by word and symbol', async () => {
  const world = withNode(aWorld(), 2, {
    version: failed(),
    status: failed(),
    etcd: failed(),
    services: failed(),
  });
  const sick = withNode(world, 3, {
    services: fresh([
      { id: 'etcd', state: 'Running', health: 'unhealthy', lastMessage: 'rafthttp: timeout' },
    ]),
  });
  const text = await show(worldSnapshot(sick, { kubeNodes: asStale(fresh(sick.kubeNodes)) }));
  expect(row(text, 'cp-2')).toMatch(/⊘ unreachable +⊘ unreachable/);
  expect(row(text, 'cp-3')).toMatch(/● running +▲ unhealthy +\? stale/);
  expect(row(text, 'w-4')).toMatch(/● running +–/);
});

test('the overview names the fullest storage that the machines use', async () => {
  const storages = fresh([
    aStorage({ usedBytes: 372 * GIB }),
    aStorage({ name: 'backup', type: 'dir', usedBytes: 399 * GIB }),
  ]);
  const text = await show(busySnapshot({ storages }));
  expect(text).toMatch(/Storage +✖ 93% █+░ of 400 GiB local-lvm/);
});

test('the overview warns when no snapshot was ever taken, and when the newest is a day old', async () => {
  expect(await show(busySnapshot({ catalogue: fresh([]) }))).toMatch(/Snapshot +▲ none taken yet/);
  screen.close();
  const old = busySnapshot();
  screen = await openScreen({ snapshot: old });
  screen.clock.nowMs += 26 * 3_600_000;
  await screen.press('21');
  expect(screen.text()).toMatch(/Snapshot +▲ 1d old, verified/);
});

test('a machine that is not proven to belong here is marked, and offers nothing to act on', async () => {
  const world = aWorld();
  const stranger = aVm({ number: 9 }, { name: 'w-9', tags: ['home'] });
  screen = await openScreen({
    snapshot: worldSnapshot({ ...world, vms: [...world.vms, stranger] }),
    actions: [anAction({ answerNames: ['node', 'vm'] })],
    plan: () => aPlan(),
  });
  await screen.press('G');
  expect(screen.text()).toContain('› ? w-9');
  await screen.press(`x${KEY.enter}`);
  expect(screen.calls.planned.every(({ answers }) => Object.keys(answers).length === 0)).toBe(true);
});

test('etcd shows seats, sizes and lag, and never calls unread alarms none', async () => {
  const text = await show(
    busySnapshot({ etcdAlarms: failed(anError('forbidden', 'no role')) }),
    '2',
  );
  expect(row(text, 'cp-1')).toMatch(/● healthy +leader +64 MiB +63% +0 +4/);
  expect(text).toMatch(/Alarms +\? unknown/);
  expect(text).toMatch(/Trend +[▁▂▃▄▅▆▇█]+ 65.9 MiB on cp-1/);
});

test('network says who holds the address, and why nobody does', async () => {
  expect(await show(busySnapshot(), '3')).toContain('10.0.0.20  ● held by cp-1');
  screen.close();
  const world = aWorld();
  const nobody = worldSnapshot({
    ...world,
    nodes: world.nodes.map((node) => ({
      ...node,
      addresses: fresh([]),
    })),
  });
  expect(await show(nobody, '3')).toMatch(/10\.0\.0\.20 {2}✖ no holder\n +the election is open/);
});

test('images name the node that differs and what it lacks', async () => {
  const drifted = withNode(aWorld(), 5, {
    image: fresh({ schematic: 'b'.repeat(64), extensions: [] }),
  });
  const text = await show(worldSnapshot(drifted), '4');
  expect(row(text, 'w-5')).toContain('bbbbbbbbbbbb');
  expect(row(text, 'w-5')).toMatch(/▲ .*lacks/);
  await screen.press('G');
  expect(screen.text()).toContain('▲ iscsi-tools  missing');
});

test('certificates show every rule of the selected request', async () => {
  const text = await show(busySnapshot({ csrs: fresh([aCsr()]) }), '5', 120);
  for (let rule = 1; rule <= 16; rule++) expect(text).toContain(`V${rule} `);
  expect(text).toContain('✖ suspicious');
});

test('a request that was decided is not called failed for being decided', async () => {
  const text = await show(busySnapshot({ csrs: fresh([aCsr({ state: 'issued' })]) }), '5');
  expect(text).toContain('● issued');
  expect(text).toMatch(/– V2 +is already issued/);
});

test('marked requests are what the letter of the action means', async () => {
  screen = await openScreen({
    snapshot: busySnapshot({ csrs: fresh([aCsr(), aCsr({ name: 'csr-2', uid: 'u2' })]) }),
    actions: [anAction({ id: 'approve-csrs', key: 'a', answerNames: ['csr'] })],
    plan: () => aPlan(),
  });
  await screen.press('5 a');
  expect(screen.calls.planned.at(-1)?.answers).toEqual({ csr: 'csr-x7k2p' });
});

test('client certificates warn before they end', async () => {
  const soon = busySnapshot();
  const text = await show(
    {
      ...soon,
      cluster: { ...soon.cluster, talosCertificateEndsAtMs: Date.UTC(2026, 10, 25, 13) },
    },
    '5',
  );
  expect(text).toMatch(/Talos client +✖ ends in 5 days/);
});

test('Proxmox moves between guests and tasks, and Enter on a task tells all of it', async () => {
  const text = await show(busySnapshot(), '6');
  expect(text).toMatch(/local +dir +✖ +95% █+░ of 400 GiB on pve1/);
  await screen.press(KEY.right);
  await screen.press('j');
  await screen.press(KEY.enter);
  expect(screen.text()).toContain('UPID:2');
});

test('the node screen shows all layers, load and parts of one machine', async () => {
  const text = await show(busySnapshot(), KEY.enter, 120);
  for (const part of ['Layers', 'Load', 'Services', 'Network', 'Disks of the guest', 'Image']) {
    expect(text).toContain(`── ${part} `);
  }
  expect(text).toMatch(/CPU +[▁▂▃▄▅▆▇█]+ +10%/);
  expect(text).toContain('boot order scsi0');
});

test('the node screen says when no source knows the machine any more', async () => {
  await show(busySnapshot(), KEY.enter);
  await screen.show(worldSnapshot({ nodes: [], members: [], kubeNodes: [], vms: [] }));
  expect(screen.text()).toContain('No source knows this machine any more');
});

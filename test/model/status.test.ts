import { expect, test } from 'vitest';
import { statusDocument } from '../../src/model/status.js';
import {
  aCatalogueEntry,
  aCsr,
  anError,
  aSnapshot,
  aStorage,
  asStale,
  aWorld,
  failed,
  fresh,
  GIB,
  memberIdOf,
  NOW_MS,
  SCHEMATIC,
  silenced,
  worldSnapshot,
} from '../support/builders.js';

test('the document of a healthy cluster has the promised shape', () => {
  const snapshot = worldSnapshot(aWorld(1, 1), {
    csrs: fresh([aCsr(), aCsr({ name: 'csr-old', state: 'issued' })]),
    storages: fresh([aStorage({ usedBytes: GIB, totalBytes: 3 * GIB })]),
  });
  const document = statusDocument(snapshot, { nowMs: NOW_MS + 5_000 });

  expect(document).toMatchObject({
    schema: 1,
    cluster: 'home',
    at: '2026-11-20T12:00:05.000Z',
    verdict: { level: 'ok', text: '2 machines healthy, etcd 1 of 1 healthy, can lose 0' },
    etcd: { members: 1, healthy: 1, quorum: 1, canLose: 0, leader: 'cp-1' },
    vip: { address: '10.0.0.20', holder: 'cp-1', reason: '' },
    snapshots: { latestAt: '2026-11-20T11:00:00.000Z' },
    storage: [{ pveNode: 'pve1', name: 'local-lvm', type: 'lvmthin', usedRatio: 0.3333 }],
    findings: [],
  });
  expect(document.machines).toEqual([
    {
      name: 'cp-1',
      role: 'control-plane',
      joinedBy: ['mac', 'smbios-uuid', 'member-id', 'system-uuid', 'address'],
      vm: { id: 101, pveNode: 'pve1', status: 'running' },
      talos: {
        address: '10.0.0.11',
        version: 'v1.12.4',
        stage: 'running',
        ready: true,
        schematic: SCHEMATIC,
        extensions: [
          { name: 'iscsi-tools', version: 'v0.2.0' },
          { name: 'qemu-guest-agent', version: '10.0.2' },
          { name: 'util-linux-tools', version: '2.41.1' },
        ],
      },
      etcd: {
        memberId: memberIdOf(1),
        isLeader: true,
        isLearner: false,
        healthy: true,
        dbSizeBytes: 64 * 1024 ** 2,
      },
      kubernetes: { ready: true, version: 'v1.35.0', unschedulable: false },
      problems: [],
    },
    expect.objectContaining({ name: 'w-2', role: 'worker', etcd: null }),
  ]);
  expect(document.csrs.pending).toMatchObject([
    { name: 'csr-x7k2p', node: 'w-4', ageMs: 125_000, approvable: false },
  ]);
  expect(document.csrs.pending[0]?.reasons.length).toBeGreaterThan(0);
  expect(document.readings).toMatchObject({
    kubeNodes: { state: 'fresh', ageMs: 5_000, error: null },
    'talos/10.0.0.11': { state: 'fresh', ageMs: 5_000, error: null },
  });
});

test('what was seen before a node fell silent is not told as its state', () => {
  const world = aWorld();
  const snapshot = worldSnapshot({
    ...world,
    nodes: world.nodes.map((node, index) => (index === 0 ? silenced(node) : node)),
  });
  const [machine] = statusDocument(snapshot, { nowMs: NOW_MS }).machines;

  expect(machine).toMatchObject({
    talos: { stage: 'unreachable', ready: false, version: 'v1.12.4' },
    etcd: { healthy: false, isLeader: false, dbSizeBytes: null },
    problems: ['Talos does not answer: connect: no route to host'],
  });
});

test('stale guests and nodes of Kubernetes are null or stale, never running and ready', () => {
  const world = worldSnapshot(aWorld());
  const document = statusDocument(
    { ...world, vms: asStale(world.vms), kubeNodes: asStale(world.kubeNodes) },
    { nowMs: NOW_MS },
  );

  expect(document.machines[0]).toMatchObject({
    vm: { status: 'stale' },
    kubernetes: { ready: null },
  });
  expect(document.readings.vms).toEqual({
    state: 'stale',
    ageMs: 60_000,
    error: 'connect: no route to host',
  });
});

test('single cells that failed are listed with their reason', () => {
  const world = aWorld(1, 0);
  const nodes = world.nodes.map((node) => ({
    ...node,
    vipOperators: failed(anError('forbidden', 'not authorized')),
  }));
  const { readings } = statusDocument(worldSnapshot({ ...world, nodes }), { nowMs: NOW_MS });

  expect(readings['talos/10.0.0.11/vipOperators']).toEqual({
    state: 'failed',
    ageMs: 0,
    error: 'not authorized',
  });
});

test('before any answer everything is null or waiting', () => {
  const document = statusDocument(aSnapshot(), { nowMs: NOW_MS });

  expect(document).toMatchObject({
    verdict: { level: 'unknown' },
    machines: [],
    etcd: null,
    snapshots: { latestAt: null },
    csrs: { pending: [] },
  });
  expect(Object.values(document.readings).every(({ state }) => state === 'waiting')).toBe(true);
});

test('a snapshot that failed its checks is none', () => {
  const catalogue = fresh([
    aCatalogueEntry({ takenAtMs: NOW_MS, isVerified: false, problems: ['checksum differs'] }),
    aCatalogueEntry({ takenAtMs: NOW_MS - 7_200_000 }),
    aCatalogueEntry({ takenAtMs: NOW_MS, cluster: 'other' }),
  ]);

  expect(
    statusDocument(worldSnapshot(aWorld(), { catalogue }), { nowMs: NOW_MS }).snapshots,
  ).toEqual({ latestAt: '2026-11-20T10:00:00.000Z' });
});

test('the document survives JSON unchanged', () => {
  const document = statusDocument(worldSnapshot(aWorld()), { nowMs: NOW_MS });

  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});

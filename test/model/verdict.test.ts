import fc from 'fast-check';
import { expect, test } from 'vitest';
import { machinesOf } from '../../src/model/machines.js';
import type { PveStorage } from '../../src/model/proxmox.js';
import { fresh, WAITING } from '../../src/model/reading.js';
import { verdictOf } from '../../src/model/verdict.js';
import {
  anError,
  aSnapshot,
  aStorage,
  asStale,
  aTalosNode,
  aWorld,
  failed,
  GIB,
  NOW_MS,
  silence,
  silenced,
  type World,
  worldSnapshot,
} from '../support/builders.js';

/** Guests by number are off, and their nodes silent. */
function withStopped(world: World, numbers: readonly number[]): World {
  return {
    ...world,
    nodes: world.nodes.map((node, index) => (numbers.includes(index + 1) ? silenced(node) : node)),
    kubeNodes: world.kubeNodes.map((node, index) =>
      numbers.includes(index + 1) ? { ...node, ready: 'Unknown' as const } : node,
    ),
    vms: world.vms.map((vm, index) =>
      numbers.includes(index + 1) ? { ...vm, status: 'stopped' } : vm,
    ),
  };
}

test('a healthy cluster is told in one sentence with its spare member', () => {
  expect(verdictOf(worldSnapshot(aWorld()))).toEqual({
    level: 'ok',
    text: '5 machines healthy, etcd 3 of 3 healthy, can lose 1',
  });
});

test('before the first answer nothing is called healthy', () => {
  expect(verdictOf(aSnapshot())).toEqual({
    level: 'unknown',
    text: 'Waiting for the first answers',
  });
});

test('a stopped guest is named as the cause, with what it costs etcd', () => {
  expect(verdictOf(worldSnapshot(withStopped(aWorld(), [2])))).toEqual({
    level: 'fail',
    text: 'Proxmox: VM 102 (cp-2) is stopped; etcd 2 of 3 healthy, can lose 0',
  });
});

test('a lost quorum swallows its symptoms and names who is missing', () => {
  const snapshot = worldSnapshot(withStopped(aWorld(), [2, 3]), {
    kubeHealth: failed(anError('timeout')),
  });
  const members = asStale(snapshot.etcdMembers, anError('timeout'));

  expect(verdictOf({ ...snapshot, etcdMembers: members })).toEqual({
    level: 'fail',
    text: 'etcd: quorum lost: 1 of 3 healthy, needs 2 (cp-2: VM stopped and cp-3: VM stopped)',
  });
});

test('nodes that do not answer are the Talos layer when their guests run', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) => (index === 4 ? silenced(node) : node));

  expect(verdictOf(worldSnapshot({ ...world, nodes }))).toEqual({
    level: 'fail',
    text: 'Talos: w-5 does not answer',
  });
});

test('a Kubernetes API that does not answer is the Kubernetes layer', () => {
  const snapshot = worldSnapshot(aWorld());
  const error = silence('connect ECONNREFUSED');

  expect(
    verdictOf({
      ...snapshot,
      kubeHealth: failed(error),
      kubeNodes: asStale(snapshot.kubeNodes, error),
    }),
  ).toEqual({ level: 'fail', text: 'Kubernetes: the API does not answer: connect ECONNREFUSED' });
});

test('when nobody holds the address of the silent API, the address is the cause', () => {
  const world = aWorld();
  const nodes = world.nodes.map((_, index) =>
    aTalosNode(
      { number: index + 1, isControlPlane: index < 3 },
      { vipOperators: fresh([], NOW_MS) },
    ),
  );
  const snapshot = worldSnapshot({ ...world, nodes }, { kubeHealth: failed() });

  expect(verdictOf({ ...snapshot, kubeNodes: asStale(snapshot.kubeNodes) }).text).toMatch(
    /^VIP: 10\.0\.0\.20 no holder: .*; the Kubernetes API is reached through it$/,
  );
});

test('a stream that broke while the node answers is not called unreachable', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 4 ? { ...node, status: asStale(node.status) } : node,
  );

  expect(verdictOf(worldSnapshot({ ...world, nodes }))).toMatchObject({
    level: 'unknown',
    text: expect.stringContaining('Talos: w-5: Talos cannot be read, last seen running'),
  });
});

test('a Proxmox API that cannot be read makes the verdict unknown, not healthy', () => {
  const snapshot = worldSnapshot(aWorld(), { vms: failed(anError('forbidden', 'no VM.Audit')) });

  expect(verdictOf(snapshot)).toEqual({
    level: 'unknown',
    text: 'Proxmox: cannot be read: no VM.Audit',
  });
});

test('a Kubernetes API that is only reached another way is no healthy cluster', () => {
  const kubeHealth = fresh(
    {
      isReady: true,
      failedChecks: [],
      serverVersion: 'v1.35.0',
      viaServer: 'https://10.0.0.11:6443',
    },
    NOW_MS,
  );

  expect(verdictOf({ ...worldSnapshot(aWorld()), kubeHealth })).toEqual({
    level: 'warn',
    text: 'Kubernetes: 10.0.0.20 does not answer; the API is read through 10.0.0.11',
  });
});

test.each([
  ['back', { level: 'ok' }],
  ['unsteady', { level: 'warn', text: expect.stringContaining('10.0.0.20 comes and goes') }],
] as const)(
  'a server that is %s is told as it is, while another one is still used',
  (serverState, verdict) => {
    const viaServer = 'https://10.0.0.11:6443';
    const base = { isReady: true, failedChecks: [], serverVersion: 'v1.35.0' };
    const kubeHealth = fresh({ ...base, viaServer, serverState }, NOW_MS);

    expect(verdictOf({ ...worldSnapshot(aWorld()), kubeHealth })).toMatchObject(verdict);
  },
);

test('without a configured Proxmox nothing about it is missed', () => {
  const snapshot = worldSnapshot(aWorld());
  const cluster = { ...snapshot.cluster, pveUrl: null };
  const error = failed(anError('configuration'));

  expect(
    verdictOf({ ...snapshot, cluster, vms: error, pve: error, storages: error, pveTasks: error }),
  ).toMatchObject({ level: 'ok' });
});

test('a Proxmox that is named but cannot be used is never called healthy', () => {
  const snapshot = worldSnapshot(aWorld());
  const cluster = { ...snapshot.cluster, pveUrl: null, isProxmoxBroken: true };
  const error = failed(anError('configuration'));
  const broken = { ...snapshot, cluster, vms: error, pve: error };

  expect(verdictOf(broken)).toMatchObject({
    level: 'unknown',
    text: expect.stringContaining('Proxmox: cannot be read: '),
  });
  for (const { vm } of machinesOf(broken).map(({ layers }) => layers)) {
    expect(vm).toMatchObject({ level: 'unknown', word: 'unknown' });
  }
});

test('nothing reachable is said as such', () => {
  const error = failed(silence());
  const world = aWorld();
  const nodes = world.nodes.map((node) => ({ ...node, version: error, status: error }));

  expect(verdictOf(aSnapshot({ nodes, kubeNodes: error, kubeHealth: error, vms: error }))).toEqual({
    level: 'unknown',
    text: 'Nothing is reachable: connect: no route to host',
  });
});

test('two issues: the worse one speaks and counts the other', () => {
  const world = aWorld();
  const kubeNodes = world.kubeNodes.map((node, index) =>
    index === 3
      ? { ...node, ready: 'False' as const }
      : index === 4
        ? { ...node, isUnschedulable: true }
        : node,
  );

  expect(verdictOf(worldSnapshot({ ...world, kubeNodes }))).toEqual({
    level: 'fail',
    text: 'Kubernetes: w-4 NotReady (+1 more)',
  });
});

test('while a layer has not answered yet, the verdict waits for it', () => {
  const snapshot = { ...worldSnapshot(aWorld()), kubeHealth: { state: 'waiting' } as const };

  expect(verdictOf(snapshot)).toEqual({ level: 'unknown', text: 'Waiting for Kubernetes' });
});

test('a node that has not answered yet is named, and what else is awaited', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 3 ? { ...node, version: WAITING, status: WAITING } : node,
  );
  const snapshot = worldSnapshot({ ...world, nodes });

  expect(verdictOf(snapshot)).toEqual({
    level: 'unknown',
    text: 'Talos: w-4 has not answered yet',
  });
  expect(verdictOf({ ...snapshot, kubeHealth: WAITING }).text).toBe(
    'Talos: w-4 has not answered yet; waiting for Kubernetes',
  );
});

test('a member that reports errors takes the spare away', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 2 && node.etcd.state === 'fresh'
      ? { ...node, etcd: fresh({ ...node.etcd.value, errors: ['etcdserver: no leader'] }, NOW_MS) }
      : node,
  );

  expect(verdictOf(worldSnapshot({ ...world, nodes }))).toEqual({
    level: 'warn',
    text: 'etcd: 2 of 3 healthy, can lose 0',
  });
});

const VITAL = ['kubeNodes', 'kubeHealth', 'vms', 'etcdMembers'] as const;
const VITAL_OF_NODE = ['status', 'etcd', 'services', 'version'] as const;

test('whatever vital reading is not fresh, the verdict is not ok', () => {
  const blind = fc.constantFrom(WAITING, failed(), failed(anError('forbidden')));
  fc.assert(
    fc.property(fc.constantFrom(...VITAL), blind, fc.boolean(), (slot, reading, isStale) => {
      const snapshot = worldSnapshot(aWorld());
      const bad = isStale ? asStale<unknown>(snapshot[slot], silence()) : reading;
      expect(verdictOf({ ...snapshot, [slot]: bad }).level).not.toBe('ok');
    }),
  );
  const index = fc.integer({ min: 0, max: 2 });
  fc.assert(
    fc.property(index, fc.constantFrom(...VITAL_OF_NODE), blind, (at, slot, reading) => {
      const world = aWorld();
      const nodes = world.nodes.map((node, each) =>
        each === at ? { ...node, [slot]: reading } : node,
      );
      expect(verdictOf(worldSnapshot({ ...world, nodes })).level).not.toBe('ok');
    }),
  );
});

test('storages that carry guests of the cluster warn before they are full', () => {
  const storage = (ratio: number, name = 'local-lvm') =>
    aStorage({ name, usedBytes: ratio * 100 * GIB, totalBytes: 100 * GIB });
  const verdictWith = (...storages: readonly PveStorage[]) =>
    verdictOf(worldSnapshot(aWorld(), { storages: fresh(storages, NOW_MS) }));

  expect(verdictWith(storage(0.84)).level).toBe('ok');
  expect(verdictWith(storage(0.9))).toEqual({
    level: 'warn',
    text: 'Proxmox: storage local-lvm on pve1 is 90% full',
  });
  expect(verdictWith(storage(0.97)).level).toBe('fail');
  expect(verdictWith(storage(0.3), storage(0.99, 'backup')).level).toBe('ok');
});

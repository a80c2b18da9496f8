import { expect, test } from 'vitest';
import { applyChange, labChanges } from '../../../src/lab/control/changes.js';
import { LabUsageError } from '../../../src/lab/control/usage-error.js';
import { CSRS } from '../../../src/lab/world/csr.js';
import { alarmsOf } from '../../../src/lab/world/etcd.js';
import { isForbidden, latencyMsOf, takeApiError } from '../../../src/lab/world/faults.js';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import { reachabilityOf } from '../../../src/lab/world/node.js';
import { storageFigures } from '../../../src/lab/world/storage.js';
import type { Topic, World } from '../../../src/lab/world/types.js';
import { newWorld, nodeIn, seconds, vmIn } from '../../support/lab-world.js';

function lab(size = '3+2') {
  const world = newWorld(size);
  const renewed: string[] = [];
  const context = {
    world,
    renewCredential: (file: string, isExpired: boolean) => {
      renewed.push(`${file} ${isExpired ? 'expired' : 'valid'}`);
    },
  };
  const run = (line: string): string => {
    const [id = '', ...args] = line.split(' ');
    return applyChange(context, id, args);
  };
  return { world, run, renewed };
}

function refusal(run: () => unknown): LabUsageError {
  try {
    run();
  } catch (error) {
    if (error instanceof LabUsageError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

const topicsDuring = (world: World, run: () => void): readonly Topic[] => {
  const seen: Topic[] = [];
  const stop = world.subscribe((topics) => seen.push(...topics));
  run();
  stop();
  return seen;
};

test('every change has a name of its own, a line of help, and refuses words that it does not take', () => {
  const ids = labChanges.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const { run, world } = lab();
  const { revision } = world.etcd;
  for (const { id, help } of labChanges) {
    expect(help).toMatch(/^[^\n]{10,}$/);
    const error = refusal(() => run(`${id} surely-not this is too much`));
    expect(error.message.length).toBeGreaterThan(10);
    expect(error.hint).toMatch(/^[A-Z].*\.$/);
  }
  expect(world.etcd.revision).toBe(revision);
});

test('an unknown change, node, server or kind is answered with the nearest names', () => {
  const { run } = lab();

  expect(refusal(() => run('stop-nod talos-w-01'))).toMatchObject({
    message: 'The lab has no change "stop-nod".',
    hint: expect.stringContaining('stop-node'),
  });
  expect(refusal(() => run('stop-node talos-w-1'))).toMatchObject({
    message: 'stop-node: this lab has no node "talos-w-1".',
    hint: expect.stringContaining('talos-w-01'),
  });
  expect(refusal(() => run('etcd-leader talos-w-01')).message).toBe(
    'etcd-leader: this lab has no control plane "talos-w-01".',
  );
  expect(refusal(() => run('latency kub 5')).hint).toBe('Use kube.');
  expect(refusal(() => run('hostile-csr vipp')).hint).toContain('vip');
  expect(refusal(() => run('fill-storage local-lvm 130')).hint).toBe('Give a value from 0 to 100.');
  expect(refusal(() => run('stop-node')).hint).toBe(
    'Usage: lab do stop-node NODE [crash|graceful].',
  );
});

test('a node may be named by hostname, address or guest id', () => {
  for (const word of ['talos-w-01', '127.7.0.21', '104']) {
    const { run, world } = lab();
    run(`stop-node ${word}`);
    expect(vmIn(world, 'talos-w-01').status).toBe('stopped');
  }
});

test('a hanging node accepts connections, a partitioned or stopped one refuses them', () => {
  const { run, world } = lab();
  const reach = () => reachabilityOf(nodeIn(world, 'talos-cp-01'));
  run('hang-node talos-cp-01');
  expect(reach()).toBe('silent');
  expect(refusal(() => run('reboot-node talos-cp-01')).hint).toContain('unhang-node');
  run('unhang-node talos-cp-01');
  expect(reach()).toBe('answers');
  run('partition-node talos-cp-01');
  expect(reach()).toBe('refused');
  run('heal-node talos-cp-01');
  expect(reach()).toBe('answers');
  run('stop-vm 101');
  expect(reach()).toBe('refused');
});

test('the virtual address moves to the named control plane, disappears, and comes back', () => {
  const { run, world } = lab();
  const target = ['talos-cp-01', 'talos-cp-02'].find((name) => name !== world.vip.holder) ?? '';
  run(`move-vip ${target}`);
  seconds(world, 1);
  expect(world.vip.holder).toBe(target);
  run('move-vip');
  seconds(world, 1);
  expect([null, target]).not.toContain(world.vip.holder);
  run('no-vip');
  seconds(world, 300);
  expect(world.vip.holder).toBeNull();
  run('vip-back');
  seconds(world, 1);
  expect(world.vip.holder).not.toBeNull();
});

test('the virtual address cannot be given to a machine that is off, nor moved without a quorum', () => {
  const { run } = lab();
  run('stop-node talos-cp-01');
  expect(refusal(() => run('move-vip talos-cp-01')).message).toContain('cannot hold');
  run('stop-node talos-cp-02');
  expect(refusal(() => run('move-vip talos-cp-03')).message).toContain('no quorum');
});

test('etcd leadership moves with a new term, alarms are raised and disarmed', () => {
  const { run, world } = lab();
  const { term, members, leaderId } = world.etcd;
  const other = [...members.values()].find(({ id }) => id !== leaderId);
  run(`etcd-leader ${other?.hostname}`);
  expect([world.etcd.leaderId, world.etcd.term]).toEqual([other?.id, term + 1]);
  run('etcd-alarm corrupt talos-cp-02');
  expect(alarmsOf(world).map(({ alarm }) => alarm)).toEqual(['CORRUPT']);
  run('clear-alarm');
  expect(alarmsOf(world)).toEqual([]);
});

test('requests, honest and forged, arrive as pending objects that watchers hear of', () => {
  const { run, world } = lab();
  const before = listObjects(world, CSRS).length;
  const topics = topicsDuring(world, () => {
    run('new-csr talos-w-01');
    run('hostile-csr');
    run('hostile-csr wrong-cn talos-cp-01');
  });

  expect(listObjects(world, CSRS)).toHaveLength(before + 3);
  expect(topics.filter((topic) => topic === `kube:${CSRS}`)).toHaveLength(3);
});

test('a full thin pool pauses its guests with an I/O error; with space again they resume where they were', () => {
  const { run, world } = lab();
  const [, pool] = world.storages;
  if (pool === undefined) throw new Error('No pool.');
  run('fill-storage local-lvm 100');
  expect(storageFigures(world, pool).availableBytes).toBe(0);
  expect([...world.vms.values()].map(({ qmpStatus }) => qmpStatus)).toEqual(
    Array(5).fill('io-error'),
  );
  expect(reachabilityOf(nodeIn(world, 'talos-cp-01'))).toBe('silent');
  const { bootId } = nodeIn(world, 'talos-cp-01');
  run('fill-storage local-lvm 50');
  for (const vmId of world.vms.keys()) run(`start-vm ${vmId}`);
  seconds(world, 30);

  expect(nodeIn(world, 'talos-cp-01')).toMatchObject({ bootId, isReady: true });
  expect(world.etcd.leaderId).not.toBeNull();
});

test('the ISO is put into the drive and taken out of it', () => {
  const { run, world } = lab();
  run('attach-iso talos-w-01');
  expect(vmIn(world, 'talos-w-01').config.ide2).toMatch(
    /^local:iso\/talos-v1\.12\.4-88d1f7a5-metal-amd64\.iso,media=cdrom/,
  );
  run('detach-iso talos-w-01');
  expect(vmIn(world, 'talos-w-01').config.ide2).toBe('none,media=cdrom');
});

test('a drifted node runs another schematic without the iSCSI service', () => {
  const { run, world } = lab();
  run('drift-schematic talos-w-02');
  const node = nodeIn(world, 'talos-w-02');

  expect(node.schematic).not.toBe(world.facts.schematic);
  expect(node.extensions.map(({ name }) => name)).toEqual(['qemu-guest-agent', 'schematic']);
  expect(node.services.has('ext-iscsid')).toBe(false);
});

test('API errors are used up by the requests that they hit, and only by those of their server', () => {
  const { run, world } = lab();
  run('api-errors kube 503 2');
  expect([
    takeApiError(world, 'pve'),
    takeApiError(world, 'kube'),
    takeApiError(world, 'kube'),
    takeApiError(world, 'kube'),
  ]).toEqual([null, 503, 503, null]);
  expect(refusal(() => run('api-errors talos 503 1')).hint).toBe('Give a value from 1 to 16.');
});

test('latency, forbidden things, cut streams and clock jumps reach the servers', () => {
  const { run, world } = lab();
  run('latency pve 250');
  expect([latencyMsOf(world, 'pve'), latencyMsOf(world, 'kube')]).toEqual([250, 0]);
  run('latency pve 0');
  expect(latencyMsOf(world, 'pve')).toBe(0);
  run('forbid kube:nodes');
  run('forbid pve');
  expect([
    isForbidden(world, 'kube', 'nodes'),
    isForbidden(world, 'kube', 'pods'),
    isForbidden(world, 'pve', '/version'),
  ]).toEqual([true, false, true]);
  run('allow');
  expect(isForbidden(world, 'kube', 'nodes')).toBe(false);
  expect(topicsDuring(world, () => run('cut-streams kube'))).toEqual(['cut:kube']);
  expect(topicsDuring(world, () => run('cut-streams'))).toHaveLength(4);
  const nowMs = world.clock.now();
  expect(topicsDuring(world, () => run('clock-jump -3600'))).toEqual(['clock']);
  expect(world.clock.now()).toBe(nowMs - 3_600_000);
});

test('a clock that jumps an hour makes no node NotReady', () => {
  const { run, world } = lab();
  seconds(world, 30);
  run('clock-jump 3600');
  seconds(world, 60);

  expect([...world.nodes.values()].every(({ isReady }) => isReady)).toBe(true);
});

test('credentials are written anew, expired or valid', () => {
  const { run, renewed } = lab();
  for (const line of ['expire-talosconfig', 'renew-talosconfig', 'expire-kubeconfig']) run(line);

  expect(renewed).toEqual(['talosconfig expired', 'talosconfig valid', 'kubeconfig expired']);
});

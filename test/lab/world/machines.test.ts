import { isIPv4 } from 'node:net';
import { expect, test } from 'vitest';
import { reachabilityOf } from '../../../src/lab/world/node.js';
import { rebootNode, shutdownVm, startVm, stopVm } from '../../../src/lab/world/power.js';
import { fillStorage, storageFigures } from '../../../src/lab/world/storage.js';
import { parseSize, planMachines } from '../../../src/lab/world/topology.js';
import { cpuSampleOf, memoryUsedBytesOf } from '../../../src/lab/world/usage.js';
import { configDigest, mergedConfig } from '../../../src/lab/world/vm.js';
import { newWorld, nodeIn, seconds, vmIn } from '../../support/lab-world.js';

test.each(['1+0', '1+1', '2+0', '3+0', '3+2', '5+3', '3+97', '3+997'])(
  'a lab of %s has that many healthy machines with their own name, address, MAC, VM and UUID',
  (text) => {
    const world = newWorld(text);
    const nodes = [...world.nodes.values()];
    const size = parseSize(text);

    expect(nodes.filter(({ role }) => role === 'controlplane')).toHaveLength(
      size?.controlPlanes ?? -1,
    );
    expect(nodes.filter(({ role }) => role === 'worker')).toHaveLength(size?.workers ?? -1);
    for (const key of ['address', 'mac', 'vmId', 'smbiosUuid', 'identity', 'bootId'] as const) {
      expect(new Set(nodes.map((node) => node[key])).size).toBe(nodes.length);
    }
    expect(nodes.every(({ isReady, stage }) => isReady && stage === 'running')).toBe(true);
    expect(nodes.every(({ address }) => isIPv4(address) && address.startsWith('127.7.'))).toBe(
      true,
    );
    expect(nodes.map(({ address }) => address)).not.toContain(world.facts.vip);
    expect(world.vip.holder).not.toBeNull();
    expect(world.etcd.members.size).toBe(size?.controlPlanes);
  },
);

test('sizes that cannot be are refused', () => {
  for (const text of ['0+3', '10+0', '3+5000', '3', 'three+two', '3+-1', '']) {
    expect(parseSize(text)).toBeNull();
  }
});

test('the lab of the design has the addresses of the design', () => {
  const size = parseSize('3+2');
  const plans = size === null ? [] : planMachines(size, '127.9');

  expect(plans.map(({ hostname, address, vmId }) => [hostname, address, vmId])).toEqual([
    ['talos-cp-01', '127.9.0.11', 101],
    ['talos-cp-02', '127.9.0.12', 102],
    ['talos-cp-03', '127.9.0.13', 103],
    ['talos-w-01', '127.9.0.21', 104],
    ['talos-w-02', '127.9.0.22', 105],
  ]);
});

test('a started machine goes through booting to running in 15 to 40 seconds and listens before it is ready', () => {
  const world = newWorld();
  const node = nodeIn(world, 'talos-w-01');
  stopVm(world, vmIn(world, 'talos-w-01'));
  expect(reachabilityOf(node)).toBe('refused');
  startVm(world, vmIn(world, 'talos-w-01'));
  const seen: string[] = [];
  for (let second = 0; second < 45; second += 1) {
    seconds(world, 1);
    const word = node.isUp ? `${node.stage} ${reachabilityOf(node)} ${node.isReady}` : 'off';
    if (seen.at(-1) !== word) seen.push(word);
  }

  expect(seen).toEqual([
    'off',
    'booting refused false',
    'booting answers false',
    'running answers false',
    'running answers true',
  ]);
});

test('a reboot keeps the VM running and changes the boot id; a stop takes the guest away with the power', () => {
  const world = newWorld();
  const node = nodeIn(world, 'talos-w-01');
  const vm = vmIn(world, 'talos-w-01');
  const { bootId } = node;
  const startedAtMs = vm.startedAtMs;
  rebootNode(world, node);
  seconds(world, 60);
  expect([vm.status, vm.startedAtMs, node.bootId === bootId]).toEqual([
    'running',
    startedAtMs,
    false,
  ]);
  stopVm(world, vm);

  expect([vm.status, vm.startedAtMs, node.isUp]).toEqual(['stopped', null, false]);
});

test('power orders leave Proxmox tasks with a UPID, a log and their end', () => {
  const world = newWorld();
  shutdownVm(world, vmIn(world, 'talos-w-01'));
  expect(world.pveTasks[0]).toMatchObject({ type: 'qmshutdown', objectId: '104', endedAtMs: null });
  seconds(world, 20);

  expect(world.pveTasks[0]).toMatchObject({ exitStatus: 'OK', log: ['TASK OK'] });
  expect(world.pveTasks[0]?.upid).toMatch(
    /^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:qmshutdown:104:root@pam:$/,
  );
});

test('a hung guest cannot be shut down: the task says so and the VM runs on', () => {
  const world = newWorld();
  nodeIn(world, 'talos-w-01').isHung = true;
  shutdownVm(world, vmIn(world, 'talos-w-01'));
  seconds(world, 61);

  expect(world.pveTasks[0]?.exitStatus).toBe('VM quit/powerdown failed - got timeout');
  expect(vmIn(world, 'talos-w-01').status).toBe('running');
});

test('the thin pool holds what the disks hold, grows with time and never shrinks by a stop', () => {
  const world = newWorld();
  const [, pool] = world.storages;
  if (pool === undefined) throw new Error('No pool.');
  const written = [...world.vms.values()]
    .flatMap(({ disks }) => disks)
    .reduce((sum, disk) => sum + disk.writtenBytes, 0);
  const used = () => storageFigures(world, pool).usedBytes;
  expect(used()).toBe(written);
  seconds(world, 3600);
  const later = used();
  expect(later).toBeGreaterThan(written);
  for (const vm of world.vms.values()) stopVm(world, vm);
  expect(used()).toBe(later);
  seconds(world, 3600);
  expect(used()).toBe(later);
});

test('filling a storage reaches the ratio, and never frees what is really there', () => {
  const world = newWorld();
  const [, pool] = world.storages;
  if (pool === undefined) throw new Error('No pool.');

  expect(fillStorage(world, pool, 0.9)).toBeCloseTo(0.9, 6);
  expect(fillStorage(world, pool, 0.01)).toBeGreaterThan(0.2);
});

test('pending configuration is merged for readers, changes the digest, and becomes real at the next start', () => {
  const world = newWorld();
  const vm = vmIn(world, 'talos-w-01');
  const digest = configDigest(vm);
  expect(digest).toMatch(/^[0-9a-f]{40}$/);
  vm.pending = { memory: '16384', ide2: null };

  expect(mergedConfig(vm)).toMatchObject({ memory: '16384' });
  expect(mergedConfig(vm)).not.toHaveProperty('ide2');
  expect(vm.config.memory).toBe('8192');
  expect(configDigest(vm)).not.toBe(digest);
  stopVm(world, vm);
  startVm(world, vm);
  seconds(world, 5);
  expect([vm.config.memory, vm.config.ide2, vm.pending]).toEqual(['16384', undefined, {}]);
});

test('CPU counters only grow, within what the cores can do, and memory stays within the machine', () => {
  const world = newWorld();
  for (const node of world.nodes.values()) {
    let last = cpuSampleOf(world, node);
    for (let step = 0; step < 200; step += 1) {
      seconds(world, 5);
      const sample = cpuSampleOf(world, node);
      const busy = sample.busySeconds - last.busySeconds;
      const total = sample.totalSeconds - last.totalSeconds;
      expect(busy).toBeGreaterThan(0);
      expect(busy).toBeLessThan(total);
      expect(memoryUsedBytesOf(world, node)).toBeGreaterThan(0);
      expect(memoryUsedBytesOf(world, node)).toBeLessThan(8192 * 1024 ** 2);
      last = sample;
    }
  }
});

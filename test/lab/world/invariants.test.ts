import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LabUsageError } from '../../../src/lab/control/usage-error.js';
import { hasPveQuorum } from '../../../src/lab/world/pve-hosts.js';
import { storageFigures } from '../../../src/lab/world/storage.js';
import type { LabStorage, World } from '../../../src/lab/world/types.js';
import { writtenBytesOf } from '../../../src/lab/world/vm.js';
import { deleteSnapshot, snapshotBytesOf, takeSnapshot } from '../../../src/lab/world/vm-disks.js';
import { labLine } from '../../support/lab-line.js';
import { newWorld, seconds } from '../../support/lab-world.js';

const LINES = [
  'stop-node talos-cp-01',
  'start-node talos-cp-01',
  'stop-node talos-cp-02 graceful',
  'start-node talos-cp-02',
  'reboot-node talos-w-01',
  'reboot-node talos-cp-03',
  'hang-node talos-cp-03',
  'unhang-node talos-cp-03',
  'partition-node talos-cp-02',
  'heal-node talos-cp-02',
  'move-vip',
  'no-vip',
  'vip-back',
  'pve-node-down pve1',
  'pve-node-down pve2',
  'pve-node-down pve3 hung',
  'pve-node-up pve1',
  'pve-node-up pve2',
  'pve-node-up pve3',
  'pve-quorum-lost',
  'pve-quorum-back',
  'grow-disk talos-w-01 7',
  'grow-disk talos-cp-01 3',
  'fill-storage pve1/local-lvm 60',
  'fill-storage pve2/local-lvm 100',
  'fill-storage pve2/local-lvm 40',
  'hold-flock 104',
  'release-flock 104',
  'arm-node talos-w-01 v1.12.5',
  'break-image v1.12.5',
  'mend-image v1.12.5',
  'etcd-learner talos-cp-03',
  'snapshot 104',
  'forget 104',
];

type Step = readonly [string, number];

const histories = fc.array(
  fc.tuple(fc.constantFrom(...LINES), fc.constantFrom(0, 1, 9, 70, 400, 4000)),
  { maxLength: 14 },
);

/** Snapshots have no line of their own: they belong to the API. */
function obey(world: World, line: string): void {
  const [id, vmId] = line.split(' ');
  const vm = world.vms.get(Number(vmId));
  if (vm !== undefined && id === 'snapshot') {
    const name = `s${vm.snapshots.length}`;
    if (vm.snapshots.every((each) => each.name !== name)) {
      takeSnapshot(world, vm, { name, description: '' });
    }
  } else if (vm !== undefined && id === 'forget') {
    deleteSnapshot(world, vm, vm.snapshots[0]?.name ?? '');
  } else {
    tolerant(world, line);
  }
}

/** A change may be impossible now: it says so, and nothing happens. */
function tolerant(world: World, line: string): void {
  try {
    labLine(world, line);
  } catch (error) {
    if (!(error instanceof LabUsageError)) throw error;
  }
}

/** Plays a history; `look` is called before the first and after every step. */
function play(steps: readonly Step[], look: (world: World) => void, seed = 1): World {
  const world = newWorld('3+2@3', seed);
  look(world);
  for (const [line, wait] of steps) {
    obey(world, line);
    look(world);
    if (wait > 0) seconds(world, wait);
    look(world);
  }
  return world;
}

const always = (look: () => (world: World) => void): void =>
  fc.assert(
    fc.property(histories, (steps) => {
      play(steps, look());
    }),
    { numRuns: 40 },
  );

test('the virtual address has one holder at most, and it is a control plane that works with the quorum', () => {
  always(() => (world) => {
    const { holder } = world.vip;
    if (holder === null) return;
    const node = world.nodes.get(holder);
    expect(node).toMatchObject({
      role: 'controlplane',
      isUp: true,
      isHung: false,
      isPartitioned: false,
    });
  });
});

function sumOf(world: World, storage: LabStorage): number {
  let sum = storage.otherBytes;
  for (const { sizeBytes } of storage.files) sum += sizeBytes;
  for (const vm of world.vms.values()) {
    if (vm.pveNode !== storage.pveNode) continue;
    sum += snapshotBytesOf(world, vm, storage);
    for (const disk of vm.disks) {
      if (disk.storage === storage.name) sum += writtenBytesOf(world, vm, disk);
    }
  }
  return sum;
}

test('storages add up: what is used is what lies there, and no disk holds more than its size', () => {
  always(() => (world) => {
    for (const storage of world.storages) {
      const { usedBytes, availableBytes, totalBytes } = storageFigures(world, storage);
      expect(usedBytes + availableBytes).toBe(totalBytes);
      expect(usedBytes).toBe(Math.min(totalBytes, sumOf(world, storage)));
    }
    for (const vm of world.vms.values()) {
      for (const disk of vm.disks) {
        expect(writtenBytesOf(world, vm, disk)).toBeLessThanOrEqual(disk.sizeBytes);
        expect(vm.config[disk.slot]).toContain(disk.volume);
      }
    }
  });
});

test('disks, what is written on them and EPHEMERAL never shrink', () => {
  always(() => {
    const largest = new Map<string, number>();
    const grows = (name: string, bytes: number): void => {
      expect(bytes).toBeGreaterThanOrEqual(largest.get(name) ?? 0);
      largest.set(name, bytes);
    };
    return (world) => {
      for (const node of world.nodes.values()) {
        const bytes = node.machine.systemDisk?.ephemeralBytes;
        if (bytes != null) grows(`ephemeral of ${node.hostname}`, bytes);
      }
      for (const vm of world.vms.values()) {
        for (const disk of vm.disks) {
          grows(disk.volume, disk.sizeBytes);
          grows(`written ${disk.volume}`, writtenBytesOf(world, vm, disk));
        }
      }
    };
  });
});

test('EPHEMERAL fits on its disk, and a machine runs what was installed on it', () => {
  always(() => {
    // The running image may be gone: what a boot loader keeps is what starts next.
    const installed = new Map<number, Set<string>>();
    return (world) => {
      for (const node of world.nodes.values()) {
        const { systemDisk, booted } = node.machine;
        const disk = world.vms.get(node.vmId)?.disks.find(({ slot }) => slot === systemDisk?.slot);
        expect(systemDisk?.ephemeralBytes ?? 0).toBeLessThan(disk?.sizeBytes ?? 0);
        const ever = installed.get(node.vmId) ?? new Set();
        installed.set(node.vmId, ever);
        for (const image of Object.values(systemDisk?.entries ?? {})) {
          if (image !== null) ever.add(image.talosVersion);
        }
        if (systemDisk !== null) expect(systemDisk.entries[systemDisk.next]).not.toBeNull();
        if (!node.isUp || booted?.medium !== 'disk') continue;
        expect(ever).toContain(node.talosVersion);
      }
    };
  });
});

test('nothing runs on a host that is off, and Proxmox counts votes as corosync does', () => {
  always(() => (world) => {
    const hosts = [...world.pveHosts.values()];
    for (const host of hosts) {
      const voters = hosts.filter(
        (each) => each === host || (each.isOnline && each.isLinked && host.isLinked),
      );
      expect(hasPveQuorum(world, host)).toBe(voters.length >= 2);
      if (host.isOnline || host.isHung) continue;
      const guests = [...world.vms.values()].filter(({ pveNode }) => pveNode === host.name);
      expect(guests.map(({ status }) => status)).toEqual(guests.map(() => 'stopped'));
      for (const { vmId } of guests) {
        const node = [...world.nodes.values()].find((each) => each.vmId === vmId);
        expect(node?.isUp).toBe(false);
      }
    }
  });
});

test('every task has a UPID of its own, on the host of its guest, and ends once with a last line', () => {
  always(() => (world) => {
    const upids = world.pveTasks.map(({ upid }) => upid);
    expect(new Set(upids).size).toBe(upids.length);
    for (const task of world.pveTasks) {
      expect(task.upid.split(':')[1]).toBe(task.pveNode);
      const guest = world.vms.get(Number(task.objectId));
      if (guest !== undefined) expect(task.pveNode).toBe(guest.pveNode);
      const ends = task.log.filter((line) => line.startsWith('TASK '));
      expect(ends).toHaveLength(task.endedAtMs === null ? 0 : 1);
    }
  });
});

test('the same seed and the same history give the same world, hosts and tasks included', () => {
  const traceOf = (steps: readonly Step[], seed: number): unknown => {
    const seen: unknown[] = [];
    const world = play(
      steps,
      (now) => {
        seen.push(now.clock.now(), now.vip.holder, now.etcd.leaderId, now.etcd.revision);
        seen.push(now.storages.map((storage) => storageFigures(now, storage)));
      },
      seed,
    );
    return [seen, world.pveTasks, [...world.vms.values()], [...world.pveHosts.values()]];
  };
  fc.assert(
    fc.property(histories, fc.integer(), (steps, seed) => {
      expect(traceOf(steps, seed)).toEqual(traceOf(steps, seed));
    }),
    { numRuns: 12 },
  );
});

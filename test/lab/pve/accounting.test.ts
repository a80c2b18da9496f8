import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { storageFigures } from '../../../src/lab/world/storage.js';
import type { World } from '../../../src/lab/world/types.js';
import { nodeOfVm, writtenBytesOf } from '../../../src/lab/world/vm.js';
import { snapshotBytesOf } from '../../../src/lab/world/vm-disks.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { pveGuest } from '../../support/pve-guest.js';

let serverLab: ServerLab;

beforeAll(async () => {
  serverLab = await startServerLab([startPveServer], {
    timeScale: 0,
    controlPlanes: 1,
    workers: 1,
    pveHosts: 2,
  });
});

afterAll(() => serverLab.close());

const IDS = [101, 102, 201, 202, 203];
const id = fc.constantFrom(...IDS);
const order = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), id, size: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('destroy' as const), id }),
  fc.record({ kind: fc.constant('clone' as const), id, to: id }),
  fc.record({ kind: fc.constant('template' as const), id }),
  fc.record({ kind: fc.constant('resize' as const), id, size: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constant('add' as const), id, slot: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('detach' as const), id, slot: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('start' as const), id }),
  fc.record({ kind: fc.constant('stop' as const), id }),
  fc.record({ kind: fc.constant('snapshot' as const), id }),
  fc.record({ kind: fc.constant('migrate' as const), id, host: fc.constantFrom('pve1', 'pve2') }),
);
type Order = typeof order extends fc.Arbitrary<infer T> ? T : never;

/** Whatever the API says to it; tasks come to their end. */
async function obey(wish: Order): Promise<void> {
  const guest = pveGuest(serverLab.lab, wish.id);
  switch (wish.kind) {
    case 'create':
      await guest.call('POST', '/nodes/pve1/qemu', {
        vmid: String(wish.id),
        scsi0: `local-lvm:${wish.size}`,
        net0: `virtio,bridge=vmbr0`,
      });
      break;
    case 'destroy':
      await guest.send('DELETE', '?purge=1');
      break;
    case 'clone':
      await guest.send('POST', '/clone', { newid: String(wish.to) });
      break;
    case 'resize':
      await guest.send('PUT', '/resize', { disk: 'scsi0', size: `${wish.size}G` });
      break;
    case 'add':
      await guest.send('PUT', '/config', { [`scsi${wish.slot}`]: 'local-lvm:2' });
      break;
    case 'detach':
      await guest.send('PUT', '/config', { delete: `scsi${wish.slot}` });
      break;
    case 'snapshot':
      await guest.send('POST', '/snapshot', { snapname: 'aa' });
      break;
    case 'migrate':
      await guest.send('POST', '/migrate', {
        target: wish.host,
        online: '1',
        'with-local-disks': '1',
      });
      break;
    default:
      await guest.send('POST', wish.kind === 'template' ? '/template' : `/status/${wish.kind}`);
  }
  serverLab.lab.world.clock.advance(1_800_000);
}

function check(world: World): void {
  const volumes = [...world.vms.values()].flatMap((vm) =>
    vm.disks.map((disk) => `${vm.pveNode} ${disk.volume}`),
  );
  expect(new Set(volumes).size).toBe(volumes.length);
  for (const vm of world.vms.values()) {
    expect(vm.lock).toBe(null);
    for (const disk of vm.disks) {
      expect(`${disk.slot} ${vm.config[disk.slot] ?? vm.pending[disk.slot]}`).toContain(
        disk.volume,
      );
      const written = writtenBytesOf(world, vm, disk);
      expect(written).toBeGreaterThanOrEqual(0);
      expect(written).toBeLessThanOrEqual(disk.sizeBytes);
    }
    const node = nodeOfVm(world, vm.vmId);
    if (vm.status === 'stopped') expect(node?.isUp ?? false).toBe(false);
  }
  for (const node of world.nodes.values()) expect(world.vms.has(node.vmId)).toBe(true);
  const addresses = [...world.nodes.values()].map(({ address }) => address);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const storage of world.storages) {
    const guests = [...world.vms.values()].filter((vm) => vm.pveNode === storage.pveNode);
    const written = guests.flatMap((vm) =>
      vm.disks
        .filter((disk) => disk.storage === storage.name)
        .map((disk) => writtenBytesOf(world, vm, disk)),
    );
    const held = guests.map((vm) => snapshotBytesOf(world, vm, storage));
    const files = storage.files.map(({ sizeBytes }) => sizeBytes);
    const sum = [...written, ...held, ...files].reduce((all, bytes) => all + bytes, 0);
    const { usedBytes, availableBytes, totalBytes } = storageFigures(world, storage);
    expect(usedBytes).toBe(Math.min(totalBytes, sum + storage.otherBytes));
    expect(usedBytes + availableBytes).toBe(totalBytes);
  }
}

test('whatever guests are made, changed and destroyed, volumes are owned once and every pool adds up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(order, { minLength: 3, maxLength: 12 }), async (orders) => {
      for (const each of orders) {
        await obey(each);
        check(serverLab.lab.world);
      }
    }),
    { numRuns: 12, seed: 20261120 },
  );
}, 120_000);

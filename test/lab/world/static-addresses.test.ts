import { expect, test } from 'vitest';
import { createMachine } from '../../../src/lab/world/machines.js';
import { startVm } from '../../../src/lab/world/power.js';
import { isoOf } from '../../../src/lab/world/storage.js';
import { settingsOf } from '../../../src/lab/world/talos-settings.js';
import type { LabFile, LabNode, LabVm, World } from '../../../src/lab/world/types.js';
import { stoppedVm } from '../../../src/lab/world/vm.js';
import { newWorld, nodeIn, seconds } from '../../support/lab-world.js';

const GIB = 1024 ** 3;

function guest(world: World, config: LabVm['config'] = {}): LabVm {
  const disk = { slot: 'scsi0', volume: 'local-lvm:vm-300-disk-0', storage: 'local-lvm' };
  const vm = stoppedVm(
    {
      vmId: 300,
      pveNode: 'pve1',
      config: {
        memory: '4096',
        boot: 'order=scsi0;ide2',
        scsi0: `${disk.volume},size=20G`,
        ide2: `${isoOf(world)},media=cdrom`,
        net0: 'virtio=BC:24:11:AA:00:01,bridge=vmbr0',
        ...config,
      },
      disks: [{ ...disk, sizeBytes: 20 * GIB, writtenBytes: 0 }],
    },
    world.clock.monotonicMs(),
  );
  world.vms.set(vm.vmId, vm);
  return vm;
}

function machine(world: World, vm: LabVm): LabNode {
  const node = createMachine(world, vm);
  if (node === null) throw new Error('no machine');
  return node;
}

const configure = (node: LabNode, text: string): void => {
  const config = { text, settings: settingsOf([]) };
  node.machine.config = config;
  if (node.machine.systemDisk !== null) node.machine.systemDisk.config = config;
};

test.each([
  [
    'legacy',
    'machine:\n  network:\n    interfaces:\n    - interface: ens18\n      addresses: [127.7.0.70/24]\n',
  ],
  [
    'modern',
    'apiVersion: v1alpha1\nkind: LinkConfig\nname: ens18\naddresses:\n- address: 127.7.0.70/24\n',
  ],
])('a %s configuration with a static address is in force from the next boot on', (_, text) => {
  const world = newWorld('3+1');
  const node = nodeIn(world, 'talos-w-01');
  const before = node.address;
  configure(node, text);
  expect(node.address).toBe(before);
  const vm = world.vms.get(node.vmId);
  if (vm === undefined) throw new Error('no VM');
  vm.status = 'stopped';
  startVm(world, vm);
  seconds(world, 60);

  expect(node.address).toBe('127.7.0.70');
});

test('an address of the cloud-init drive counts for nocloud images and for no other', () => {
  const world = newWorld('1+0');
  const iso = (platform: string): LabFile => ({
    volid: `local:iso/talos-v1.12.4-${world.facts.schematic.slice(0, 12)}-${platform}-amd64.iso`,
    format: 'iso',
    sizeBytes: 3e8,
    content: 'iso',
    createdAtMs: 0,
  });
  const cloud = { ide0: 'local-lvm:vm-300-cloudinit,media=cdrom', ipconfig0: 'ip=127.7.0.71/24' };
  const addressWith = (platform: string): string => {
    const file = iso(platform);
    world.storages.find(({ name }) => name === 'local')?.files.push(file);
    const vm = guest(world, { ...cloud, ide2: `${file.volid},media=cdrom` });
    const node = machine(world, vm);
    startVm(world, vm);
    seconds(world, 60);
    world.nodes.delete(node.hostname);
    return node.address;
  };

  expect(addressWith('metal')).not.toBe('127.7.0.71');
  expect(addressWith('nocloud')).toBe('127.7.0.71');
});

test('a boot medium of a schematic with a network in META brings its address along', () => {
  const world = newWorld('1+0');
  const id = 'f'.repeat(64);
  const meta = 'addresses:\n- address: 127.7.0.72/24\n  linkName: eth0\n';
  world.schematics.set(id, JSON.stringify({ customization: { meta: [{ key: 10, value: meta }] } }));
  const volid = `local:iso/talos-v1.12.4-${id.slice(0, 12)}-metal-amd64.iso`;
  const files = world.storages.find(({ name }) => name === 'local')?.files;
  files?.push({ volid, format: 'iso', sizeBytes: 3e8, content: 'iso', createdAtMs: 0 });
  const vm = guest(world, { ide2: `${volid},media=cdrom` });
  const node = machine(world, vm);
  startVm(world, vm);
  seconds(world, 60);

  expect([node.stage, node.address]).toEqual(['maintenance', '127.7.0.72']);
});

import { status } from '@grpc/grpc-js';
import { guestDisks } from '../../world/talos-disk.js';
import { vmOf } from '../../world/vm.js';
import type { CallContext, Service } from '../calls.js';
import { Failure } from '../failure.js';
import { disksOf, partitions } from '../kinds/storage.js';
import { ADMINS, READERS } from '../roles.js';

function disks({ talos, node }: CallContext): object {
  const system = node.machine.systemDisk?.slot;
  return {
    disks: disksOf(talos.world, node).map(({ disk, name, bytes }) => ({
      size: bytes,
      model: 'QEMU HARDDISK',
      device_name: `/dev/${name}`,
      name,
      serial: `drive-${disk.slot}`,
      modalias: 'scsi:t-0x00',
      type: 'SSD',
      bus_path: `/pci0000:00/0000:00:1e.0/virtio2/host2/target2:0:0/${name}`,
      system_disk: disk.slot === system,
      subsystem: '/sys/class/block',
      readonly: false,
    })),
  };
}

interface WipeRequest {
  readonly devices: readonly { readonly device: string; readonly skip_volume_check: boolean }[];
}

/** What holds Talos itself is in use; every other disk may go. */
function wipe({ talos, node }: CallContext, message: object): object {
  const { world, lab } = talos;
  const { devices } = message as WipeRequest;
  const known = disksOf(world, node);
  const parts = partitions({ lab, world, node });
  for (const { device, skip_volume_check: isForced } of devices) {
    if (device === 'sr0') {
      throw new Failure(status.FAILED_PRECONDITION, `blockdevice "${device}" is a CD-ROM`);
    }
    const isPart = parts.some(({ disk, index }) => `${disk}${index}` === device);
    if (!isPart && !known.some(({ name }) => name === device)) {
      throw new Failure(status.NOT_FOUND, `blockdevice "${device}" not found`);
    }
    const user = parts.find(({ disk, index }) => disk === device || `${disk}${index}` === device);
    if (user !== undefined && !(isForced && isPart)) {
      throw new Failure(
        status.FAILED_PRECONDITION,
        `blockdevice "${device}" is in use by volume "${user.label}"`,
      );
    }
  }
  const vm = vmOf(world, node);
  const names = new Set(devices.map(({ device }) => device));
  for (const [position, disk] of (vm === undefined ? [] : guestDisks(vm)).entries()) {
    if (names.has(known[position]?.name ?? '')) disk.writtenBytes = 0;
  }
  world.touch('pve', `talos:${node.hostname}`);
  return {};
}

export const STORAGE_SERVICE: Service = {
  name: 'storage.StorageService',
  file: 'storage.proto',
  fansOut: true,
  methods: {
    Disks: {
      kind: 'unary',
      isWrapped: true,
      roles: READERS,
      inMaintenance: 'always',
      answer: disks,
    },
    BlockDeviceWipe: {
      kind: 'unary',
      isWrapped: true,
      roles: ADMINS,
      inMaintenance: 'always',
      answer: wipe,
    },
  },
};

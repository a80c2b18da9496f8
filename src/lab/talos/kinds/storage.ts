import { createHash } from 'node:crypto';
import type { LabDisk, LabNode } from '../../world/types.js';
import { vmOf } from '../../world/vm.js';
import { humanBytes } from '../human-bytes.js';
import { type Kind, kind, type NodeView, resource } from './kind.js';

const MIB = 1024 ** 2;
const SECTOR_BYTES = 512;

export const STORAGE_KINDS: readonly Kind[] = [
  kind('runtime', 'SystemDisks.block.talos.dev', { owner: 'block.SystemDiskController' }, (view) =>
    systemDisk(view) === undefined
      ? []
      : [resource('system-disk', { diskID: 'sda', devPath: '/dev/sda' })],
  ),
  kind(
    'runtime',
    'Disks.block.talos.dev',
    {
      owner: 'block.DisksController',
      follows: ['pve'],
    },
    disks,
  ),
  kind(
    'runtime',
    'DiscoveredVolumes.block.talos.dev',
    {
      owner: 'block.DiscoveryController',
      follows: ['pve'],
    },
    discoveredVolumes,
  ),
  kind(
    'runtime',
    'VolumeStatuses.block.talos.dev',
    {
      owner: 'block.VolumeManagerController',
    },
    volumeStatuses,
  ),
  kind(
    'runtime',
    'MountStatuses.block.talos.dev',
    {
      owner: 'block.MountController',
    },
    mountStatuses,
  ),
];

interface Partition {
  readonly index: number;
  readonly label: 'EFI' | 'META' | 'STATE' | 'EPHEMERAL';
  readonly filesystem: string;
  readonly offset: number;
  readonly size: number;
}

const systemDisk = ({ world, node }: NodeView): LabDisk | undefined =>
  vmOf(world, node)?.disks.find(({ slot }) => slot === 'scsi0');

/** UKI layout of a fresh UEFI installation with Talos 1.12 (talos.md §5.2). */
export function partitionsOf(diskBytes: number): readonly Partition[] {
  const sizes = [
    { label: 'EFI' as const, filesystem: 'vfat', size: 2098 * MIB },
    { label: 'META' as const, filesystem: 'talosmeta', size: MIB },
    { label: 'STATE' as const, filesystem: 'xfs', size: 100 * MIB },
  ];
  let offset = MIB;
  const fixed = sizes.map((part, position): Partition => {
    const partition = { ...part, index: position + 1, offset };
    offset += part.size;
    return partition;
  });
  const ephemeral: Partition = {
    index: fixed.length + 1,
    label: 'EPHEMERAL',
    filesystem: 'xfs',
    offset,
    size: Math.max(0, diskBytes - offset - MIB),
  };
  return [...fixed, ephemeral];
}

const partitions = (view: NodeView): readonly Partition[] => {
  const disk = systemDisk(view);
  return disk === undefined ? [] : partitionsOf(disk.sizeBytes);
};

/** Names that belong to a disk for ever. */
function uuidOf(node: LabNode, name: string): string {
  const hex = createHash('sha256').update(`${node.smbiosUuid}:${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function disks(view: NodeView) {
  const vm = vmOf(view.world, view.node);
  const hard = (vm?.disks ?? [])
    .filter(({ slot }) => /^scsi\d+$/.test(slot))
    .map((disk, position) => {
      const name = `sd${String.fromCharCode(97 + position)}`;
      return resource(name, {
        dev_path: `/dev/${name}`,
        size: disk.sizeBytes,
        pretty_size: humanBytes(disk.sizeBytes),
        io_size: SECTOR_BYTES,
        sector_size: SECTOR_BYTES,
        readonly: false,
        cdrom: false,
        model: 'QEMU HARDDISK',
        serial: `drive-${disk.slot}`,
        modalias: 'scsi:t-0x00',
        bus_path: `/pci0000:00/0000:00:1e.0/0000:06:0${position + 1}.0/virtio${position + 2}/host2/target2:0:0/2:0:0:${position}`,
        sub_system: '/sys/class/block',
        transport: 'virtio',
        symlinks: [`/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-${disk.slot}`],
      });
    });
  return [...hard, ...opticalDrive(vm?.config.ide2)];
}

function opticalDrive(config: string | number | undefined) {
  if (config === undefined) return [];
  const size = String(config).startsWith('none') ? 0 : 2097152 * 200;
  return [
    resource('sr0', {
      dev_path: '/dev/sr0',
      size,
      pretty_size: humanBytes(size),
      io_size: 2048,
      sector_size: 2048,
      readonly: false,
      cdrom: true,
      model: 'QEMU DVD-ROM',
      modalias: 'scsi:t-0x05',
      sub_system: '/sys/class/block',
      transport: 'ata',
      rotational: true,
    }),
  ];
}

function discoveredVolumes(view: NodeView) {
  const disk = systemDisk(view);
  if (disk === undefined) return [];
  const whole = resource('sda', {
    dev_path: '/dev/sda',
    type: 'disk',
    device_path: '/dev/sda',
    offset: 0,
    size: disk.sizeBytes,
    pretty_size: humanBytes(disk.sizeBytes),
    sector_size: SECTOR_BYTES,
    io_size: SECTOR_BYTES,
    name: 'gpt',
    uuid: uuidOf(view.node, 'gpt'),
    probed_size: disk.sizeBytes,
  });
  const parts = partitions(view).map((part) =>
    resource(`sda${part.index}`, {
      dev_path: `/dev/sda${part.index}`,
      type: 'partition',
      device_path: `/dev/sda${part.index}`,
      parent: 'sda',
      parent_dev_path: '/dev/sda',
      offset: part.offset,
      size: part.size,
      pretty_size: humanBytes(part.size),
      sector_size: SECTOR_BYTES,
      io_size: SECTOR_BYTES,
      name: part.filesystem,
      uuid: part.filesystem === 'xfs' ? uuidOf(view.node, `fs:${part.label}`) : undefined,
      label: part.filesystem === 'xfs' ? part.label : undefined,
      block_size: part.filesystem === 'xfs' ? SECTOR_BYTES : undefined,
      probed_size: part.size,
      partition_uuid: uuidOf(view.node, part.label),
      partition_label: part.label,
      partition_index: part.index,
    }),
  );
  return [whole, ...parts];
}

/** Directories below EPHEMERAL that Talos treats as volumes of their own. */
const DIRECTORIES = ['/var/log', '/var/lib/containerd', '/var/lib/kubelet'];

const MOUNT_TARGET: Readonly<Partial<Record<Partition['label'], string>>> = {
  EPHEMERAL: '/var',
  STATE: '/system/state',
};

function volumeStatuses(view: NodeView) {
  const system = partitions(view)
    .filter(({ label }) => label !== 'EFI')
    .map((part) =>
      resource(part.label, {
        phase: 'ready',
        type: 'partition',
        location: `/dev/sda${part.index}`,
        mountLocation: `/dev/sda${part.index}`,
        partitionIndex: part.index,
        parentLocation: '/dev/sda',
        uuid: part.filesystem === 'xfs' ? uuidOf(view.node, `fs:${part.label}`) : undefined,
        partitionUUID: uuidOf(view.node, part.label),
        size: part.size,
        prettySize: humanBytes(part.size),
        filesystem: part.filesystem,
        mountSpec: {
          targetPath: MOUNT_TARGET[part.label] ?? '',
          selinuxLabel: '',
          projectQuotaSupport: part.label === 'EPHEMERAL',
        },
      }),
    );
  const directories = [
    ...DIRECTORIES,
    ...(view.node.role === 'controlplane' ? ['/var/lib/etcd'] : []),
  ].map((path) =>
    resource(path, {
      phase: 'ready',
      type: 'directory',
      parentID: 'EPHEMERAL',
      mountSpec: {
        targetPath: path.slice(path.lastIndexOf('/') + 1),
        selinuxLabel: '',
        projectQuotaSupport: false,
        parentId: 'EPHEMERAL',
      },
    }),
  );
  return [...system, ...directories];
}

function mountStatuses(view: NodeView) {
  return partitions(view).flatMap((part) => {
    const target = MOUNT_TARGET[part.label];
    if (target === undefined) return [];
    return [
      resource(part.label, {
        spec: {
          volumeID: part.label,
          parentID: '',
          readOnly: false,
          detached: false,
          requesters: ['sequencer'],
          requesterIDs: [`sequencer-${part.label}`],
        },
        source: `/dev/sda${part.index}`,
        target,
        filesystem: part.filesystem,
        readOnly: false,
        projectQuotaSupport: part.label === 'EPHEMERAL',
        detached: false,
      }),
    ];
  });
}

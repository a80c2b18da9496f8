import { createHash } from 'node:crypto';
import {
  diskNameOf,
  guestDisks,
  type Partition,
  type PartitionLabel,
  partitionsOf,
  seenBytes,
} from '../../world/talos-disk.js';
import type { LabDisk, LabNode, World } from '../../world/types.js';
import { vmOf } from '../../world/vm.js';
import { humanBytes } from '../human-bytes.js';
import { type Kind, kind, type NodeView, resource } from './kind.js';

const SECTOR_BYTES = 512;

export const STORAGE_KINDS: readonly Kind[] = [
  kind('runtime', 'SystemDisks.block.talos.dev', { owner: 'block.SystemDiskController' }, (view) =>
    systemDisk(view).map(({ name }) =>
      resource('system-disk', { diskID: name, devPath: `/dev/${name}` }),
    ),
  ),
  kind(
    'runtime',
    'Disks.block.talos.dev',
    { owner: 'block.DisksController', follows: ['pve'] },
    disks,
  ),
  kind(
    'runtime',
    'DiscoveredVolumes.block.talos.dev',
    { owner: 'block.DiscoveryController', follows: ['pve'] },
    discoveredVolumes,
  ),
  kind(
    'runtime',
    'VolumeStatuses.block.talos.dev',
    { owner: 'block.VolumeManagerController' },
    volumeStatuses,
  ),
  kind(
    'runtime',
    'MountStatuses.block.talos.dev',
    { owner: 'block.MountController' },
    mountStatuses,
  ),
];

interface GuestDisk {
  readonly disk: LabDisk;
  /** `sda` */
  readonly name: string;
  readonly bytes: number;
}

export function disksOf(world: World, node: LabNode): readonly GuestDisk[] {
  const vm = vmOf(world, node);
  return (vm === undefined ? [] : guestDisks(vm)).map((disk, position) => ({
    disk,
    name: diskNameOf(position),
    bytes: seenBytes(node, disk),
  }));
}

/** The disk that carries Talos: one, or none before the installation. */
const systemDisk = ({ world, node }: NodeView): readonly GuestDisk[] =>
  disksOf(world, node).filter(({ disk }) => disk.slot === node.machine.systemDisk?.slot);

interface NamedPartition extends Partition {
  readonly disk: string;
  readonly device: string;
}

export const partitions = (view: NodeView): readonly NamedPartition[] =>
  systemDisk(view).flatMap(({ name }) =>
    (view.node.machine.systemDisk === null ? [] : partitionsOf(view.node.machine.systemDisk)).map(
      (part) => ({ ...part, disk: name, device: `/dev/${name}${part.index}` }),
    ),
  );

/** Names that belong to a disk for ever. */
function uuidOf(node: LabNode, name: string): string {
  const hex = createHash('sha256').update(`${node.smbiosUuid}:${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function disks(view: NodeView) {
  const hard = disksOf(view.world, view.node).map(({ disk, name, bytes }, position) =>
    resource(name, {
      dev_path: `/dev/${name}`,
      size: bytes,
      pretty_size: humanBytes(bytes),
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
    }),
  );
  return [...hard, ...opticalDrive(vmOf(view.world, view.node)?.config.ide2)];
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
  const parts = partitions(view);
  const whole = disksOf(view.world, view.node).map(({ name, bytes }) =>
    resource(name, {
      dev_path: `/dev/${name}`,
      type: 'disk',
      device_path: `/dev/${name}`,
      offset: 0,
      size: bytes,
      pretty_size: humanBytes(bytes),
      sector_size: SECTOR_BYTES,
      io_size: SECTOR_BYTES,
      name: parts.some(({ disk }) => disk === name) ? 'gpt' : '',
      uuid: parts.some(({ disk }) => disk === name) ? uuidOf(view.node, 'gpt') : undefined,
      probed_size: bytes,
    }),
  );
  return [...whole, ...parts.map((part) => discoveredPartition(view.node, part))];
}

function discoveredPartition(node: LabNode, part: NamedPartition) {
  const isXfs = part.filesystem === 'xfs';
  return resource(`${part.disk}${part.index}`, {
    dev_path: part.device,
    type: 'partition',
    device_path: part.device,
    parent: part.disk,
    parent_dev_path: `/dev/${part.disk}`,
    offset: part.offset,
    size: part.size,
    pretty_size: humanBytes(part.size),
    sector_size: SECTOR_BYTES,
    io_size: SECTOR_BYTES,
    name: part.filesystem,
    uuid: isXfs ? uuidOf(node, `fs:${part.label}`) : undefined,
    label: isXfs ? part.label : undefined,
    block_size: isXfs ? SECTOR_BYTES : undefined,
    probed_size: part.size,
    partition_uuid: uuidOf(node, part.label),
    partition_label: part.label,
    partition_index: part.index,
  });
}

/** Directories below EPHEMERAL that Talos treats as volumes of their own. */
const DIRECTORIES = ['/var/log', '/var/lib/containerd', '/var/lib/kubelet'];

const MOUNT_TARGET: Readonly<Partial<Record<PartitionLabel, string>>> = {
  EPHEMERAL: '/var',
  STATE: '/system/state',
};
const VOLUMES: readonly PartitionLabel[] = ['META', 'STATE', 'EPHEMERAL'];

function volumeStatuses(view: NodeView) {
  const parts = partitions(view);
  const system = VOLUMES.map((label) => {
    const part = parts.find((each) => each.label === label);
    return part === undefined ? absentVolume(label) : readyVolume(view.node, part);
  });
  if (!parts.some(({ label }) => label === 'EPHEMERAL')) return system;
  const etcd = view.node.role === 'controlplane' ? ['/var/lib/etcd'] : [];
  return [...system, ...[...DIRECTORIES, ...etcd].map(directory)];
}

/** EPHEMERAL is made with the first configuration; META and STATE come with the installation. */
const absentVolume = (label: PartitionLabel) =>
  resource(label, {
    phase: label === 'EPHEMERAL' ? 'waiting' : 'missing',
    type: 'partition',
    mountSpec: mountSpec(label),
  });

const mountSpec = (label: PartitionLabel) => ({
  targetPath: MOUNT_TARGET[label] ?? '',
  selinuxLabel: '',
  projectQuotaSupport: label === 'EPHEMERAL',
});

const readyVolume = (node: LabNode, part: NamedPartition) =>
  resource(part.label, {
    phase: 'ready',
    type: 'partition',
    location: part.device,
    mountLocation: part.device,
    partitionIndex: part.index,
    parentLocation: `/dev/${part.disk}`,
    uuid: part.filesystem === 'xfs' ? uuidOf(node, `fs:${part.label}`) : undefined,
    partitionUUID: uuidOf(node, part.label),
    size: part.size,
    prettySize: humanBytes(part.size),
    filesystem: part.filesystem,
    mountSpec: mountSpec(part.label),
  });

const directory = (path: string) =>
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
  });

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
        source: part.device,
        target,
        filesystem: part.filesystem,
        readOnly: false,
        projectQuotaSupport: part.label === 'EPHEMERAL',
        detached: false,
      }),
    ];
  });
}

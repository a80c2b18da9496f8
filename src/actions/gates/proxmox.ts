import { formatBytes, formatList, formatPercent } from '../../model/format.js';
import type { PveNodeName } from '../../model/ids.js';
import { type StorageInspection, storageKey, type VmInspection } from '../../model/inspection.js';
import type { PveCluster } from '../../model/proxmox.js';
import { isProxmoxNamed } from '../../model/proxmox-named.js';
import { freshValue } from '../../model/reading.js';
import { lostHostText } from '../lost-host.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import {
  judge,
  NO_OBJECTIONS,
  type Objections,
  red,
  together,
  unknown,
  whenFresh,
} from './judge.js';

const NO_PROXMOX = 'no Proxmox is configured';

/** G-PVENODE: Proxmox has its quorum and the hosts of the guests are online. */
export function pveHostsGate({ snapshot }: PlanContext, targets: readonly NodeTarget[]): Gate {
  const isNamed = isProxmoxNamed(snapshot.cluster);
  const hosts = [...new Set(targets.flatMap(({ vm }) => vm?.pveNode ?? []))];
  return judge(
    {
      id: 'G-PVENODE',
      title: 'The Proxmox hosts are there',
      remedy: 'Bring the Proxmox host back first.',
      override: 'no',
    },
    isNamed
      ? together([
          whenFresh('the state of the Proxmox hosts', snapshot.pve, (pve) =>
            hostObjections(pve, hosts),
          ),
          ...targets.filter(({ vm }) => vm === null).map(hostlessObjections),
        ])
      : NO_OBJECTIONS,
    isNamed ? `${formatList(hosts)} online` : NO_PROXMOX,
  );

  function hostlessObjections(target: NodeTarget): Objections {
    const lost = lostHostText(snapshot, target);
    return lost === null ? unknown(guestless(target)) : red(lost);
  }
}

const guestless = ({ name }: NodeTarget): string => `which guest ${name} is, is not known`;

const hostObjections = (
  { isQuorate, nodes }: PveCluster,
  hosts: readonly PveNodeName[],
): Objections =>
  together([
    isQuorate
      ? NO_OBJECTIONS
      : red('the Proxmox cluster has no quorum: its configuration is read-only'),
    ...hosts.map((host) => {
      const node = nodes.find(({ name }) => name === host);
      if (node === undefined) return unknown(`Proxmox does not list ${host}`);
      return node.isOnline ? NO_OBJECTIONS : red(`Proxmox host ${host} is offline`);
    }),
  ]);

/** G-PVEVM: nothing else works on the guest. */
export function guestGate({ snapshot, facts }: PlanContext, target: NodeTarget): Gate {
  const { vm } = target;
  const isNamed = isProxmoxNamed(snapshot.cluster);
  return judge(
    {
      id: 'G-PVEVM',
      title: `Nothing else works on the guest of ${target.name}`,
      remedy: 'Wait until its task has ended; then look at its lock.',
      override: 'no',
    },
    guestObjections(),
    isNamed ? `VM ${vm?.id} unlocked, no task` : NO_PROXMOX,
  );

  function guestObjections(): Objections {
    if (!isNamed) return NO_OBJECTIONS;
    if (vm === null) return unknown(guestless(target));
    return whenFresh(`the state of VM ${vm.id}`, facts.inspection.vms.get(vm.id), (seen) =>
      occupation(`VM ${vm.id}`, seen),
    );
  }
}

const occupation = (name: string, { lock, runningTasks, haState, qmpStatus }: VmInspection) =>
  red(
    ...(lock === null ? [] : [`${name} is locked (${lock})`]),
    ...runningTasks.map(({ type }) => `${type} runs on ${name}`),
    ...(haState === 'error' ? [`${name} is in HA state error`] : []),
    ...(qmpStatus === 'io-error' ? [`${name} is halted by an error of its storage`] : []),
  );

/** G-BOOT: the next start does not end in an installation medium, which halts where Talos is installed (D-020). */
export function bootMediumGate({ snapshot, facts }: PlanContext, target: NodeTarget): Gate {
  const { vm } = target;
  const isNamed = isProxmoxNamed(snapshot.cluster);
  return judge(
    {
      id: 'G-BOOT',
      title: `${target.name} starts from its disk`,
      remedy: 'Run fix-boot-order first.',
      override: 'no',
    },
    mediumObjections(),
    isNamed ? 'its disk comes first' : NO_PROXMOX,
  );

  function mediumObjections(): Objections {
    if (!isNamed) return NO_OBJECTIONS;
    if (vm === null) return unknown(guestless(target));
    return whenFresh(`the boot order of VM ${vm.id}`, facts.inspection.vms.get(vm.id), (seen) => {
      const media = [
        ...new Set([firstMedium(seen, seen.bootOrder), firstMedium(seen, seen.pendingBootOrder)]),
      ];
      return red(
        ...media
          .filter((slot) => slot !== null)
          .map((slot) => `VM ${vm.id} starts from the ISO in ${slot}`),
      );
    });
  }
}

/**
 * The CD with a medium that comes before every disk; null when a disk comes first. Without an order Proxmox takes
 * the first disk first (qemu-server: get_default_bootdevices).
 */
function firstMedium({ drives }: VmInspection, order: readonly string[]): string | null {
  const bootable = order
    .map((slot) => drives.find((drive) => drive.slot === slot))
    .filter((drive) => drive !== undefined)
    .find(({ isCdrom, volume }) => !isCdrom || volume !== 'none');
  return bootable?.isCdrom === true ? bootable.slot : null;
}

export interface Growth {
  readonly pveNode: PveNodeName;
  readonly storage: string;
  readonly deltaBytes: number;
}

/** G-STOR: room for the growth, now and when everything promised is used (operations A5). */
export function storageGate(
  { facts }: PlanContext,
  { pveNode, storage, deltaBytes }: Growth,
): Gate {
  const reading = facts.inspection.storages.get(storageKey(pveNode, storage));
  const seen = reading === undefined ? undefined : freshValue(reading);
  return judge(
    {
      id: 'G-STOR',
      title: `There is room on ${storage}`,
      remedy: `Free space on ${storage} of ${pveNode}, or make it larger.`,
      override: 'type',
    },
    whenFresh(`the fill of ${storage}`, reading, (value) => roomObjections(value, deltaBytes)),
    seen === undefined ? '' : fillText(seen, deltaBytes),
  );
}

const THICK_RESERVE_RATIO = 0.05;
const MOST_DATA_RATIO = 0.9;
const MOST_METADATA_RATIO = 0.9;
const MOST_GROWN_RATIO = 0.95;
const NOTABLE_DATA_RATIO = 0.8;
const NOTABLE_METADATA_RATIO = 0.75;

function roomObjections(
  { type, thin, availableBytes, virtualBytes }: StorageInspection,
  deltaBytes: number,
): Objections {
  if (!(deltaBytes >= 0)) return red('the growth is not a size');
  if (type === 'lvmthin' && thin === null) return unknown('the fill of the thin pool is not known');
  if (thin === null) {
    return availableBytes >= deltaBytes * (1 + THICK_RESERVE_RATIO)
      ? NO_OBJECTIONS
      : red(`${formatBytes(availableBytes)} free, ${formatBytes(deltaBytes)} and 5% needed`);
  }
  const { dataBytes, dataUsedBytes, metadataBytes, metadataUsedBytes } = thin;
  if (!(dataBytes > 0 && metadataBytes > 0))
    return unknown('the size of the thin pool is not known');
  const isFull = dataUsedBytes / dataBytes > MOST_DATA_RATIO;
  return red(
    ...(isFull ? [`the thin pool is ${formatPercent(dataUsedBytes / dataBytes)} full`] : []),
    ...(metadataUsedBytes / metadataBytes > MOST_METADATA_RATIO
      ? [`its metadata is ${formatPercent(metadataUsedBytes / metadataBytes)} full`]
      : []),
    ...(!isFull && (dataUsedBytes + deltaBytes) / dataBytes > MOST_GROWN_RATIO
      ? [
          `grown and used, the pool would be ${formatPercent((dataUsedBytes + deltaBytes) / dataBytes)} full${promisedText(virtualBytes, dataBytes, deltaBytes)}`,
        ]
      : []),
  );
}

const promisedText = (
  virtualBytes: number | null,
  dataBytes: number,
  deltaBytes: number,
): string =>
  virtualBytes === null
    ? ''
    : `, and ${formatPercent((virtualBytes + deltaBytes) / dataBytes)} of it is promised`;

function fillText(
  { thin, availableBytes, virtualBytes }: StorageInspection,
  deltaBytes: number,
): string {
  if (thin === null)
    return `${formatBytes(availableBytes)} free, ${formatBytes(deltaBytes)} needed`;
  const dataRatio = thin.dataUsedBytes / thin.dataBytes;
  const metadataRatio = thin.metadataUsedBytes / thin.metadataBytes;
  const notable = dataRatio > NOTABLE_DATA_RATIO || metadataRatio > NOTABLE_METADATA_RATIO;
  const promised =
    virtualBytes === null
      ? ''
      : `, ${formatPercent((virtualBytes + deltaBytes) / thin.dataBytes)} of it promised`;
  return `data ${formatPercent(dataRatio)}, metadata ${formatPercent(metadataRatio)} full${promised}${notable ? ': it fills up' : ''}`;
}

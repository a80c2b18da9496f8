import { formatList, formatPercent } from './format.js';
import type { Facts, Issue } from './issue.js';
import { freshValue, knownValue } from './reading.js';

/** A thin pool at 100 % stops every guest on it with an I/O error (Proxmox reference 13, 8). */
const FULL_RATIO = 0.95;
const FILLING_RATIO = 0.85;

export function fullStorages({ snapshot, machines }: Facts): readonly Issue[] {
  const used = new Set(
    machines.flatMap(({ vm }) =>
      vm === null
        ? []
        : (knownValue(vm.config)?.disks ?? []).map(({ storage }) => `${vm.pveNode}/${storage}`),
    ),
  );
  return (freshValue(snapshot.storages) ?? []).flatMap((storage): readonly Issue[] => {
    if (!used.has(`${storage.pveNode}/${storage.name}`) || storage.totalBytes === 0) return [];
    const ratio = storage.usedBytes / storage.totalBytes;
    const text = `storage ${storage.name} on ${storage.pveNode} is ${formatPercent(ratio)} full`;
    if (ratio >= FULL_RATIO) return [{ level: 'fail', layer: 'Proxmox', text }];
    return ratio >= FILLING_RATIO ? [{ level: 'warn', layer: 'Proxmox', text }] : [];
  });
}

export function offlineHosts({ snapshot, machines }: Facts): readonly Issue[] {
  const cluster = freshValue(snapshot.pve);
  if (cluster === undefined) return [];
  const carrying = new Set(machines.map(({ vm }) => vm?.pveNode));
  const offline = cluster.nodes.filter(({ name, isOnline }) => !isOnline && carrying.has(name));
  return [
    ...(offline.length === 0
      ? []
      : [
          {
            level: 'fail' as const,
            layer: 'Proxmox' as const,
            text: `${formatList(offline.map(({ name }) => name))} offline`,
          },
        ]),
    ...(cluster.isQuorate
      ? []
      : [
          {
            level: 'warn' as const,
            layer: 'Proxmox' as const,
            text: 'the Proxmox cluster has no quorum: nothing can be changed there',
          },
        ]),
  ];
}

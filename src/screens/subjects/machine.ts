import type { Field, Section, Subject } from '../../hooks/modal.js';
import { formatBytes, formatDuration, formatPercent } from '../../model/format.js';
import type { LayerState, Machine } from '../../model/machine.js';
import type { Vm } from '../../model/proxmox.js';
import { fieldsOf, plainValue } from './readings.js';

/** What a machine row stands for. A row whose join is not proven offers nothing to act on (DESIGN §4). */
export function machineSubject(machine: Machine): Subject {
  const { name, talos, vm, member, isProven } = machine;
  return {
    title: name,
    answers: isProven
      ? {
          node: nodeName(machine),
          ...(talos !== null && { address: talos.address }),
          ...(vm !== null && { vm: String(vm.id) }),
          ...(member !== null && { member: member.id }),
        }
      : {},
    copyText: talos?.address ?? name,
    sections: () => machineSections(machine),
    yaml: () => plainValue({ ...machine, talos: talos && { ...talos, history: undefined } }),
  };
}

const nodeName = ({ kubernetes, name }: Machine): string => kubernetes?.name ?? name;

/** Several machines for one action: their names, also of those that are not proven, so that the plan says why not. */
export function machinesSubject(machines: readonly Machine[]): Subject | null {
  const [first] = machines;
  if (first === undefined) return null;
  if (machines.length === 1) return machineSubject(first);
  return {
    title: `${machines.length} machines`,
    answers: { node: machines.map(nodeName).join(',') },
    copyText: machines.map(({ talos, name }) => talos?.address ?? name).join(','),
    sections: () => machines.flatMap(machineSections),
    yaml: () => machines.map((machine) => machineSubject(machine).yaml()),
  };
}

const layerField = (label: string, { level, word, detail }: LayerState): Field => ({
  label,
  value: detail === '' ? word : `${word}: ${detail}`,
  level,
});

function machineSections(machine: Machine): readonly Section[] {
  const { layers, joinedBy, isProven, role, problems, vm } = machine;
  return [
    {
      title: 'Machine',
      fields: [
        { label: 'Role', value: role },
        {
          label: 'Joined by',
          value: joinedBy.length === 0 ? 'nothing' : joinedBy.join(', '),
          level: isProven ? 'ok' : 'unknown',
        },
        layerField('VM', layers.vm),
        layerField('Talos', layers.talos),
        layerField('etcd', layers.etcd),
        layerField('Kubernetes', layers.kubernetes),
        ...problems.map((value): Field => ({ label: 'Problem', value, level: machine.level })),
      ],
    },
    ...(vm === null ? [] : [vmSection(vm)]),
    ...talosSections(machine),
    ...kubernetesSections(machine),
  ];
}

export const vmSection = (vm: Vm): Section => ({
  title: 'Proxmox guest',
  fields: [
    { label: 'Guest', value: `${vm.id} ${vm.name} on ${vm.pveNode}` },
    { label: 'Status', value: vm.lock === null ? vm.status : `${vm.status}, locked (${vm.lock})` },
    { label: 'Uptime', value: formatDuration(vm.uptimeMs) },
    { label: 'Tags', value: vm.tags.join(', ') || 'none' },
    ...fieldsOf(vm.config, 'Config', (config) => [
      { label: 'CPU', value: `${config.cores ?? '?'} cores, ${config.cpuType ?? 'default type'}` },
      {
        label: 'Memory',
        value: config.memoryBytes === null ? '?' : formatBytes(config.memoryBytes),
      },
      { label: 'Firmware', value: config.bios },
      { label: 'Boot order', value: config.bootOrder.join(', ') || 'not set' },
      { label: 'Guest agent', value: config.hasGuestAgent ? 'on' : 'off' },
      { label: 'On boot', value: config.onBoot ? 'starts with the host' : 'stays off' },
      { label: 'SMBIOS UUID', value: config.smbiosUuid ?? 'none' },
      ...config.nics.map(({ slot, mac, bridge, isLinkDown }) => ({
        label: slot,
        value: `${mac ?? 'no MAC'} on ${bridge ?? 'no bridge'}${isLinkDown ? ', link down' : ''}`,
      })),
      ...config.disks.map(({ slot, volume, sizeBytes, isCdrom }) => ({
        label: slot,
        value: `${volume}${sizeBytes === null ? '' : `, ${formatBytes(sizeBytes)}`}${isCdrom ? ', CD-ROM' : ''}`,
      })),
    ]),
  ],
});

function talosSections({ talos, member }: Machine): readonly Section[] {
  if (talos === null) return [];
  return [
    {
      title: 'Talos',
      fields: [
        { label: 'Address', value: talos.address },
        ...fieldsOf(talos.version, 'Version', ({ tag, arch, platform }) => [
          { label: 'Version', value: `${tag} ${arch} ${platform}` },
        ]),
        ...fieldsOf(talos.status, 'Stage', ({ stage, ready, unmetConditions }) => [
          { label: 'Stage', value: `${stage}, ${ready ? 'ready' : 'not ready'}` },
          ...unmetConditions.map(({ name, reason }) => ({ label: name, value: reason })),
        ]),
        ...fieldsOf(talos.image, 'Image', ({ schematic, extensions }) => [
          { label: 'Schematic', value: schematic ?? 'not made by a factory' },
          ...extensions.map(({ name, version }) => ({ label: name, value: version })),
        ]),
        ...fieldsOf(talos.services, 'Services', (services) =>
          services.map(({ id, state, health, lastMessage }) => ({
            label: id,
            value: `${state}, ${health}${lastMessage === '' ? '' : `: ${lastMessage}`}`,
          })),
        ),
        ...fieldsOf(talos.addresses, 'Addresses', (addresses) =>
          addresses.map(({ address, prefixLength, linkName }) => ({
            label: linkName,
            value: `${address}/${prefixLength}`,
          })),
        ),
      ],
    },
    ...(member === null
      ? []
      : [
          {
            title: 'etcd',
            fields: [
              { label: 'Member', value: member.id },
              { label: 'Peers', value: member.peerUrls.join(', ') },
              ...fieldsOf(talos.etcd, 'Status', (status) => [
                {
                  label: 'Database',
                  value: `${formatBytes(status.dbSizeBytes)}, ${formatPercent(inUseRatio(status))} in use`,
                },
                { label: 'Term', value: String(status.raftTerm) },
                {
                  label: 'Raft index',
                  value: `${status.raftIndex}, applied ${status.raftAppliedIndex}`,
                },
                { label: 'Version', value: status.protocolVersion ?? 'not told' },
              ]),
            ],
          },
        ]),
  ];
}

export const inUseRatio = ({
  dbSizeBytes,
  dbSizeInUseBytes,
}: {
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number;
}): number => (dbSizeBytes === 0 ? 0 : dbSizeInUseBytes / dbSizeBytes);

function kubernetesSections({ kubernetes }: Machine): readonly Section[] {
  if (kubernetes === null) return [];
  const { kubeletVersion, osImage, taints, conditions, internalIps, labels } = kubernetes;
  return [
    {
      title: 'Kubernetes',
      fields: [
        { label: 'Node', value: kubernetes.name },
        { label: 'Kubelet', value: kubeletVersion },
        { label: 'OS image', value: osImage },
        { label: 'Addresses', value: internalIps.join(', ') },
        {
          label: 'Taints',
          value: taints.map(({ key, effect }) => `${key}:${effect}`).join(', ') || 'none',
        },
        ...conditions.map(({ type, status, message }) => ({
          label: type,
          value: message === '' ? status : `${status}: ${message}`,
        })),
        ...Object.entries(labels).map(([key, value]) => ({
          label: 'Label',
          value: `${key}=${value}`,
        })),
      ],
    },
  ];
}

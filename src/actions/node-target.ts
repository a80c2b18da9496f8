import { isIP } from 'node:net';
import { z } from 'zod';
import { formatList } from '../model/format.js';
import {
  asIpAddress,
  asNodeName,
  asPveNodeName,
  asVmId,
  type IpAddress,
  type NodeName,
  type PveNodeName,
  type VmId,
} from '../model/ids.js';
import type { InspectionWants } from '../model/inspection.js';
import type { Machine } from '../model/machine.js';
import { machinesOf } from '../model/machines.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { ALL } from './all.js';
import { refuseLostHost } from './lost-host.js';
import { refusal, usageError } from './refusal.js';
import type { PlanContext, Refusal } from './types.js';

/** A machine that an action changes, as it is pinned with the plan. */
export interface NodeTarget {
  readonly address: IpAddress;
  readonly name: NodeName;
  readonly role: 'control-plane' | 'worker';
  /** Null without Proxmox, or when no guest there is proven to be this machine. */
  readonly vm: { readonly pveNode: PveNodeName; readonly id: VmId } | null;
}

/** Names end up in argv: what begins with a dash or has other characters is no name of a node. */
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const PVE_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,62})?$/;

export const ipSchema = z
  .string()
  .refine((text) => isIP(text) !== 0)
  .transform(asIpAddress);

const nodeTargetShape = {
  address: ipSchema,
  name: z.string().regex(NAME).transform(asNodeName),
  role: z.enum(['control-plane', 'worker']),
  vm: z
    .strictObject({
      pveNode: z.string().regex(PVE_NAME).transform(asPveNodeName),
      id: z.int().min(100).transform(asVmId),
    })
    .nullable(),
};

/** To be extended by what else an action pins of each node. */
export const nodeTargetSchema = z.strictObject(nodeTargetShape);

/** What was written in an answer, one word per node. */
export const nodeWords = (text: string): readonly string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Names or addresses joined by commas, or `all`; in the order of the overview, each once. */
export function resolveTargets(
  { snapshot }: Pick<PlanContext, 'snapshot'>,
  text: string,
): readonly NodeTarget[] | Refusal {
  const machines = machinesOf(snapshot).filter(({ talos, kubernetes }) => talos ?? kubernetes);
  const wanted = nodeWords(text);
  if (wanted.length === 0) {
    return usageError('No node is named.', `Choose from: ${choicesText(machines)}.`);
  }
  const isAll = wanted.length === 1 && wanted[0] === ALL;
  const unknown = isAll ? [] : wanted.filter((word) => !machines.some(isNamed(word)));
  if (unknown.length > 0 && !isTold(snapshot)) {
    return refusal(
      `Whether ${formatList(unknown)} belongs to the cluster is not known: not every machine has said its name.`,
      'Wait a moment, or use the address.',
      'G-OWN',
    );
  }
  if (unknown.length > 0) {
    return usageError(
      `${formatList(unknown)}: no machine of the cluster has this name or address.`,
      machines.length === 0
        ? 'Wait until the cluster answers.'
        : `Choose from: ${choicesText(machines)}.`,
    );
  }
  const chosen = isAll ? machines : machines.filter((each) => wanted.some((w) => isNamed(w)(each)));
  const targets: NodeTarget[] = [];
  for (const machine of chosen) {
    const target = targetOf(machine);
    if ('kind' in target) return refuseLostHost(snapshot, machine) ?? target;
    targets.push(target);
  }
  return targets.length > 0
    ? targets
    : refusal('No machine of the cluster is known yet.', 'Wait until the cluster answers.');
}

/** Whether a name that is not found is one that does not exist. */
const isTold = ({ kubeNodes, talosNodes }: Snapshot): boolean =>
  kubeNodes.state === 'fresh' &&
  talosNodes.size > 0 &&
  [...talosNodes.values()].every(({ identity }) => identity.state !== 'waiting');

const isNamed =
  (wanted: string) =>
  ({ name, talos, kubernetes }: Machine): boolean =>
    name === wanted || kubernetes?.name === wanted || talos?.address === wanted;

const choicesText = (machines: readonly Machine[]): string =>
  machines.map(({ name }) => name).join(', ');

function targetOf({
  name,
  role,
  talos,
  kubernetes,
  vm,
  isProven,
  problems,
}: Machine): NodeTarget | Refusal {
  if (!isProven) {
    return refusal(
      `${name} is not proven to be one machine: ${problems[0] ?? 'its parts do not name each other'}.`,
      'Find out which guest, Talos node and Kubernetes node belong together before you change it.',
      'G-OWN',
    );
  }
  const identity = talos === null ? undefined : knownValue(talos.identity);
  const nodeName = kubernetes?.name ?? identity?.nodeName ?? null;
  if (talos === null || nodeName === null || role === 'unknown') {
    const lacks =
      talos === null
        ? 'answers to no Talos address'
        : nodeName === null
          ? 'has no Kubernetes node'
          : 'has not said what it is';
    return refusal(`${name} ${lacks}.`, 'Look at the machine on the overview first.', 'G-OWN');
  }
  return {
    address: talos.address,
    name: nodeName,
    role,
    vm: vm === null ? null : { pveNode: vm.pveNode, id: vm.id },
  };
}

export interface WantedImages {
  readonly images?: readonly string[];
  readonly factoryVersion?: string | null;
}

/**
 * What gates and proofs about these machines need read: all control planes, the machines themselves, their guests
 * and the storages that hold their disks.
 */
export function wantsFor(
  snapshot: Snapshot,
  targets: readonly NodeTarget[],
  { images = [], factoryVersion = null }: WantedImages = {},
): InspectionWants {
  const controlPlanes = machinesOf(snapshot).flatMap(({ role, talos }) =>
    role === 'control-plane' && talos !== null ? [talos.address] : [],
  );
  const vms = targets.flatMap(({ vm }) => (vm === null ? [] : [vm]));
  const guests = knownValue(snapshot.vms) ?? [];
  const storages = vms.flatMap(({ pveNode, id }) => {
    const guest = guests.find((each) => each.id === id);
    const config = guest === undefined ? undefined : knownValue(guest.config);
    return (config?.disks ?? []).flatMap(({ storage, isCdrom }) =>
      storage === null || isCdrom ? [] : [{ pveNode, name: storage }],
    );
  });
  return {
    nodes: [...new Set([...controlPlanes, ...targets.map(({ address }) => address)])],
    vms,
    storages: storages.filter(
      ({ pveNode, name }, index) =>
        storages.findIndex((each) => each.pveNode === pveNode && each.name === name) === index,
    ),
    isKubeWanted: true,
    images,
    factoryVersion,
  };
}

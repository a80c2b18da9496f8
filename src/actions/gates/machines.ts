import { formatCount } from '../../model/format.js';
import type { IpAddress } from '../../model/ids.js';
import type { Machine } from '../../model/machine.js';
import { machinesOf } from '../../model/machines.js';
import { freshValue } from '../../model/reading.js';
import type { MachineStatus, TalosMember } from '../../model/talos.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import {
  judge,
  NO_OBJECTIONS,
  type Objections,
  red,
  together,
  unknown,
  unreadText,
  whenFresh,
} from './judge.js';

export const machineAt = (
  { snapshot }: Pick<PlanContext, 'snapshot'>,
  address: IpAddress,
): Machine | undefined => machinesOf(snapshot).find(({ talos }) => talos?.address === address);

/** A lone etcd member is no machine yet: G-ETCD tells of it. */
export const controlPlanesOf = ({ snapshot }: Pick<PlanContext, 'snapshot'>): readonly Machine[] =>
  machinesOf(snapshot).filter(
    ({ role, talos, kubernetes }) => role === 'control-plane' && (talos ?? kubernetes) !== null,
  );

/** A machine that has not said what it is may be a control plane. */
export const roleObjections = ({ snapshot }: Pick<PlanContext, 'snapshot'>): Objections =>
  unknown(
    ...machinesOf(snapshot)
      .filter(({ role, talos }) => role === 'unknown' && talos !== null)
      .map(({ name }) => `the role of ${name} is not known`),
  );

/** G-MACH: Talos itself says that the machine is up, complete and waits for nothing. */
export function machinesGate(context: PlanContext, targets: readonly NodeTarget[]): Gate {
  const objections =
    targets.length === 0
      ? unknown('no machine was named')
      : together(targets.map((target) => machineObjections(context, target)));
  return judge(
    {
      id: 'G-MACH',
      title: 'Talos runs and is ready',
      remedy: 'Look at the services and the log of the machine, and repair what it waits for.',
      override: 'type',
    },
    objections,
    `${targets.map(({ name }) => name).join(', ')} running and ready`,
  );
}

const machineObjections = ({ snapshot }: PlanContext, { name, address }: NodeTarget): Objections =>
  whenFresh(`the stage of ${name}`, snapshot.talosNodes.get(address)?.status, (status) =>
    statusObjections(name, status),
  );

/** `ready` means something in stage running only (talos reference 5.1). */
function statusObjections(
  name: string,
  { stage, ready, unmetConditions }: MachineStatus,
): Objections {
  if (stage === 'unknown') return unknown(`${name} does not say its stage`);
  if (stage !== 'running') return red(`${name} is ${stage}`);
  const unmet = unmetConditions.map((each) => `${each.name} (${each.reason})`);
  if (unmet.length > 0) return red(`${name} waits for ${unmet.join(', ')}`);
  return ready ? NO_OBJECTIONS : red(`${name} is not ready`);
}

/** G-MEM: discovery, Kubernetes and our own list of nodes name the same machines. */
export function membersGate(context: PlanContext): Gate {
  const { talosMembers, kubeNodes } = context.snapshot;
  const objections = together([
    whenFresh('the list of Talos members', talosMembers, (members) =>
      members.length === 0 ? unknown('Talos lists no member') : memberObjections(context, members),
    ),
    kubeNodes.state === 'fresh'
      ? NO_OBJECTIONS
      : unknown(unreadText('the list of Kubernetes nodes', kubeNodes)),
  ]);
  return judge(
    {
      id: 'G-MEM',
      title: 'Talos, Kubernetes and the inventory name the same machines',
      remedy: 'Remove what is gone or wait until what is new has joined everywhere.',
      override: 'type',
    },
    objections,
    `${formatCount(freshValue(talosMembers)?.length ?? 0, 'member')} everywhere`,
  );
}

/** By address: the name in discovery is the host name, which need not be the name in Kubernetes. */
function memberObjections({ snapshot }: PlanContext, members: readonly TalosMember[]): Objections {
  const inDiscovery = new Set(members.flatMap(({ addresses }) => addresses));
  const nodes = freshValue(snapshot.kubeNodes) ?? [];
  const inKubernetes = new Set(nodes.flatMap(({ internalIps }) => internalIps));
  const strangers = nodes.filter(
    ({ internalIps }) => !internalIps.some((ip) => inDiscovery.has(ip)),
  );
  const unlisted = [...snapshot.talosNodes.keys()].filter((address) => !inDiscovery.has(address));
  const isKnown = ({ addresses }: TalosMember): boolean =>
    addresses.some((address) => snapshot.talosNodes.has(address));
  const isNode = ({ addresses }: TalosMember): boolean =>
    addresses.some((address) => inKubernetes.has(address));
  return red(
    ...strangers.map(({ name }) => `${name} is a Kubernetes node, but no Talos member`),
    ...unlisted.map((address) => `${address} is not among the Talos members`),
    ...members.filter((each) => !isKnown(each)).map(({ hostname }) => `${hostname} is not reached`),
    ...(snapshot.kubeNodes.state === 'fresh'
      ? members
          .filter((each) => !isNode(each))
          .map(({ hostname }) => `${hostname} is no Kubernetes node`)
      : []),
  );
}

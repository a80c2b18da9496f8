import type { Machine } from '../../model/machine.js';
import { isProxmoxNamed } from '../../model/proxmox-named.js';
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
  unreadText,
} from './judge.js';
import { machineAt } from './machines.js';

/** G-OWN: guest, Talos node and Kubernetes node are proven to be one machine, the one that was named. */
export function ownGate(context: PlanContext, target: NodeTarget): Gate {
  const machine = machineAt(context, target.address);
  const guest = target.vm === null ? '' : `VM ${target.vm.id}, `;
  return judge(
    {
      id: 'G-OWN',
      title: `${target.name} is what it seems to be`,
      remedy: 'Compare MAC address and UUID of the guest with those of the node.',
      override: 'no',
    },
    machine === undefined
      ? unknown(`no Talos node is known at ${target.address}`)
      : machineObjections(context, target, machine),
    `${guest}${target.address} and ${target.name} are one machine, by ${machine?.joinedBy.join(', ')}`,
  );
}

function machineObjections(context: PlanContext, target: NodeTarget, machine: Machine): Objections {
  const { isProven, problems, talos, kubernetes, role, name } = machine;
  const readings = [
    { what: `the identity of ${target.name}`, reading: talos?.identity },
    { what: 'the list of Kubernetes nodes', reading: context.snapshot.kubeNodes },
  ];
  return together([
    isProven ? NO_OBJECTIONS : red(`${target.name} is not proven: ${problems.join('; ')}`),
    unknown(
      ...readings
        .filter(({ reading }) => reading?.state !== 'fresh')
        .map(({ what, reading }) => unreadText(what, reading)),
    ),
    kubernetes === null ? unknown(`which Kubernetes node ${name} is, is not known`) : NO_OBJECTIONS,
    kubernetes !== null && kubernetes.name !== target.name
      ? red(`${target.address} is ${kubernetes.name}, not ${target.name}`)
      : NO_OBJECTIONS,
    role === target.role ? NO_OBJECTIONS : red(`${name} is no ${target.role}`),
    isProxmoxNamed(context.snapshot.cluster)
      ? guestObjections(context, target, machine)
      : NO_OBJECTIONS,
  ]);
}

function guestObjections(
  { snapshot }: PlanContext,
  target: NodeTarget,
  { vm }: Machine,
): Objections {
  if (snapshot.vms.state !== 'fresh')
    return unknown(unreadText('the list of guests', snapshot.vms));
  if (vm === null || target.vm === null) {
    return unknown(lostHostText(snapshot, target) ?? `which guest ${target.name} is, is not known`);
  }
  if (vm.id !== target.vm.id)
    return red(`VM ${target.vm.id} is not ${target.name}: VM ${vm.id} is`);
  if (vm.pveNode !== target.vm.pveNode) return red(`VM ${vm.id} has moved to ${vm.pveNode}`);
  return vm.config.state === 'fresh'
    ? NO_OBJECTIONS
    : unknown(unreadText(`the configuration of VM ${vm.id}`, vm.config));
}

import { freshValue } from '../../model/reading.js';
import { machineAt } from '../gates/machines.js';
import type { Gate, PlanContext } from '../types.js';
import { type BootTarget, firstDrive } from './target.js';

/** G-OWN for a machine that may be silent: by what Kubernetes and Proxmox still say of it. */
export function ownGuestGate(context: PlanContext, { name, address, vm }: BootTarget): Gate {
  const gate = {
    id: 'G-OWN',
    title: `VM ${vm.id} is ${name}`,
    remedy: 'Compare MAC address and UUID of the guest with those of the node.',
    override: 'no',
  } as const;
  const machine = machineAt(context, address);
  if (machine === undefined || machine.vm === null) {
    return { ...gate, state: 'unknown', text: `which guest ${name} is, is not known` };
  }
  const isIt = machine.isProven && machine.vm.id === vm.id && machine.vm.pveNode === vm.pveNode;
  return isIt
    ? { ...gate, state: 'green', text: `one machine, by ${machine.joinedBy.join(', ')}` }
    : {
        ...gate,
        state: 'red',
        text: machine.isProven
          ? `${name} is VM ${machine.vm.id} on ${machine.vm.pveNode}`
          : 'it is not proven',
      };
}

/**
 * Only a guest that waits in its image is stopped: nothing is mounted there (operations A7). Silence alone is no
 * proof: a medium may have been put in later, and a network may be torn.
 */
export function haltedGate({ facts, snapshot }: PlanContext, target: BootTarget): Gate {
  const { name, vm, address } = target;
  const gate = {
    id: 'G-HALT',
    title: `${name} is halted in its installation image`,
    remedy:
      'Wait a minute if it has just been started, and look at the console of the guest: a machine that runs is not stopped.',
    override: 'no',
  } as const;
  const reading = facts.inspection.vms.get(vm.id);
  const guest = reading === undefined ? undefined : freshValue(reading);
  const version = snapshot.talosNodes.get(address)?.version;
  if (guest === undefined || version === undefined || version.state === 'waiting') {
    return { ...gate, state: 'unknown', text: 'the guest or its Talos has not been asked' };
  }
  if (version.state === 'fresh') return { ...gate, state: 'red', text: `${name} answers` };
  const node = freshValue(snapshot.kubeNodes)?.find((each) => each.name === name);
  if (node !== undefined && node.ready !== 'Unknown') {
    return { ...gate, state: 'red', text: `Kubernetes still hears from ${name}` };
  }
  const isFromImage =
    guest.status === 'running' && target.media.includes(firstDrive(guest, guest.bootOrder) ?? '');
  return isFromImage
    ? {
        ...gate,
        state: 'green',
        text: `it runs, started from ${target.media.join(', ')}, and Talos does not answer`,
      }
    : { ...gate, state: 'red', text: 'it does not start from an image any more' };
}

import { setCordon } from '../world/kubelet.js';
import { hangNode, setPartition, unhangNode } from '../world/life.js';
import { touchNode } from '../world/node.js';
import { rebootNode, shutdownVm, startVm, stopVm } from '../world/power.js';
import { extensionsOf } from '../world/talos-factory.js';
import type { LabNode, LabVm, World } from '../world/types.js';
import { vmOf } from '../world/vm.js';
import type { Change } from './change.js';
import { LabUsageError } from './usage-error.js';

/** Image Factory id of a schematic with qemu-guest-agent alone (talos.md §5.6). */
const OTHER_SCHEMATIC = 'ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515';

function needVm(world: World, node: LabNode): LabVm {
  const vm = vmOf(world, node);
  if (vm === undefined) throw new Error(`${node.hostname} has no VM.`);
  return vm;
}

const needPower = (node: LabNode): void => {
  if (node.isUp) return;
  throw new LabUsageError(
    `${node.hostname} is not running.`,
    `Start it first: lab do start-node ${node.hostname}.`,
  );
};

function stop(world: World, vm: LabVm, how: 'crash' | 'graceful'): string {
  const name = `VM ${vm.vmId} (${vm.config.name})`;
  if (vm.status !== 'running') return `${name} is stopped already.`;
  if (how === 'crash') stopVm(world, vm);
  else shutdownVm(world, vm);
  return how === 'crash' ? `${name} lost its power.` : `${name} shuts down.`;
}

function start(world: World, vm: LabVm): string {
  if (world.pveHosts.get(vm.pveNode)?.isOnline === false) {
    throw new LabUsageError(
      `${vm.pveNode} is down, and VM ${vm.vmId} with it.`,
      `Bring it back first: lab do pve-node-up ${vm.pveNode}.`,
    );
  }
  const task = startVm(world, vm);
  const name = `VM ${vm.vmId} (${vm.config.name})`;
  return task === null ? `${name} runs already.` : `${name} starts.`;
}

const HOW = ['crash', 'graceful'] as const;

const power: readonly Change[] = [
  {
    id: 'stop-node',
    args: 'NODE [crash|graceful]',
    help: "switches a node's VM off: the cable (default), or an orderly shutdown",
    run: ({ world }, args) => {
      const node = args.node(world);
      const how = args.isEmpty() ? 'crash' : args.choice('way', HOW);
      args.end();
      return stop(world, needVm(world, node), how);
    },
  },
  {
    id: 'start-node',
    args: 'NODE',
    help: "starts a node's VM; it boots in virtual time and gets a new boot id",
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      return start(world, needVm(world, node));
    },
  },
  {
    id: 'reboot-node',
    args: 'NODE',
    help: 'lets Talos reboot in order; the VM keeps running',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      needPower(node);
      if (node.isHung) {
        throw new LabUsageError(
          `${node.hostname} hangs and hears nothing.`,
          `Let it go on first: lab do unhang-node ${node.hostname}.`,
        );
      }
      rebootNode(world, node);
      return `${node.hostname} reboots.`;
    },
  },
  {
    id: 'stop-vm',
    args: 'VMID [crash|graceful]',
    help: 'the same as stop-node, by guest id',
    run: ({ world }, args) => {
      const vm = args.vm(world);
      const how = args.isEmpty() ? 'crash' : args.choice('way', HOW);
      args.end();
      return stop(world, vm, how);
    },
  },
  {
    id: 'start-vm',
    args: 'VMID',
    help: 'the same as start-node, by guest id; resumes a VM that an I/O error paused',
    run: ({ world }, args) => {
      const vm = args.vm(world);
      args.end();
      return start(world, vm);
    },
  },
];

const trouble: readonly Change[] = [
  {
    id: 'hang-node',
    args: 'NODE',
    help: 'freezes a node: it accepts connections and answers nothing',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      needPower(node);
      hangNode(world, node);
      return `${node.hostname} hangs.`;
    },
  },
  {
    id: 'unhang-node',
    args: 'NODE',
    help: 'lets a frozen node go on',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      unhangNode(world, node);
      return `${node.hostname} goes on.`;
    },
  },
  {
    id: 'partition-node',
    args: 'NODE',
    help: 'cuts a node off the network: it runs, but nobody reaches it',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      setPartition(world, node, true);
      return `${node.hostname} is cut off.`;
    },
  },
  {
    id: 'heal-node',
    args: 'NODE',
    help: 'joins a node that was cut off again',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      setPartition(world, node, false);
      return `${node.hostname} is connected again.`;
    },
  },
  {
    id: 'drift-schematic',
    args: 'NODE',
    help: 'makes a node run an image of another schematic, without the iSCSI tools',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      node.schematic = OTHER_SCHEMATIC;
      node.extensions = extensionsOf(['qemu-guest-agent'], OTHER_SCHEMATIC);
      node.services.delete('ext-iscsid');
      touchNode(world, node);
      return `${node.hostname} runs schematic ${OTHER_SCHEMATIC.slice(0, 8)}….`;
    },
  },
  ...(['cordon', 'uncordon'] as const).map(
    (id): Change => ({
      id,
      args: 'NODE',
      help: id === 'cordon' ? 'marks a node unschedulable, as an operator would' : 'lifts a cordon',
      run: ({ world }, args) => {
        const node = args.node(world);
        args.end();
        setCordon(world, node, id === 'cordon', 'operator');
        return `${node.hostname} is ${id}ed.`;
      },
    }),
  ),
];

export const machineChanges: readonly Change[] = [...power, ...trouble];

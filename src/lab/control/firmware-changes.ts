import { touchNode } from '../world/node.js';
import { roomForEphemeral } from '../world/talos-disk.js';
import { vmOf } from '../world/vm.js';
import type { Change } from './change.js';
import { LabUsageError } from './usage-error.js';

export const firmwareChanges: readonly Change[] = [
  {
    id: 'legacy-bios',
    args: 'NODE',
    help: 'makes a node one that was installed with a legacy BIOS: GRUB boots it, no UKI',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      const vm = vmOf(world, node);
      const { systemDisk } = node.machine;
      if (vm === undefined || systemDisk === null) {
        throw new LabUsageError(
          `Talos is not installed on ${node.hostname}.`,
          'Name another node.',
        );
      }
      const disk = vm.disks.find(({ slot }) => slot === systemDisk.slot);
      vm.config.bios = 'seabios';
      delete vm.config.efidisk0;
      node.machine.systemDisk = {
        ...systemDisk,
        bootloader: 'grub',
        ephemeralBytes:
          systemDisk.ephemeralBytes === null
            ? null
            : roomForEphemeral('grub', disk?.sizeBytes ?? 0),
      };
      touchNode(world, node);
      world.touch('pve');
      return `GRUB boots ${node.hostname}.`;
    },
  },
];

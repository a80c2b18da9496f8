import { pauseByIoError } from '../world/power.js';
import { fillStorage, isoOf, storageFigures } from '../world/storage.js';
import { vmOf } from '../world/vm.js';
import type { Change } from './change.js';

const host: readonly Change[] = [
  {
    id: 'fill-storage',
    args: 'STORAGE PERCENT',
    help: 'fills a storage; at 100 a thin pool pauses its VMs with an I/O error',
    run: ({ world }, args) => {
      const storage = args.storage(world);
      const percent = args.number('PERCENT', 0, 100);
      args.end();
      const reached = Math.round(fillStorage(world, storage, percent / 100) * 100);
      const isFull = percent === 100 && storage.type === 'lvmthin';
      const paused = [...world.vms.values()].filter(
        (vm) => isFull && vm.disks.some((disk) => disk.storage === storage.name),
      );
      for (const vm of paused) pauseByIoError(world, vm);
      world.touch('pve');
      return `${storage.name} is ${reached} % full${paused.length > 0 ? `; ${paused.length} VMs paused` : ''}.`;
    },
  },
  {
    id: 'fill-metadata',
    args: 'STORAGE PERCENT',
    help: "fills a thin pool's metadata, which only lvs and disks/lvmthin show; at 100 its VMs stop",
    run: ({ world }, args) => {
      const storage = args.storage(world);
      const percent = args.number('PERCENT', 0, 100);
      args.end();
      if (storage.metadataTotalBytes === null) throw args.error(`${storage.name} is no thin pool`);
      storage.otherMetadataRatio = 0;
      const { metadataRatio } = storageFigures(world, storage);
      storage.otherMetadataRatio = Math.max(0, percent / 100 - (metadataRatio ?? 0));
      world.touch('pve');
      return `The metadata of ${storage.name} is ${percent} % full.`;
    },
  },
  {
    id: 'attach-iso',
    args: 'NODE',
    help: "puts the Talos ISO into the VM's CD drive",
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      const vm = vmOf(world, node);
      if (vm !== undefined) vm.config.ide2 = `${isoOf(world)},media=cdrom,size=310M`;
      world.touch('pve');
      return `The Talos ISO is in the drive of ${node.hostname}.`;
    },
  },
  {
    id: 'detach-iso',
    args: 'NODE',
    help: 'empties the CD drive',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      const vm = vmOf(world, node);
      if (vm !== undefined) vm.config.ide2 = 'none,media=cdrom';
      world.touch('pve');
      return `The drive of ${node.hostname} is empty.`;
    },
  },
];

const credentials: readonly Change[] = (['talosconfig', 'kubeconfig'] as const).flatMap(
  (file): readonly Change[] => [
    {
      id: `expire-${file}`,
      args: '',
      help: `writes ${file} with a client certificate that ended an hour ago`,
      run: ({ renewCredential }, args) => {
        args.end();
        renewCredential(file, true);
        return `The certificate in ${file} has expired.`;
      },
    },
    {
      id: `renew-${file}`,
      args: '',
      help: `writes ${file} with a valid client certificate`,
      run: ({ renewCredential }, args) => {
        args.end();
        renewCredential(file, false);
        return `The certificate in ${file} is valid.`;
      },
    },
  ],
);

const aimless: Change = {
  id: 'empty-endpoints',
  args: '',
  help: 'writes talosconfig without endpoints and nodes, as talosctl gen config leaves it',
  run: ({ renewCredential }, args) => {
    args.end();
    renewCredential('talosconfig', false, true);
    return 'talosconfig names no endpoint; renew-talosconfig undoes it.';
  },
};

export const hostChanges: readonly Change[] = [...host, ...credentials, aimless];

import { pauseByIoError } from '../world/power.js';
import { fillStorage, isoOf, storageFigures } from '../world/storage.js';
import { vmOf } from '../world/vm.js';
import type { Change } from './change.js';
import { SERVERS } from './change.js';

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

const wire: readonly Change[] = [
  {
    id: 'api-errors',
    args: 'SERVER CODE COUNT',
    help: `the next COUNT requests to ${SERVERS.join('|')} fail with CODE`,
    run: ({ world }, args) => {
      const server = args.choice('server', SERVERS);
      // gRPC statuses count from 1 to 16, HTTP ones from 400.
      const code = server === 'talos' ? args.number('CODE', 1, 16) : args.number('CODE', 400, 599);
      const count = args.number('COUNT', 1, 1_000_000);
      args.end();
      world.faults.apiErrors.push({ server, code, count });
      return `The next ${count} requests to ${server} fail with ${code}.`;
    },
  },
  {
    id: 'latency',
    args: 'SERVER MS',
    help: 'every answer of a server waits so long (real time); 0 ends it',
    run: ({ world }, args) => {
      const server = args.choice('server', SERVERS);
      const ms = args.number('MS', 0, 120_000);
      args.end();
      if (ms === 0) world.faults.latencyMs.delete(server);
      else world.faults.latencyMs.set(server, ms);
      return `${server} answers after ${ms} ms.`;
    },
  },
  {
    id: 'cut-streams',
    args: '[SERVER]',
    help: 'ends every open connection and watch of a server, or of all',
    run: ({ world }, args) => {
      const servers = args.isEmpty() ? SERVERS : [args.choice('server', SERVERS)];
      args.end();
      for (const server of servers) world.touch(`cut:${server}`);
      return `Streams of ${servers.join(', ')} are cut.`;
    },
  },
  {
    id: 'forbid',
    args: 'SERVER[:KIND]',
    help: 'answers 403: kube:nodes, talos:EtcdStatus, pve:/cluster/resources or a whole server',
    run: ({ world }, args) => {
      const what = args.word('SERVER[:KIND]');
      const [server = ''] = what.split(':');
      if (!SERVERS.some((name) => name === server)) throw args.error(`no server "${server}"`);
      args.end();
      world.faults.forbidden.add(what);
      return `${what} is forbidden.`;
    },
  },
  {
    id: 'allow',
    args: '[SERVER[:KIND]]',
    help: 'undoes forbid, all of them by default',
    run: ({ world }, args) => {
      const what = args.isEmpty() ? null : args.word('SERVER[:KIND]');
      args.end();
      if (what === null) world.faults.forbidden.clear();
      else if (!world.faults.forbidden.delete(what)) throw args.error(`${what} is not forbidden`);
      return `${what ?? 'Everything'} is allowed.`;
    },
  },
  {
    id: 'clock-jump',
    args: 'SECONDS',
    help: "sets the lab's wall clock forward, or back with a minus; no timer notices",
    run: ({ world }, args) => {
      const seconds = args.number('SECONDS', -315_360_000, 315_360_000);
      args.end();
      world.clock.jump(Math.round(seconds * 1000));
      world.touch('clock');
      return `The lab's clock says ${new Date(world.clock.now()).toISOString()}.`;
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

export const hostChanges: readonly Change[] = [...host, ...wire, ...credentials, aimless];

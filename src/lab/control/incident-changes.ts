import { writeNextEntry } from '../world/boot-entries.js';
import { memberOf } from '../world/etcd.js';
import { listObjects, putObject } from '../world/kube-store.js';
import { settle } from '../world/life.js';
import { controlPlanes, touchNode } from '../world/node.js';
import { DEFAULT_SCHEMATIC, extensionsOf, TALOS_VERSIONS } from '../world/talos-factory.js';
import type { LabNode } from '../world/types.js';
import { stoppedVm } from '../world/vm.js';
import type { Change } from './change.js';
import { LabUsageError } from './usage-error.js';

const MIB = 1024 ** 2;

const etcd: readonly Change[] = [
  {
    id: 'etcd-learner',
    args: 'NODE',
    help: 'turns a member into a learner that is never promoted: it has no vote',
    run: ({ world }, args) => {
      const node = args.node(world, 'controlplane');
      args.end();
      const member = memberOf(world, node.hostname);
      if (member === undefined) throw args.error(`${node.hostname} is no member`);
      member.isLearner = true;
      world.touch('etcd');
      settle(world);
      return `${node.hostname} is a learner.`;
    },
  },
  {
    id: 'fragment-etcd',
    args: 'PERCENT',
    help: 'lets the database files of all members be free space for the most part',
    run: ({ world }, args) => {
      const ratio = args.number('PERCENT', 1, 95) / 100;
      args.end();
      for (const member of world.etcd.members.values()) {
        member.dbSizeBytes = Math.ceil(member.dbSizeInUseBytes / (1 - ratio));
      }
      world.touch('etcd');
      return `${Math.round(ratio * 100)} % of every database file is free space.`;
    },
  },
];

/** As an installer does it that restarts nothing. */
function arm({ machine: { systemDisk }, ...node }: LabNode, talosVersion: string): void {
  const image = systemDisk?.entries[systemDisk.next] ?? null;
  if (systemDisk === null || image === null) {
    throw new LabUsageError(`Talos is not installed on ${node.hostname}.`, 'Name another node.');
  }
  writeNextEntry(systemDisk, { ...image, talosVersion });
}

const images: readonly Change[] = [
  {
    id: 'arm-node',
    args: 'NODE VERSION',
    help: 'leaves another Talos installed and not booted: whatever restarts the node upgrades it',
    run: ({ world }, args) => {
      const node = args.node(world);
      const version = args.choice('version', TALOS_VERSIONS);
      args.end();
      arm(node, version);
      touchNode(world, node);
      return `${node.hostname} runs ${node.talosVersion} and boots ${version} next.`;
    },
  },
  {
    id: 'break-image',
    args: 'VERSION',
    help: 'Talos of this version fails as it starts: it takes the boot entry of before the upgrade back',
    run: ({ world }, args) => {
      const version = args.choice('version', TALOS_VERSIONS);
      args.end();
      world.faults.brokenImages.add(version);
      return `Talos ${version} does not boot.`;
    },
  },
  {
    id: 'mend-image',
    args: 'VERSION',
    help: 'undoes break-image',
    run: ({ world }, args) => {
      const version = args.choice('version', TALOS_VERSIONS);
      args.end();
      world.faults.brokenImages.delete(version);
      return `Talos ${version} boots.`;
    },
  },
  {
    id: 'stock-installer',
    args: 'NODE',
    help: 'makes a node run an image without any extension: no iSCSI, no guest agent',
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      node.schematic = DEFAULT_SCHEMATIC;
      node.extensions = extensionsOf([], DEFAULT_SCHEMATIC);
      for (const id of [...node.services.keys()]) {
        if (id.startsWith('ext-')) node.services.delete(id);
      }
      touchNode(world, node);
      return `${node.hostname} runs an image without extensions.`;
    },
  },
  {
    id: 'rename-links',
    args: 'NAME',
    help: "gives every control plane's link another name than its configuration says",
    run: ({ world }, args) => {
      const name = args.word('NAME');
      args.end();
      if (!/^[a-z][a-z0-9]{1,14}$/.test(name)) throw args.error(`${name} is no name of a link`);
      for (const node of controlPlanes(world)) {
        node.machine.linkName = name;
        touchNode(world, node);
      }
      settle(world);
      return `The link of every control plane is called ${name}.`;
    },
  },
];

const workloads: readonly Change[] = [
  {
    id: 'strict-pdbs',
    args: '',
    help: 'makes every disruption budget ask for all of its pods: no eviction is allowed',
    run: ({ world }, args) => {
      args.end();
      const budgets = listObjects(world, 'poddisruptionbudgets');
      for (const budget of budgets) {
        const spec = {
          ...(budget.spec as object),
          minAvailable: '100%',
          maxUnavailable: undefined,
        };
        putObject(world, 'poddisruptionbudgets', { ...budget, spec });
      }
      return `${budgets.length} disruption budgets allow nothing.`;
    },
  },
];

const HIGHEST_GUEST = 999_999;

const foreign: readonly Change[] = [
  {
    id: 'foreign-vm',
    args: 'NODE',
    help: "adds somebody else's guest of the same name, without our tags, stopped",
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      let vmId = 900;
      while (world.vms.has(vmId) && vmId < HIGHEST_GUEST) vmId += 1;
      const volume = `local-lvm:vm-${vmId}-disk-0`;
      const vm = stoppedVm(
        {
          vmId,
          pveNode: world.facts.pveNode,
          config: {
            boot: 'order=scsi0',
            cores: 2,
            memory: '2048',
            name: node.hostname,
            ostype: 'l26',
            scsi0: `${volume},size=8G`,
          },
          disks: [
            {
              slot: 'scsi0',
              volume,
              storage: 'local-lvm',
              sizeBytes: 8192 * MIB,
              writtenBytes: 900 * MIB,
            },
          ],
        },
        world.clock.monotonicMs(),
      );
      world.vms.set(vmId, vm);
      world.touch('pve');
      return `VM ${vmId} is called ${node.hostname} too.`;
    },
  },
];

export const incidentChanges: readonly Change[] = [...etcd, ...images, ...workloads, ...foreign];

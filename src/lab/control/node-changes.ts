import { readAddon } from '../scenarios/addons.js';
import { seedAddons } from '../world/addon-seed.js';
import { removeNetwork } from '../world/cni.js';
import { fillEphemeral } from '../world/disk-pressure.js';
import { loseNetwork } from '../world/kubelet.js';
import { touchNode } from '../world/node.js';
import { hostAddress } from '../world/topology.js';
import type { Change } from './change.js';

/** What the manufacturer of cheap cameras prints on them. */
const STRANGER_MAC = '00:1F:54:C0:FF:EE';
const DAY_SECONDS = 86_400;
const HIGHEST_HOST = 250;

const machines: readonly Change[] = [
  {
    id: 'fill-ephemeral',
    args: 'NODE PERCENT',
    help: "fills a node's EPHEMERAL volume; above 90 its kubelet reports disk pressure and evicts",
    run: ({ world }, args) => {
      const node = args.node(world);
      const percent = args.number('PERCENT', 0, 100);
      args.end();
      if (!fillEphemeral(world, node, percent / 100)) {
        throw args.error(`${node.hostname} has no EPHEMERAL yet`);
      }
      return `EPHEMERAL of ${node.hostname} is ${percent} % full.`;
    },
  },
  {
    id: 'skew-clock',
    args: 'NODE SECONDS',
    help: "sets one node's clock off by so much; 0 puts it right",
    run: ({ world }, args) => {
      const node = args.node(world);
      const seconds = args.number('SECONDS', -10 * 365 * DAY_SECONDS, 10 * 365 * DAY_SECONDS);
      args.end();
      node.machine.clockSkewMs = Math.round(seconds * 1000);
      touchNode(world, node);
      const how = seconds < 0 ? 'behind' : 'ahead';
      return seconds === 0
        ? `The clock of ${node.hostname} is right.`
        : `The clock of ${node.hostname} is ${Math.abs(seconds)} s ${how}.`;
    },
  },
];

const network: readonly Change[] = [
  {
    id: 'remove-cni',
    args: '',
    help: 'removes the pod network: no node is Ready until one is installed',
    run: ({ world }, args) => {
      args.end();
      removeNetwork(world);
      for (const node of world.nodes.values()) loseNetwork(world, node);
      return 'There is no pod network.';
    },
  },
  {
    id: 'add-cni',
    args: '',
    help: 'installs Cilium, as its chart would',
    run: ({ world }, args) => {
      args.end();
      seedAddons(world, [readAddon('cilium')]);
      return 'Cilium runs on every node.';
    },
  },
  {
    id: 'vip-in-dhcp',
    args: '',
    help: 'the DHCP range covers the virtual address, and a stranger was given it',
    run: ({ world }, args) => {
      args.end();
      const { lan, facts, vip } = world;
      lan.dhcpRange = {
        first: hostAddress(facts.lanPrefix, 2),
        last: hostAddress(facts.lanPrefix, HIGHEST_HOST),
      };
      lan.strangers.set(vip.address, STRANGER_MAC);
      world.touch('vip', 'pve');
      return `${STRANGER_MAC} has the address ${vip.address} too.`;
    },
  },
  {
    id: 'stranger-gone',
    args: '',
    help: 'undoes the stranger of vip-in-dhcp; the range stays',
    run: ({ world }, args) => {
      args.end();
      world.lan.strangers.clear();
      world.touch('vip', 'pve');
      return 'No stranger has an address of the cluster.';
    },
  },
];

export const nodeChanges: readonly Change[] = [...machines, ...network];

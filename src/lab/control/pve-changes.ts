import { hostDown, hostUp, setLinked } from '../world/pve-hosts.js';
import type { LabPveHost, World } from '../world/types.js';
import type { Change } from './change.js';
import { LabUsageError } from './usage-error.js';

/** The host that the clients of this lab speak to stays, so that they can see what is lost. */
function othersThan(world: World): readonly LabPveHost[] {
  const others = [...world.pveHosts.values()].filter(({ name }) => name !== world.facts.pveNode);
  if (others.length > 0) return others;
  throw new LabUsageError(
    'This lab has one Proxmox node, and one node always has its quorum.',
    'Start a lab with several, for example --scenario 3+2@3.',
  );
}

const quorum = (id: string, isLinked: boolean, help: string, said: string): Change => ({
  id,
  args: '',
  help,
  run: ({ world }, args) => {
    args.end();
    for (const host of othersThan(world)) setLinked(world, host, isLinked);
    return said;
  },
});

export const pveChanges: readonly Change[] = [
  {
    id: 'pve-node-down',
    args: 'PVENODE [off|hung]',
    help: 'a Proxmox node loses its power (default) or hangs, with every guest on it',
    run: ({ world }, args) => {
      const host = args.pveHost(world);
      const how = args.isEmpty() ? 'off' : args.choice('way', ['off', 'hung'] as const);
      args.end();
      if (!host.isOnline) return `${host.name} is down already.`;
      hostDown(world, host, how);
      return how === 'off' ? `${host.name} lost its power.` : `${host.name} hangs.`;
    },
  },
  {
    id: 'pve-node-up',
    args: 'PVENODE',
    help: 'undoes pve-node-down; after a power loss the node boots and starts its guests',
    run: ({ world }, args) => {
      const host = args.pveHost(world);
      args.end();
      if (host.isOnline) return `${host.name} is up already.`;
      const wasHung = host.isHung;
      hostUp(world, host);
      return wasHung ? `${host.name} goes on.` : `${host.name} boots.`;
    },
  },
  quorum(
    'pve-quorum-lost',
    false,
    "cuts corosync's network: every Proxmox node is alone, guests run on, nothing can be written",
    'The Proxmox cluster has no quorum.',
  ),
  quorum(
    'pve-quorum-back',
    true,
    'undoes pve-quorum-lost',
    'The Proxmox nodes see each other again.',
  ),
];

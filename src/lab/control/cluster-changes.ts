import { approveServing, postRequest, requestServing } from '../world/csr.js';
import { hasQuorum, isMemberLive, memberOf, transferLeadership } from '../world/etcd.js';
import { HOSTILE_KINDS, hostileClaim } from '../world/hostile-csr.js';
import { settle } from '../world/life.js';
import type { LabEtcdMember, LabNode, World } from '../world/types.js';
import { isVipCandidate, releaseVip } from '../world/vip.js';
import type { Change } from './change.js';
import { LabUsageError } from './usage-error.js';

const ALARMS = ['NOSPACE', 'CORRUPT'] as const;

function needMember(world: World, node: LabNode): LabEtcdMember {
  const member = memberOf(world, node.hostname);
  if (member === undefined) {
    throw new LabUsageError(`${node.hostname} is no etcd member.`, 'Name a control plane.');
  }
  return member;
}

function needQuorum(world: World): void {
  if (hasQuorum(world)) return;
  throw new LabUsageError(
    'etcd has no quorum: nothing can be elected.',
    'Start control planes first: lab do start-node NODE.',
  );
}

const firstNode = (world: World): LabNode => {
  const [node] = [...world.nodes.values()].filter(({ role }) => role === 'worker');
  const [fallback] = world.nodes.values();
  const found = node ?? fallback;
  if (found === undefined) throw new LabUsageError('This lab has no nodes.', 'Start another lab.');
  return found;
};

const vip: readonly Change[] = [
  {
    id: 'move-vip',
    args: '[NODE]',
    help: 'makes the holder of the virtual address let go; NODE (or anyone) takes it',
    run: ({ world }, args) => {
      const target = args.isEmpty() ? undefined : args.node(world, 'controlplane');
      args.end();
      needQuorum(world);
      if (target !== undefined && !isVipCandidate(world, target)) {
        throw new LabUsageError(
          `${target.hostname} cannot hold the virtual address now.`,
          'Name a running control plane whose etcd is healthy.',
        );
      }
      const before = world.vip.holder;
      if (before === null) return 'Nobody holds the virtual address.';
      if (before === target?.hostname) return `${before} holds it already.`;
      releaseVip(world, target, before);
      return `${before} lets go of ${world.vip.address}.`;
    },
  },
  {
    id: 'no-vip',
    args: '',
    help: 'no control plane campaigns for the virtual address any more',
    run: ({ world }, args) => {
      args.end();
      world.vip.isConfigured = false;
      settle(world);
      return `Nobody holds ${world.vip.address}.`;
    },
  },
  {
    id: 'vip-back',
    args: '',
    help: 'undoes no-vip',
    run: ({ world }, args) => {
      args.end();
      world.vip.isConfigured = true;
      settle(world);
      return `The control planes campaign for ${world.vip.address} again.`;
    },
  },
];

const etcd: readonly Change[] = [
  {
    id: 'etcd-leader',
    args: 'NODE',
    help: 'moves etcd leadership to a control plane',
    run: ({ world }, args) => {
      const node = args.node(world, 'controlplane');
      args.end();
      const member = needMember(world, node);
      needQuorum(world);
      if (!isMemberLive(world, member)) {
        throw new LabUsageError(
          `etcd on ${node.hostname} does not run.`,
          `Start it first: lab do start-node ${node.hostname}.`,
        );
      }
      transferLeadership(world, member);
      return `${node.hostname} leads etcd in term ${world.etcd.term}.`;
    },
  },
  {
    id: 'etcd-alarm',
    args: 'NOSPACE|CORRUPT [NODE]',
    help: 'raises an etcd alarm on a member',
    run: ({ world }, args) => {
      const alarm = args.choice('alarm', ALARMS);
      const [first] = world.etcd.members.values();
      const member = args.isEmpty() ? first : needMember(world, args.node(world, 'controlplane'));
      args.end();
      member?.alarms.add(alarm);
      world.touch('etcd');
      return `${alarm} is raised on ${member?.hostname}.`;
    },
  },
  {
    id: 'clear-alarm',
    args: '',
    help: 'disarms all etcd alarms',
    run: ({ world }, args) => {
      args.end();
      for (const member of world.etcd.members.values()) member.alarms.clear();
      world.touch('etcd');
      return 'No alarm is raised.';
    },
  },
];

const csrs: readonly Change[] = [
  {
    id: 'new-csr',
    args: 'NODE',
    help: "a node's kubelet asks for a serving certificate",
    run: ({ world }, args) => {
      const node = args.node(world);
      args.end();
      return `${node.hostname} posted ${requestServing(world, node)}.`;
    },
  },
  {
    id: 'approve-csrs',
    args: '',
    help: "approves every kubelet's own request for a serving certificate",
    run: ({ world }, args) => {
      args.end();
      const names = approveServing(world);
      return names.length === 0 ? 'No request waits.' : `Approved ${names.join(', ')}.`;
    },
  },
  {
    id: 'hostile-csr',
    args: '[KIND] [NODE]',
    help: `a forged request: ${HOSTILE_KINDS.join(', ')}`,
    run: ({ world }, args) => {
      const kind = args.isEmpty() ? 'vip' : args.choice('kind', HOSTILE_KINDS);
      const node = args.isEmpty() ? firstNode(world) : args.node(world);
      args.end();
      const name = postRequest(world, hostileClaim(world, kind, node));
      return `Somebody posted ${name} (${kind}) in the name of ${node.hostname}.`;
    },
  },
];

export const clusterChanges: readonly Change[] = [...vip, ...etcd, ...csrs];

import type { TalosClient } from '../../clients/types.js';
import type { IpAddress } from '../../model/ids.js';
import { freshValue } from '../../model/reading.js';
import type { MachineType, TalosMember } from '../../model/talos.js';
import { isLookedAt } from './looked-at.js';
import { createTalosNodeSource, type TalosNodeSource } from './talos-node.js';
import { type SourceContext, snapshotOf } from './types.js';

/** The nodes that are followed: those of the talosconfig, and those that they discover. */
export interface TalosNodes {
  readonly all: () => readonly TalosNodeSource[];
  readonly controlPlanes: () => readonly TalosNodeSource[];
  readonly add: (address: IpAddress, type: MachineType, isConfigured: boolean) => void;
  /** Follows the discovery list, forgets what is gone for good. */
  readonly align: (members: readonly TalosMember[]) => void;
  /** What is looked at is followed in full, the rest of a big cluster is not. */
  readonly attend: () => void;
  readonly stop: () => void;
}

/**
 * `list`: a discovery or member list changed. `state`: a node came, went or told who it is. `etcd`: a member has
 * another leader, other errors, or none of both.
 */
export type NodesChange = 'list' | 'state' | 'etcd';

/** Above this many nodes those that nobody looks at are watched with fewer kinds (DESIGN §4). */
const MANY_NODES = 100;

interface Followed {
  readonly source: TalosNodeSource;
  readonly isConfigured: boolean;
}

export function createTalosNodes(
  context: SourceContext,
  client: TalosClient,
  onChange: (change: NodesChange) => void,
): TalosNodes {
  const followed = new Map<IpAddress, Followed>();
  let isStopped = false;
  const sources = () => [...followed.values()].map(({ source }) => source);

  // Members that are asked seconds apart would name two leaders after every election.
  const askOthers = (address: IpAddress) => {
    const told = leaderSeenBy(followed.get(address)?.source);
    for (const source of sources()) {
      const isBehind = leaderSeenBy(source) !== told;
      if (source.address !== address && source.isControlPlane() && isBehind) source.askEtcd();
    }
  };
  const attend = () => {
    const isBig = followed.size > MANY_NODES;
    const { node } = context.attention();
    for (const source of sources()) {
      source.setDetail(!isBig || isLookedAt(source.node(), node) ? 'full' : 'lean');
    }
  };
  const drop = (address: IpAddress) => {
    followed.get(address)?.source.stop();
    followed.delete(address);
    context.store.removeNode(address);
  };
  const add: TalosNodes['add'] = (address, type, isConfigured) => {
    const known = followed.get(address);
    if (known !== undefined) {
      known.source.expectType(type);
      return;
    }
    if (isStopped) return;
    const source = createTalosNodeSource({
      context,
      client,
      address,
      expectedType: type,
      onChange(slot) {
        if (slot === 'members' || slot === 'etcdMembers') onChange('list');
        if (slot === 'version' || slot === 'identity') onChange('state');
        if (slot === 'etcd') {
          askOthers(address);
          onChange('etcd');
        }
      },
    });
    followed.set(address, { source, isConfigured });
    // Before the first stream opens: a big cluster must not open all kinds to close them again.
    attend();
    source.start();
  };

  return {
    all: sources,
    controlPlanes: () => sources().filter((source) => source.isControlPlane()),
    add,
    attend,
    align(members) {
      const configured = [...followed.values()].filter((each) => each.isConfigured);
      const addresses = newcomers(members, new Set(followed.keys()), configured, context);
      for (const [address, type] of addresses) add(address, type, false);
      for (const address of leavers(members, [...followed.values()], context)) drop(address);
    },
    stop() {
      isStopped = true;
      for (const source of sources()) source.stop();
    },
  };
}

const leaderSeenBy = (source: TalosNodeSource | undefined): string | undefined =>
  source && freshValue(source.node().etcd)?.leaderId;

/** Address and type of every member: the one that is followed already, or the best of its own. */
function newcomers(
  members: readonly TalosMember[],
  known: ReadonlySet<IpAddress>,
  configured: readonly Followed[],
  context: SourceContext,
): readonly (readonly [IpAddress, MachineType])[] {
  const { vip } = snapshotOf(context).cluster;
  const nets = new Set(configured.map(({ source }) => netOf(source.address)));
  return members.flatMap(({ addresses, machineType }) => {
    const own = addresses.filter((address) => address !== vip);
    const address =
      own.find((each) => known.has(each)) ?? own.find((each) => nets.has(netOf(each))) ?? own[0];
    return address === undefined ? [] : [[address, machineType] as const];
  });
}

/** Good enough to prefer the network that the operator configured: a node may have several. */
const netOf = (address: string): string =>
  address.includes(':')
    ? address.split(':').slice(0, 4).join(':')
    : address.split('.').slice(0, 3).join('.');

/**
 * A second address of a node that is followed already, and a discovered node that left: not in the list, not
 * answering, not known to Kubernetes. A configured address that only does not answer stays, it may be down.
 */
function leavers(
  members: readonly TalosMember[],
  followed: readonly Followed[],
  context: SourceContext,
): readonly IpAddress[] {
  if (members.length === 0) return [];
  const memberAt = new Map(
    members.flatMap((member) => member.addresses.map((address) => [address, member] as const)),
  );
  const seen = new Set<string>();
  const kubeNodes = freshValue(snapshotOf(context).kubeNodes);
  const kubeAddresses = new Set<string>(kubeNodes?.flatMap(({ internalIps }) => internalIps));
  return followed.flatMap(({ source: { address, node }, isConfigured }) => {
    const member = memberAt.get(address);
    if (member !== undefined) {
      const isSecond = seen.has(member.nodeId);
      seen.add(member.nodeId);
      return isSecond ? [address] : [];
    }
    const uuid = freshValue(node().identity)?.smbiosUuid;
    const isOtherName =
      uuid !== null &&
      uuid !== undefined &&
      followed.some(
        ({ source }) =>
          source.address !== address &&
          memberAt.has(source.address) &&
          freshValue(source.node().identity)?.smbiosUuid === uuid,
      );
    const isGone =
      !isConfigured &&
      node().version.state !== 'fresh' &&
      kubeNodes !== undefined &&
      !kubeAddresses.has(address);
    return isOtherName || isGone ? [address] : [];
  });
}

import { hasQuorum, isEtcdWorking, isMemberLive, liveVoters, memberOf, voters } from './etcd.js';
import { retryInLife, runService, settle } from './life.js';
import { controlPlanes, touchNode } from './node.js';
import { tell, waitsFor } from './talos-services.js';
import type { LabEtcdMember, LabNode, World } from './types.js';

/** A new member copies the leader's data, then promotes itself (talos: promotion is tried every few seconds). */
const PROMOTION_MS = 8000;
/** How often a control plane without data looks for a cluster to join. */
const JOIN_RETRY_MS = 3000;
const RESTART_MS = 5000;

const hasData = (node: LabNode): boolean => node.machine.systemDisk?.hasEtcdData === true;

/** The service starts: as the member that it was, or waiting to join or to be bootstrapped. */
export function etcdStarts(world: World, node: LabNode): void {
  const service = node.services.get('etcd');
  if (service === undefined) return;
  if (hasData(node)) {
    if (memberOf(world, node.hostname) === undefined) expelled(world, node);
    else runService(world, node, 'etcd');
    return;
  }
  tell(world, node, service, 'Starting', 'Starting service');
  tell(world, node, service, 'Waiting', `Waiting for ${waitsFor('etcd')}`);
  tell(world, node, service, 'Preparing', 'Running pre state');
  touchNode(world, node);
  if (!tryToJoin(world, node)) {
    retryInLife(world, node, JOIN_RETRY_MS, () => tryToJoin(world, node));
  }
}

const isPreparing = (node: LabNode): boolean =>
  node.services.get('etcd')?.state === 'Preparing' && !hasData(node);

/** Nothing stops a stopped etcd from being asked for again. */
export function etcdStops(node: LabNode): void {
  node.machine.recovery = null;
}

/** Its data says that it is a member, and the cluster has removed it: etcd exits, Talos starts it again. */
function expelled(world: World, node: LabNode): void {
  const service = node.services.get('etcd');
  if (service === undefined) return;
  tell(
    world,
    node,
    service,
    'Waiting',
    'Error running Containerd(etcd), going to restart forever: task "etcd" failed: exit code 1',
  );
  service.isHealthy = false;
  service.lastMessage = 'service not running';
  touchNode(world, node);
  retryInLife(world, node, RESTART_MS, () => {
    if (service.state !== 'Waiting') return true;
    if (hasData(node) && memberOf(world, node.hostname) === undefined) return false;
    etcdStarts(world, node);
    return true;
  });
}

/** etcd: mayAddMember wants every other voter connected, and one learner at a time. */
const canAddLearner = (world: World, node: LabNode): boolean =>
  isEtcdWorking(world) &&
  [...world.etcd.members.values()].every(
    (member) =>
      member.hostname === node.hostname || (!member.isLearner && isMemberLive(world, member)),
  );

/** @returns whether there is nothing left to try. */
function tryToJoin(world: World, node: LabNode): boolean {
  if (!isPreparing(node)) return true;
  if (!canAddLearner(world, node)) return false;
  // talos: a member of the same name is what this machine was before its data went.
  const old = memberOf(world, node.hostname);
  if (old !== undefined) world.etcd.members.delete(old.id);
  addMember(world, node, true);
  startWithData(world, node);
  retryInLife(world, node, PROMOTION_MS, () => promote(world, node));
  return true;
}

export function addMember(world: World, node: LabNode, isLearner: boolean): LabEtcdMember {
  const { etcd } = world;
  const [model] = etcd.members.values();
  const member: LabEtcdMember = {
    id: world.random.hex(16).replace(/^0/, '8'),
    hostname: node.hostname,
    address: node.address,
    isLearner,
    alarms: new Set(),
    raftIndex: etcd.raftIndex,
    raftTerm: etcd.term,
    dbSizeBytes: model?.dbSizeBytes ?? FRESH_DB_BYTES,
    dbSizeInUseBytes: model?.dbSizeInUseBytes ?? FRESH_DB_BYTES / 2,
  };
  etcd.members.set(member.id, member);
  etcd.raftIndex += 1;
  world.touch('etcd');
  return member;
}

const FRESH_DB_BYTES = 2 * 1024 ** 2;

/** From now on the directory is not empty. */
export function startWithData(world: World, node: LabNode): void {
  const { systemDisk } = node.machine;
  if (systemDisk !== null) systemDisk.hasEtcdData = true;
  runService(world, node, 'etcd');
}

function promote(world: World, node: LabNode): boolean {
  const member = memberOf(world, node.hostname);
  if (member === undefined || !member.isLearner) return true;
  if (!isEtcdWorking(world) || !isMemberLive(world, member)) return false;
  member.isLearner = false;
  world.etcd.raftIndex += 1;
  world.touch('etcd');
  touchNode(world, node);
  settle(world);
  return true;
}

/**
 * What etcd's strict reconfiguration check says to a removal (etcd: server/etcdserver, mayRemoveMember); null =
 * allowed. One that is down may always go, except the last one.
 */
export function removalRefusal(world: World, member: LabEtcdMember): string | null {
  if (member.isLearner) return null;
  const all = voters(world);
  if (all.length <= 1) {
    return 'etcdserver: re-configuration failed due to not enough started members';
  }
  if (!isMemberLive(world, member)) return null;
  const needed = 1 + Math.floor((all.length - 1) / 2);
  return liveVoters(world).length - 1 < needed ? 'etcdserver: unhealthy cluster' : null;
}

/** Takes a member out of the cluster; its process, if it runs, ends. */
export function removeMember(world: World, member: LabEtcdMember): void {
  const { etcd } = world;
  etcd.members.delete(member.id);
  etcd.raftIndex += 1;
  if (etcd.leaderId === member.id) etcd.leaderId = null;
  const node = world.nodes.get(member.hostname);
  if (node?.isUp && node.services.get('etcd')?.state === 'Running' && hasData(node)) {
    expelled(world, node);
  }
  world.touch('etcd');
  settle(world);
}

/** The first member of a cluster: by bootstrap, or from a snapshot. */
export function foundCluster(
  world: World,
  node: LabNode,
  revision: number | null,
  dbBytes = FRESH_DB_BYTES,
): void {
  const { etcd } = world;
  etcd.members.clear();
  etcd.leaderId = null;
  etcd.term += 1;
  const member = addMember(world, node, false);
  member.dbSizeBytes = dbBytes;
  member.dbSizeInUseBytes = Math.min(member.dbSizeInUseBytes, dbBytes);
  if (revision !== null) etcd.revision = revision;
  startWithData(world, node);
  etcd.leaderId = member.id;
  settle(world);
}

/** Whether any control plane runs an etcd that this node could join instead of founding one. */
export const isClusterFounded = (world: World): boolean =>
  hasQuorum(world) || controlPlanes(world).some(hasData);

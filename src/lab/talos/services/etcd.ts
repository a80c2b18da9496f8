import { status } from '@grpc/grpc-js';
import {
  alarmsOf,
  errorsSeenBy,
  isEtcdWorking,
  isMemberLive,
  leaderSeenBy,
  memberOf,
  transferLeadership,
} from '../../world/etcd.js';
import { removalRefusal, removeMember } from '../../world/talos-etcd.js';
import { leaveEtcd } from '../../world/talos-leave.js';
import { etcdVersionOf } from '../../world/talos-release.js';
import type { LabEtcdMember, LabNode } from '../../world/types.js';
import type { CallContext, Method, StreamOutlet } from '../calls.js';
import { snapshotFile } from '../etcd-file/snapshot.js';
import { Failure } from '../failure.js';
import type { MemberFact } from '../health-view.js';
import { ADMINS, ETCD_BACKUPS, ETCD_READERS, OPERATORS } from '../roles.js';

/** Large enough to be kind to the client, far below the 32 MiB limit of a message. */
const CHUNK_BYTES = 64 * 1024;

/** @throws Failure on a worker, or when no etcd answers on this node. */
function localMember({ talos, node }: CallContext, what: string): LabEtcdMember {
  if (node.role !== 'controlplane') {
    throw new Failure(status.UNIMPLEMENTED, `${what} is only available on control plane nodes`);
  }
  const member = memberOf(talos.world, node.hostname);
  if (member === undefined || !isMemberLive(talos.world, member)) {
    throw new Failure(
      status.UNKNOWN,
      'failed to create etcd client: error building etcd client: context deadline exceeded',
    );
  }
  return member;
}

/** @throws Failure without a leader: these answers need a majority. */
function needQuorum({ talos }: CallContext): void {
  if (!isEtcdWorking(talos.world)) throw new Failure(status.UNKNOWN, 'etcdserver: no leader');
}

const decimal = (memberId: string): string => BigInt(`0x${memberId}`).toString();

/** The same for a check that the node makes of its cluster. @throws Failure. */
export function memberFacts(talos: CallContext['talos'], node: LabNode): readonly MemberFact[] {
  const context = { talos, node, roles: new Set<string>() };
  localMember(context, 'member list');
  needQuorum(context);
  return [...talos.world.etcd.members.values()].map(({ id, hostname, isLearner, address }) => ({
    ...{ id, hostname, isLearner },
    peerHosts: [address],
  }));
}

function memberList(context: CallContext): object {
  localMember(context, 'member list');
  needQuorum(context);
  const members = [...context.talos.world.etcd.members.values()].map((member) => ({
    id: decimal(member.id),
    hostname: member.hostname,
    peer_urls: [`https://${member.address}:2380`],
    client_urls: [`https://${member.address}:2379`],
    is_learner: member.isLearner,
  }));
  return { legacy_members: [], members };
}

function memberStatus(context: CallContext): object {
  const { world } = context.talos;
  const member = localMember(context, 'etcd status');
  const version = etcdVersionOf(context.node);
  return {
    member_status: {
      member_id: decimal(member.id),
      protocol_version: version,
      storage_version: version.replace(/\.\d+$/, '.0'),
      db_size: member.dbSizeBytes,
      db_size_in_use: member.dbSizeInUseBytes,
      leader: decimal(leaderSeenBy(world, member)),
      raft_index: member.raftIndex,
      raft_term: member.raftTerm,
      raft_applied_index: member.raftIndex,
      errors: errorsSeenBy(world, member),
      is_learner: member.isLearner,
    },
  };
}

const alarmEntries = (context: CallContext): readonly object[] =>
  alarmsOf(context.talos.world).map(({ memberId, alarm }) => ({
    member_id: decimal(memberId),
    alarm,
  }));

function alarmList(context: CallContext): object {
  localMember(context, 'etcd alarm list');
  needQuorum(context);
  return { member_alarms: alarmEntries(context) };
}

function alarmDisarm(context: CallContext): object {
  localMember(context, 'etcd alarm disarm');
  needQuorum(context);
  const entries = alarmEntries(context);
  for (const member of context.talos.world.etcd.members.values()) member.alarms.clear();
  context.talos.world.touch('etcd');
  return { member_alarms: entries };
}

/** Gives free pages of this member's file back; the others keep theirs. */
function defragment(context: CallContext): object {
  const member = localMember(context, 'etcd defragment');
  member.dbSizeBytes = member.dbSizeInUseBytes;
  context.talos.world.touch('etcd');
  return {};
}

/** Answers the member that leads now; empty when this one did not lead. */
function forfeitLeadership(context: CallContext): object {
  const { world } = context.talos;
  const member = localMember(context, 'etcd forfeit leadership');
  needQuorum(context);
  if (world.etcd.leaderId !== member.id) return { member: '' };
  transferLeadership(world);
  return { member: world.etcd.members.get(world.etcd.leaderId ?? '')?.hostname ?? '' };
}

/** NOT_FOUND says that it is done already. */
function removeMemberById(context: CallContext, message: object): object {
  const { world } = context.talos;
  needControlPlane(context, 'etcd remove member');
  needClient(context);
  const id = BigInt((message as { readonly member_id: string }).member_id)
    .toString(16)
    .padStart(16, '0');
  const member = world.etcd.members.get(id);
  if (member === undefined) {
    throw new Failure(status.NOT_FOUND, 'etcdserver: member not found');
  }
  const refusal = removalRefusal(world, member);
  if (refusal !== null) {
    throw new Failure(status.UNKNOWN, `failed to remove member: ${refusal}`);
  }
  removeMember(world, member);
  return {};
}

/** Leaves, stops and forgets: the data goes with the membership. */
async function leaveCluster(context: CallContext): Promise<object> {
  const { talos, node } = context;
  needControlPlane(context, 'etcd leave');
  localMember(context, 'etcd leave');
  needClient(context);
  const failure = await new Promise<string | null>((resolve) => {
    leaveEtcd(talos.world, node, resolve);
  });
  if (failure !== null) throw new Failure(status.UNKNOWN, failure);
  return {};
}

/** Every control plane of the cluster is asked: one that answers is enough. @throws Failure. */
function needClient({ talos }: CallContext): void {
  if (!isEtcdWorking(talos.world)) {
    throw new Failure(
      status.UNKNOWN,
      'failed to create etcd client: error building etcd client: context deadline exceeded',
    );
  }
}

function needControlPlane({ node }: CallContext, what: string): void {
  if (node.role === 'controlplane') return;
  throw new Failure(status.UNIMPLEMENTED, `${what} is only available on control plane nodes`);
}

/** talos: validateDowngrade, then etcd's own rule: one minor back. @throws Failure. */
function downgrade(context: CallContext, message: object): object {
  localMember(context, 'etcd downgrade cancel');
  const { version } = message as { readonly version: string };
  const bad = (text: string): Failure => new Failure(status.INVALID_ARGUMENT, text);
  if (version === '') throw bad('version is required for etcd downgrade');
  const [major, minor, ...rest] = version.split('.').map(Number);
  if (minor === undefined || rest.length > 0) throw bad('version should be in MAJOR.MINOR format');
  if (!Number.isInteger(major)) throw bad('major version should be a number');
  if (!Number.isInteger(minor)) throw bad('minor version should be a number');
  if (major === undefined || major < 3 || (major === 3 && minor < 5)) {
    throw bad('etcd downgrade is only supported to 3.5 and later versions');
  }
  const own = Number(context.talos.world.facts.etcdVersion.split('.')[1]);
  if (minor !== own - 1) {
    throw new Failure(
      status.UNKNOWN,
      'failed to query etcd status: etcdserver: invalid downgrade target version',
    );
  }
  return { cluster_downgrade: { cluster_version: `3.${own}.0` } };
}

function cancelDowngrade(context: CallContext): object {
  localMember(context, 'etcd downgrade cancel');
  throw new Failure(
    status.UNKNOWN,
    'failed to query etcd status: etcdserver: no inflight downgrade job',
  );
}

async function snapshot(
  context: CallContext,
  _request: object,
  outlet: StreamOutlet,
): Promise<void> {
  const member = localMember(context, 'etcd snapshot');
  for (const chunk of snapshotFile(context.talos.world, member, CHUNK_BYTES)) {
    if (!(await outlet.ready())) return;
    outlet.write({ bytes: chunk });
  }
  outlet.end();
}

const answering = (
  roles: Method['roles'],
  answer: (context: CallContext, request: object) => object | Promise<object>,
) => ({ kind: 'unary', isWrapped: true, roles, answer }) as const;

export const ETCD_METHODS: Readonly<Record<string, Method>> = {
  EtcdMemberList: answering(ETCD_READERS, memberList),
  EtcdStatus: answering(ETCD_READERS, memberStatus),
  EtcdAlarmList: answering(ETCD_READERS, alarmList),
  EtcdAlarmDisarm: answering(OPERATORS, alarmDisarm),
  EtcdDefragment: answering(OPERATORS, defragment),
  EtcdForfeitLeadership: answering(ADMINS, forfeitLeadership),
  EtcdRemoveMemberByID: answering(ADMINS, removeMemberById),
  EtcdLeaveCluster: answering(ADMINS, leaveCluster),
  EtcdDowngradeValidate: answering(ADMINS, downgrade),
  EtcdDowngradeEnable: answering(ADMINS, downgrade),
  EtcdDowngradeCancel: answering(ADMINS, cancelDowngrade),
  EtcdSnapshot: { kind: 'stream', roles: ETCD_BACKUPS, answer: snapshot },
};

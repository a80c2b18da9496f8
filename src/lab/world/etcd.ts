import { quorumOf } from '../../model/etcd.js';
import { isAlive } from './node.js';
import { fractionOf, type Random } from './random.js';
import type { EtcdAlarmName, EtcdState, LabEtcdMember, LabNode, World } from './types.js';

const PAGE_BYTES = 4096;
const MIB = 1024 ** 2;
const NO_LEADER = '0000000000000000';
/** kube-apiserver compacts every five minutes (`--etcd-compaction-interval`). */
const COMPACTION_MS = 300_000;
/** What one revision of ordinary cluster life costs: leases and node statuses. */
const BYTES_PER_REVISION = 1400;

export function createEtcd(members: readonly LabNode[], random: Random, seed: number): EtcdState {
  const revision = 180_000 + random.int(0, 40_000);
  const raftIndex = Math.floor(revision * 1.08);
  const term = 3 + random.int(0, 4);
  const baseBytes = 6 * MIB + Math.floor(4 * MIB * fractionOf(seed, 'etcd-db'));
  const entries = members.map((node): [string, LabEtcdMember] => {
    const id = random.hex(16).replace(/^0/, '8');
    const slack = Math.floor(2 * MIB * fractionOf(seed, `slack:${node.hostname}`));
    return [
      id,
      {
        id,
        hostname: node.hostname,
        address: node.address,
        isLearner: false,
        alarms: new Set(),
        raftIndex,
        raftTerm: term,
        dbSizeBytes: pages(baseBytes * 2 + slack),
        dbSizeInUseBytes: pages(baseBytes),
      },
    ];
  });
  const leader = entries[random.int(0, entries.length - 1)];
  return {
    clusterId: random.hex(16).replace(/^0/, '9'),
    members: new Map(entries),
    leaderId: leader?.[0] ?? null,
    term,
    raftIndex,
    revision,
    compactRevision: revision - 400,
  };
}

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

export const memberOf = (world: World, hostname: string): LabEtcdMember | undefined =>
  [...world.etcd.members.values()].find((member) => member.hostname === hostname);

/** The member's process runs and reaches its peers. */
export function isMemberLive(world: World, member: LabEtcdMember): boolean {
  const node = world.nodes.get(member.hostname);
  return node !== undefined && isAlive(node) && node.services.get('etcd')?.state === 'Running';
}

export const voters = (world: World): readonly LabEtcdMember[] =>
  [...world.etcd.members.values()].filter((member) => !member.isLearner);

export const liveVoters = (world: World): readonly LabEtcdMember[] =>
  voters(world).filter((member) => isMemberLive(world, member));

/** etcd raft: a majority of all voters, learners do not count. */
export function hasQuorum(world: World): boolean {
  const all = voters(world).length;
  return all > 0 && liveVoters(world).length >= quorumOf(all);
}

/** Reads and writes work: there is a leader that a majority follows. */
export const isEtcdWorking = (world: World): boolean =>
  world.etcd.leaderId !== null && hasQuorum(world);

/** Writes are refused everywhere while any member has raised NOSPACE (etcd 3.5: `database space exceeded`). */
export const isEtcdWritable = (world: World): boolean =>
  isEtcdWorking(world) &&
  ![...world.etcd.members.values()].some((member) => member.alarms.has('NOSPACE'));

/** What this member answers for its leader: it forgets the leader when it is cut off. */
export const leaderSeenBy = (world: World, member: LabEtcdMember): string =>
  isMemberLive(world, member) ? (world.etcd.leaderId ?? NO_LEADER) : NO_LEADER;

export const alarmsOf = (
  world: World,
): readonly { readonly memberId: string; readonly alarm: EtcdAlarmName }[] =>
  [...world.etcd.members.values()].flatMap((member) =>
    [...member.alarms].map((alarm) => ({ memberId: member.id, alarm })),
  );

/** `errors` of EtcdStatus, in etcd's own words. */
export function errorsSeenBy(world: World, member: LabEtcdMember): readonly string[] {
  const errors = alarmsOf(world).map(
    ({ memberId, alarm }) => `memberID:${BigInt(`0x${memberId}`)} alarm:${alarm} `,
  );
  return leaderSeenBy(world, member) === NO_LEADER ? ['etcdserver: no leader', ...errors] : errors;
}

/**
 * Call after anything that a member's life depends on. A lost leader is replaced after the election timeout (Talos
 * leaves etcd's default: heartbeat 100 ms, election 1000–2000 ms), with the next term; without a majority the term
 * stands still (PreVote).
 */
export function settleEtcd(world: World): void {
  const { etcd } = world;
  const leader = etcd.leaderId === null ? undefined : etcd.members.get(etcd.leaderId);
  const isLeaderGood = leader !== undefined && isMemberLive(world, leader) && hasQuorum(world);
  if (isLeaderGood) return;
  if (etcd.leaderId !== null) {
    etcd.leaderId = null;
    world.touch('etcd');
  }
  if (hasQuorum(world)) world.clock.after(world.random.int(1000, 2000), () => elect(world));
}

function elect(world: World): void {
  if (world.etcd.leaderId !== null || !hasQuorum(world)) return;
  const [best] = [...liveVoters(world)].sort(
    (a, b) => b.raftIndex - a.raftIndex || (a.id < b.id ? -1 : 1),
  );
  if (best !== undefined) makeLeader(world, best);
}

/** Leadership moves at once: `etcd forfeit-leadership`, or an orderly stop of the leader. */
export function transferLeadership(world: World, target?: LabEtcdMember): void {
  const [other] = liveVoters(world).filter((member) => member.id !== world.etcd.leaderId);
  const next = target ?? other;
  if (next !== undefined && hasQuorum(world) && next.id !== world.etcd.leaderId) {
    makeLeader(world, next);
  }
}

function makeLeader(world: World, member: LabEtcdMember): void {
  world.etcd.term += 1;
  world.etcd.raftIndex += 1;
  world.etcd.leaderId = member.id;
  replicate(world);
  world.touch('etcd');
}

/** Followers that are connected have what the leader has. */
export function replicate(world: World): void {
  for (const member of world.etcd.members.values()) {
    if (!isMemberLive(world, member) || world.etcd.leaderId === null) continue;
    member.raftIndex = world.etcd.raftIndex;
    member.raftTerm = world.etcd.term;
  }
}

/** The database between two compactions: in use goes up and falls back, the file only grows. */
export function runEtcd(world: World): void {
  let countedRevision = world.etcd.revision;
  world.clock.every(5000, () => {
    if (!isEtcdWorking(world)) return;
    // A founding or a recovery begins with an older revision.
    const grownBytes = Math.max(0, world.etcd.revision - countedRevision) * BYTES_PER_REVISION;
    countedRevision = world.etcd.revision;
    replicate(world);
    for (const member of world.etcd.members.values()) {
      if (!isMemberLive(world, member)) continue;
      member.dbSizeInUseBytes = pages(member.dbSizeInUseBytes + grownBytes);
      member.dbSizeBytes = Math.max(member.dbSizeBytes, pages(member.dbSizeInUseBytes * 1.02));
    }
    world.touch('etcd');
  });
  world.clock.every(COMPACTION_MS, () => compact(world));
}

function compact(world: World): void {
  if (!isEtcdWorking(world)) return;
  const { etcd } = world;
  const freedBytes = (etcd.revision - etcd.compactRevision) * BYTES_PER_REVISION * 0.97;
  etcd.compactRevision = etcd.revision;
  for (const member of etcd.members.values()) {
    if (!isMemberLive(world, member)) continue;
    member.dbSizeInUseBytes = pages(Math.max(5 * MIB, member.dbSizeInUseBytes - freedBytes));
  }
  world.touch('etcd');
}

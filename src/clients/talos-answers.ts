import { z } from 'zod';
import type { EtcdAlarm, EtcdMember } from '../model/etcd.js';
import { asMemberId } from '../model/ids.js';
import type { EtcdMemberStatus, TalosMount, TalosService, TalosVersion } from '../model/talos.js';
import { talosCallError, talosMalformed } from './talos-errors.js';
import type { SystemSample } from './types.js';

/** Every reply is a list with one message per node; we always ask one node. */
const envelope = z.object({ messages: z.array(z.unknown()).min(1) });

/** Filled in by a proxy that asked several nodes (talos@1.9 … 1.13 clients). */
const failureOf = z.object({
  metadata: z
    .object({
      error: z.string(),
      status: z.object({ code: z.number(), message: z.string() }).nullable(),
    })
    .nullable(),
});

const uint64 = z.string().regex(/^\d{1,20}$/);
const count = uint64.transform(Number);

/** @throws ClientError malformed, or what the node said instead. */
function first<T>(reply: unknown, schema: z.ZodType<T>, node: string): T {
  const opened = envelope.safeParse(reply);
  if (!opened.success) throw talosMalformed(node, 'the reply is empty', opened.error);
  const [message] = opened.data.messages;
  const failure = failureOf.safeParse(message).data?.metadata;
  if (failure?.error) {
    const { code = 2, message: details = failure.error } = failure.status ?? {};
    throw talosCallError(node, { code, details });
  }
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw talosMalformed(node, `${issue?.path.join('.')}: ${issue?.message}`, result.error);
}

const version = z.object({
  version: z.object({ tag: z.string().min(1), arch: z.string() }),
  platform: z.object({ name: z.string() }).nullable(),
});

export function versionOf(reply: unknown, node: string): TalosVersion {
  const { version: build, platform } = first(reply, version, node);
  return { tag: build.tag, arch: build.arch, platform: platform?.name ?? '' };
}

const members = z.object({
  members: z.array(
    z.object({
      id: uint64,
      hostname: z.string(),
      peer_urls: z.array(z.string()),
      client_urls: z.array(z.string()),
      is_learner: z.boolean(),
    }),
  ),
});

export function etcdMembersOf(reply: unknown, node: string): readonly EtcdMember[] {
  return first(reply, members, node).members.map((member) => ({
    id: asMemberId(member.id, 'decimal'),
    hostname: member.hostname,
    peerUrls: member.peer_urls,
    clientUrls: member.client_urls,
    isLearner: member.is_learner,
  }));
}

const etcdStatus = z.object({
  member_status: z.object({
    member_id: uint64,
    leader: uint64,
    db_size: count,
    db_size_in_use: count,
    raft_term: count,
    raft_index: count,
    raft_applied_index: count,
    is_learner: z.boolean(),
    protocol_version: z.string(),
    errors: z.array(z.string()),
  }),
});

export function etcdStatusOf(reply: unknown, node: string): EtcdMemberStatus {
  const { member_status: status } = first(reply, etcdStatus, node);
  return {
    memberId: asMemberId(status.member_id, 'decimal'),
    leaderId: asMemberId(status.leader, 'decimal'),
    dbSizeBytes: status.db_size,
    dbSizeInUseBytes: status.db_size_in_use,
    raftTerm: status.raft_term,
    raftIndex: status.raft_index,
    raftAppliedIndex: status.raft_applied_index,
    isLearner: status.is_learner,
    protocolVersion: status.protocol_version || null,
    errors: status.errors,
  };
}

const alarms = z.object({
  member_alarms: z.array(
    z.object({ member_id: uint64, alarm: z.enum(['NONE', 'NOSPACE', 'CORRUPT']) }),
  ),
});

export function etcdAlarmsOf(reply: unknown, node: string): readonly EtcdAlarm[] {
  return first(reply, alarms, node).member_alarms.flatMap(({ member_id, alarm }) =>
    alarm === 'NONE' ? [] : [{ memberId: asMemberId(member_id, 'decimal'), alarm }],
  );
}

const services = z.object({
  services: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      health: z
        .object({ unknown: z.boolean(), healthy: z.boolean(), last_message: z.string() })
        .nullable(),
      events: z.object({ events: z.array(z.object({ msg: z.string() })) }).nullable(),
    }),
  ),
});

export function servicesOf(reply: unknown, node: string): readonly TalosService[] {
  return first(reply, services, node).services.map(({ id, state, health, events }) => ({
    id,
    state,
    health:
      health === null || health.unknown ? 'unknown' : health.healthy ? 'healthy' : 'unhealthy',
    lastMessage: health?.last_message || events?.events.at(-1)?.msg || '',
  }));
}

const mounts = z.object({
  stats: z.array(z.object({ mounted_on: z.string(), size: count, available: count })),
});

export const mountsOf = (reply: unknown, node: string): readonly TalosMount[] =>
  first(reply, mounts, node).stats.map(({ mounted_on, size, available }) => ({
    mountedOn: mounted_on,
    sizeBytes: size,
    availableBytes: available,
  }));

const time = z.object({
  localtime: z.object({
    seconds: z.string().regex(/^\d{1,12}$/),
    nanos: z.number().int().min(0).max(999_999_999),
  }),
});

/** The node's own clock in epoch milliseconds. */
export function timeOf(reply: unknown, node: string): number {
  const { seconds, nanos } = first(reply, time, node).localtime;
  return Number(seconds) * 1000 + nanos / 1_000_000;
}

const cpuTimes = z.object({
  user: z.number(),
  nice: z.number(),
  system: z.number(),
  idle: z.number(),
  iowait: z.number(),
  irq: z.number(),
  soft_irq: z.number(),
  steal: z.number(),
});
const systemStat = z.object({ cpu_total: cpuTimes });
const memory = z.object({
  meminfo: z.object({ memtotal: count, memavailable: count }),
});

/** Seconds since boot (prometheus/procfs); guest time is part of user time there. */
export function systemSampleOf(
  replies: { readonly stat: unknown; readonly memory: unknown },
  node: string,
): SystemSample {
  const { idle, iowait, ...busy } = first(replies.stat, systemStat, node).cpu_total;
  const { memtotal, memavailable } = first(replies.memory, memory, node).meminfo;
  if (memtotal === 0) throw talosMalformed(node, 'it reports no memory at all');
  const busySeconds = Object.values(busy).reduce((sum, seconds) => sum + seconds, 0);
  return {
    cpuBusySeconds: busySeconds,
    cpuTotalSeconds: busySeconds + idle + iowait,
    memoryUsedBytes: (memtotal - memavailable) * 1024,
    memoryTotalBytes: memtotal * 1024,
  };
}

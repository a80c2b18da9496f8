import type { EtcdMember } from './etcd.js';
import type { Joined } from './join.js';
import { blindLayer, isSilence, NO_LAYER, unknownLayer, WAITING_LAYER } from './layers.js';
import type { LayerState } from './machine.js';
import { freshValue, type Reading } from './reading.js';
import type { EtcdMemberStatus, TalosNode, TalosService } from './talos.js';

/** A member that sees no leader reports sixteen zeros. */
export const NO_LEADER = '0000000000000000';

/** How one member does. Only 'healthy' may be counted on. */
export type MemberHealth =
  | { readonly state: 'healthy'; readonly status: EtcdMemberStatus }
  | {
      readonly state: 'unhealthy';
      readonly reason: string;
      /** It answers and sees a leader: ill, but it still votes (a member with an alarm does). */
      readonly isVoting: boolean;
      /** Why it has no leader, where it says that; `election`: told once only. */
      readonly leaderless?: 'election' | 'confirmed';
    }
  | { readonly state: 'unreachable' | 'unknown'; readonly reason: string }
  | { readonly state: 'waiting' };

/**
 * Healthy: answers its status without errors, sees a leader, and Talos calls its service healthy
 * (operations reference 2.6). Whatever could not be read is 'unknown', never healthy.
 */
export function memberHealth(talos: TalosNode | null): MemberHealth {
  if (talos === null) return { state: 'unknown', reason: 'no known node runs this member' };
  const { etcd } = talos;
  switch (etcd.state) {
    case 'waiting':
      return unlessSilent(talos, { state: 'waiting' });
    case 'stale':
    case 'failed':
      if (!isSilence(etcd.error) && etcd.error.kind !== 'rejected') {
        return { state: 'unknown', reason: etcd.error.message };
      }
      // The node answers and its etcd does not: that is etcd's own illness.
      return unlessSilent(talos, unhealthy(etcd.error.message, false));
    case 'fresh':
      return statusHealth(etcd.value, talos);
  }
}

function statusHealth(status: EtcdMemberStatus, talos: TalosNode): MemberHealth {
  if (status.leaderId === NO_LEADER) {
    return status.isElecting === true
      ? { ...unhealthy('it is electing a leader', false), leaderless: 'election' }
      : { ...unhealthy('it sees no leader', false), leaderless: 'confirmed' };
  }
  // etcd tells its alarms here too, on every member.
  if (status.errors.length > 0) return unhealthy(status.errors.join('; '), true);
  if (talos.services.state === 'waiting') return { state: 'waiting' };
  const service = etcdService(talos.services);
  if (service === undefined)
    return { state: 'unknown', reason: 'its service state cannot be read' };
  switch (service.health) {
    case 'healthy':
      return { state: 'healthy', status };
    case 'unhealthy':
      return unhealthy(service.lastMessage || `service is ${service.state}`, true);
    case 'unknown':
      return { state: 'unknown', reason: `its service is ${service.state} and not checked yet` };
  }
}

const unhealthy = (reason: string, isVoting: boolean) => ({
  state: 'unhealthy' as const,
  reason,
  isVoting,
});

const etcdService = (services: Reading<readonly TalosService[]>): TalosService | undefined =>
  freshValue(services)?.find(({ id }) => id === 'etcd');

function unlessSilent(talos: TalosNode, otherwise: MemberHealth): MemberHealth {
  const { version } = talos;
  const error = version.state === 'stale' || version.state === 'failed' ? version.error : undefined;
  return error !== undefined && isSilence(error)
    ? { state: 'unreachable', reason: error.message }
    : otherwise;
}

export function etcdLayer(
  joined: Joined,
  isControlPlane: boolean,
  members: Reading<readonly EtcdMember[]>,
): LayerState {
  const { talos, member } = joined;
  if (!isControlPlane && member === null) return NO_LAYER;
  const health = memberHealth(talos);
  switch (health.state) {
    case 'waiting':
      return WAITING_LAYER;
    case 'unreachable':
      return {
        level: 'fail',
        word: 'unreachable',
        detail: `etcd is out of sight: ${health.reason}`,
      };
    case 'unhealthy':
      return { level: 'warn', word: 'unhealthy', detail: `etcd is unhealthy: ${health.reason}` };
    case 'unknown':
      if (member !== null && member.hostname === '') {
        return { level: 'warn', word: 'not started', detail: `Member ${member.id} never started` };
      }
      return talos !== null && talos.etcd.state === 'stale'
        ? blindLayer(talos.etcd, 'member', 'etcd')
        : unknownLayer(`etcd is unknown: ${health.reason}`);
    case 'healthy':
      return seatOf(health.status, member, members);
  }
}

function seatOf(
  status: EtcdMemberStatus,
  member: EtcdMember | null,
  members: Reading<readonly EtcdMember[]>,
): LayerState {
  if (member === null && members.state === 'fresh') {
    const detail = `etcd runs as ${status.memberId}, which the member list does not have`;
    return { level: 'fail', word: 'not listed', detail };
  }
  if (status.isLearner || member?.isLearner) {
    return {
      level: 'wait',
      word: 'learner',
      detail: 'The member is a learner and has no vote yet',
    };
  }
  const word = status.leaderId === status.memberId ? 'leader' : 'member';
  return { level: 'ok', word, detail: '' };
}

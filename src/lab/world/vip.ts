import { hasQuorum, isMemberLive, memberOf } from './etcd.js';
import { controlPlanes, isAlive, touchNode } from './node.js';
import { hasVipLink } from './talos-settings.js';
import type { LabNode, World } from './types.js';

/** talos@1.12: session TTL of the VIP election; a crashed holder's session lives on for up to this long. */
const SESSION_TTL_MS = 60_000;
/** The session is renewed every third of its TTL. */
const SESSION_RENEWAL_MS = SESSION_TTL_MS / 3;
const HANDOVER_MS = 300;

/**
 * talos.md §5.5: link up, etcd Running and healthy, kubelet lifecycle present (from the end of the boot until an
 * orderly stop: a mere restart of the kubelet moves nothing). The API server does not matter.
 */
export function isVipCandidate(world: World, node: LabNode): boolean {
  const member = memberOf(world, node.hostname);
  const { services } = node;
  return (
    world.vip.isConfigured &&
    hasVipLink(world, node) &&
    node.role === 'controlplane' &&
    isAlive(node) &&
    node.stage === 'running' &&
    member !== undefined &&
    isMemberLive(world, member) &&
    services.get('etcd')?.isHealthy === true
  );
}

export const vipHolder = (world: World): LabNode | undefined =>
  world.vip.holder === null ? undefined : world.nodes.get(world.vip.holder);

/** Call after anything that a candidacy depends on. */
export function settleVip(world: World): void {
  const holder = vipHolder(world);
  if (holder !== undefined && !isAlive(holder)) losesBySilence(world);
  else if (holder !== undefined && !isVipCandidate(world, holder)) releaseVip(world);
  else if (holder === undefined) campaign(world);
}

/** An orderly release: the next candidate takes over at once. */
export function releaseVip(world: World, target?: LabNode, loser?: string): void {
  const holder = vipHolder(world);
  if (holder === undefined) return;
  setHolder(world, null);
  world.vip.leaseEndsAtMs = null;
  campaign(world, target, loser);
}

/** A crashed holder's session has to expire first. */
function losesBySilence(world: World): void {
  world.vip.leaseEndsAtMs =
    world.clock.monotonicMs() + SESSION_TTL_MS - world.random.int(0, SESSION_RENEWAL_MS);
  setHolder(world, null);
  campaign(world);
}

/** `loser` has just let go on purpose: it wins only when nobody else can. */
function campaign(world: World, target?: LabNode, loser?: string): void {
  const { vip, clock } = world;
  if (!vip.isConfigured || !hasQuorum(world)) return;
  const waitMs = Math.max(HANDOVER_MS, (vip.leaseEndsAtMs ?? 0) - clock.monotonicMs());
  clock.after(waitMs, () => {
    if (vip.holder !== null || clock.monotonicMs() < (vip.leaseEndsAtMs ?? 0)) return;
    const able = controlPlanes(world).filter((node) => isVipCandidate(world, node));
    const others = able.filter((node) => node.hostname !== loser);
    const candidates = others.length > 0 ? others : able;
    const winner =
      candidates.find((node) => node === target) ??
      candidates[world.random.int(0, Math.max(0, candidates.length - 1))];
    if (winner === undefined || world.etcd.leaderId === null) return;
    vip.leaseEndsAtMs = null;
    setHolder(world, winner.hostname);
  });
}

function setHolder(world: World, hostname: string | null): void {
  const before = vipHolder(world);
  world.vip.holder = hostname;
  const after = vipHolder(world);
  if (before !== undefined) touchNode(world, before);
  if (after !== undefined) touchNode(world, after);
  world.touch('vip');
}

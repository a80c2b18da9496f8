import type { Faults, ServerName, World } from './types.js';

export const createFaults = (): Faults => ({
  apiErrors: [],
  latencyMs: new Map(),
  truncations: [],
  kills: [],
  forbidden: new Set(),
  brokenImages: new Set(),
  shortDownloads: 0,
});

/** `*` stands for anything within one part of a path, `**` for anything at all. */
export function matchesCall(pattern: string, call: string): boolean {
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*\*|\*/g, (stars) => (stars === '**' ? '.*' : '[^/]*'));
  return new RegExp(`^${source}$`).test(call);
}

/** A fault without a call concerns every one; `GET:/path` and `/path` are both names of a call. */
const concerns = (wanted: string | undefined, call: string): boolean =>
  wanted === undefined ||
  matchesCall(wanted, call) ||
  matchesCall(wanted, call.replace(/^[A-Z]+:/, ''));

interface Counted {
  readonly server: ServerName;
  readonly call?: string | undefined;
  count: number;
}

/** Used up by asking. */
function take<T extends Counted>(faults: T[], server: ServerName, call: string): T | null {
  const index = faults.findIndex(
    (fault) => fault.server === server && concerns(fault.call, call) && fault.count > 0,
  );
  const fault = faults[index];
  if (fault === undefined) return null;
  fault.count -= 1;
  if (fault.count <= 0) faults.splice(index, 1);
  return fault;
}

/**
 * The error that this request gets instead of an answer; null = none. `call`: `PUT:/nodes/pve1/qemu/104/resize`,
 * `GET:/api/v1/nodes`, `EtcdStatus`.
 */
export const takeApiError = (world: World, server: ServerName, call = ''): number | null =>
  take(world.faults.apiErrors, server, call)?.code ?? null;

/** How many bytes of the answer arrive before the connection breaks; null = all. What was ordered has happened. */
export const takeTruncation = (world: World, server: ServerName, call = ''): number | null =>
  take(world.faults.truncations, server, call)?.bytes ?? null;

/** Real milliseconds that this call waits before its answer: those of its server and its own. */
export function latencyMsOf(world: World, server: ServerName, call = ''): number {
  let sum = 0;
  for (const [wanted, ms] of world.faults.latencyMs) {
    const [name, pattern] = wanted.split(/:(.*)/s);
    if (name === server && concerns(pattern, call)) sum += ms;
  }
  return sum;
}

/** `what`: a Kubernetes resource, COSI type, Talos method or Proxmox path. */
export const isForbidden = (world: World, server: ServerName, what: string): boolean =>
  world.faults.forbidden.has(server) || world.faults.forbidden.has(`${server}:${what}`);

export type KillMoment = 'before' | 'during' | 'after';

/**
 * Whether whoever does this is to die now; used up by asking. `step`: `talosctl:upgrade`, `PUT:/nodes/…/resize`.
 * @returns who: the process itself, or its whole group; null = nobody.
 */
export function takeKill(
  world: World,
  names: readonly string[],
  moment: KillMoment,
): 'process' | 'group' | null {
  const { kills } = world.faults;
  const index = kills.findIndex(
    (kill) =>
      kill.moment === moment && names.some((name) => concerns(kill.step, name)) && kill.count > 0,
  );
  const kill = kills[index];
  if (kill === undefined) return null;
  kill.count -= 1;
  if (kill.count <= 0) kills.splice(index, 1);
  return kill.who;
}

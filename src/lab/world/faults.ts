import type { Faults, ServerName, World } from './types.js';

export const createFaults = (): Faults => ({
  apiErrors: [],
  latencyMs: new Map(),
  forbidden: new Set(),
  brokenImages: new Set(),
  shortDownloads: 0,
});

/** The error that this request gets instead of an answer, used up by asking; null = none. */
export function takeApiError(world: World, server: ServerName): number | null {
  const { apiErrors } = world.faults;
  const index = apiErrors.findIndex((fault) => fault.server === server);
  const fault = apiErrors[index];
  if (fault === undefined) return null;
  fault.count -= 1;
  if (fault.count <= 0) apiErrors.splice(index, 1);
  return fault.code;
}

/** Real milliseconds that this server waits before each answer. */
export const latencyMsOf = (world: World, server: ServerName): number =>
  world.faults.latencyMs.get(server) ?? 0;

/** `what`: a Kubernetes resource, COSI type, Talos method or Proxmox path. */
export const isForbidden = (world: World, server: ServerName, what: string): boolean =>
  world.faults.forbidden.has(server) || world.faults.forbidden.has(`${server}:${what}`);

import type { KubeClient } from '../../src/clients/types.js';
import { ClientError } from '../../src/model/errors.js';

interface Stored {
  readonly metadata: Readonly<Record<string, unknown>> & { readonly resourceVersion: string };
  readonly spec: {
    readonly holderIdentity: string;
    readonly renewTime: string;
    readonly leaseDurationSeconds: number;
    readonly leaseTransitions: number;
  };
}

/** The part of the Kubernetes API that keeps one Lease, with optimistic concurrency as the real one. */
export interface LeaseApi {
  readonly client: KubeClient;
  readonly lease: () => Stored | null;
  readonly set: (holder: string, renewedAtMs: number) => void;
  readonly remove: () => void;
  readonly isUp: (up: boolean) => void;
  readonly writes: () => number;
}

export function leaseApi(): LeaseApi {
  let stored: Stored | null = null;
  let version = 1;
  let up = true;
  let writes = 0;
  const reach = () => {
    if (!up) throw new ClientError('unreachable', 'connection refused', 'Start it.');
  };
  const unused = () => Promise.reject(new Error('Only the Lease is asked for here.'));
  const put = (body: Pick<Stored, 'spec'>): Stored => {
    version += 1;
    stored = { metadata: { name: 'talos-tui', resourceVersion: String(version) }, spec: body.spec };
    return stored;
  };
  return {
    lease: () => stored,
    set: (holderIdentity, renewedAtMs) =>
      void put({
        spec: {
          holderIdentity,
          renewTime: new Date(renewedAtMs).toISOString(),
          leaseDurationSeconds: 60,
          leaseTransitions: 0,
        },
      }),
    remove() {
      stored = null;
    },
    isUp(next) {
      up = next;
    },
    writes: () => writes,
    client: {
      watchNodes: () => () => undefined,
      watchCsrs: () => () => undefined,
      watchEvents: () => () => undefined,
      watchPdbs: () => () => undefined,
      leases: unused,
      health: unused,
      csr: unused,
      close: async () => undefined,
      async raw() {
        reach();
        if (stored === null) throw new ClientError('not-found', 'no such lease', 'Make it.');
        return stored;
      },
      async write(method, _path, body) {
        reach();
        writes += 1;
        // The runs write whole Leases only; what they sent is what is kept.
        const sent = body as Stored;
        const isStale =
          method === 'POST'
            ? stored !== null
            : sent.metadata.resourceVersion !== stored?.metadata.resourceVersion;
        if (isStale) throw new ClientError('conflict', 'the object has been modified', 'Again.');
        return put(sent);
      },
    },
  };
}

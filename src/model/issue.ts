import type { Machine } from './machine.js';
import type { QuorumState } from './quorum.js';
import type { Snapshot } from './snapshot.js';

/** One thing that is not as it should be, told once, at the layer that causes it. */
export interface Issue {
  readonly level: 'fail' | 'unknown' | 'warn';
  readonly layer: 'etcd' | 'Proxmox' | 'Talos' | 'VIP' | 'Kubernetes' | 'Images';
  readonly text: string;
}

/** What every check looks at. */
export interface Facts {
  readonly snapshot: Snapshot;
  readonly machines: readonly Machine[];
  readonly quorum: QuorumState;
  /** The guest is off or broken: everything above it is a symptom. */
  readonly stopped: readonly Machine[];
  /** The guest may run, Talos does not answer. */
  readonly silent: readonly Machine[];
  readonly isQuorumLost: boolean;
}

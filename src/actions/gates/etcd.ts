import type { Gate } from '../types.js';

export interface Vote {
  readonly voters: number;
  readonly healthy: number;
  readonly quorum: number;
}

/** G-ETCD for what only reads etcd: a majority answers. What takes a member down needs more than this. */
export function quorumGate({ voters, healthy, quorum }: Vote): Gate {
  return {
    id: 'G-ETCD',
    title: 'etcd has its quorum',
    state: healthy >= quorum ? 'green' : 'red',
    text: `${healthy} of ${voters} voters healthy, ${quorum} needed`,
    remedy: 'Start the control planes that are down, then look at screen 2.',
    override: 'no',
  };
}

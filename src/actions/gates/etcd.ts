import type { Gate } from '../types.js';

export interface Vote {
  readonly voters: number;
  readonly healthy: number;
  /** Known not to vote. */
  readonly ill: number;
  readonly quorum: number;
}

/** G-ETCD for what only reads etcd: a majority answers. What takes a member down needs more than this. */
export function quorumGate({ voters, healthy, ill, quorum }: Vote): Gate {
  const unheard = voters - healthy - ill;
  const state = healthy >= quorum ? 'green' : healthy + unheard >= quorum ? 'unknown' : 'red';
  return {
    id: 'G-ETCD',
    title: 'etcd has its quorum',
    state,
    text: `${healthy} of ${voters} voters healthy, ${quorum} needed${unheard === 0 ? '' : `, ${unheard} not heard of`}`,
    remedy: 'Start the control planes that are down, then look at screen 2.',
    override: 'no',
  };
}

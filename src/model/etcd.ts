import type { MemberId } from './ids.js';

export interface EtcdMember {
  readonly id: MemberId;
  /** Empty: added, but never started. */
  readonly hostname: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export interface EtcdAlarm {
  readonly memberId: MemberId;
  readonly alarm: 'NOSPACE' | 'CORRUPT';
}

/** Voters needed for a decision: ⌊V/2⌋+1 (etcd raft). */
export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1;

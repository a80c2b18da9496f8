import type { Clock } from '../../clients/clock.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { SnapshotStore } from '../snapshot-store.js';
import type { Tool } from '../types.js';

/** Keeps its slots fresh from start to stop. */
export interface Source {
  readonly tool: Tool;
  readonly start: () => void;
  readonly stop: () => void;
  /** Reads every poll now. */
  readonly refresh: () => void;
  /** Which slots have not left 'waiting' although this source feeds them. */
  readonly isSettled: () => boolean;
}

/** What is looked at and how much it matters. */
export interface Attention {
  readonly screen: string;
  /** Address, row key or name of a machine. */
  readonly node: string | null;
  readonly isIdle: boolean;
}

/** What every source gets. */
export interface SourceContext {
  readonly clock: Clock;
  readonly store: SnapshotStore;
  readonly attention: () => Attention;
  readonly random: () => number;
}

export const snapshotOf = ({ store }: SourceContext): Snapshot => store.current();

/** Polls slow down to a third while nobody touches the keyboard. */
export const paced = (context: SourceContext, everyMs: number): number =>
  context.attention().isIdle ? everyMs * 3 : everyMs;

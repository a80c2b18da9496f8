import type { Clock } from '../clients/clock.js';
import type { IpAddress } from '../model/ids.js';
import type { ClusterIdentity, Snapshot } from '../model/snapshot.js';
import type { TalosNode } from '../model/talos.js';
import type { Urgency } from './slot.js';
import { createStore, type Store } from './store.js';

/** Slots that hold for the whole cluster. */
export type ClusterSlot = Exclude<keyof Snapshot, 'cluster' | 'talosNodes'>;

/** Puts what the sources say into snapshots: at once when little happens, in bundles when much does. */
export interface SnapshotStore {
  readonly snapshots: Store<Snapshot>;
  /** Including what nobody was told of yet. */
  readonly current: () => Snapshot;
  readonly set: <K extends ClusterSlot>(slot: K, value: Snapshot[K], urgency: Urgency) => void;
  readonly setNode: (node: TalosNode, urgency: Urgency) => void;
  readonly removeNode: (address: IpAddress) => void;
  readonly setIdentity: (cluster: ClusterIdentity) => void;
  readonly stop: () => void;
}

/** A bundle per this time when changes pour in: 10 Hz (ink reference 3.5, rule 3). */
const BUNDLE_MS = 100;
/** So many changes in a row are told at once; the right to another one comes back every BUNDLE_MS. */
const BURST = 3;
/** For ages and for figures that always move. */
const LAZY_MS = 2_000;

export function createSnapshotStore(initial: Snapshot, clock: Clock): SnapshotStore {
  const snapshots = createStore(initial);
  let draft = initial;
  let nodes: Map<IpAddress, TalosNode> | null = null;

  const current = (): Snapshot => {
    if (nodes !== null) {
      draft = { ...draft, talosNodes: nodes };
      nodes = null;
    }
    return draft;
  };
  const notifier = createNotifier(clock, () => snapshots.update(current));
  const change = (next: Snapshot, urgency: Urgency) => {
    draft = next;
    notifier.wake(urgency);
  };
  /** The map that may still be written to: nobody has seen it. */
  const ownNodes = (): Map<IpAddress, TalosNode> => {
    nodes ??= new Map(draft.talosNodes);
    return nodes;
  };

  return {
    snapshots,
    current,
    set(slot, value, urgency) {
      if (!Object.is(draft[slot], value)) change({ ...draft, [slot]: value }, urgency);
    },
    setNode(node, urgency) {
      ownNodes().set(node.address, node);
      notifier.wake(urgency);
    },
    removeNode(address) {
      if (ownNodes().delete(address)) notifier.wake('soon');
    },
    setIdentity: (cluster) => change({ ...draft, cluster }, 'soon'),
    stop: notifier.stop,
  };
}

function createNotifier(clock: Clock, flush: () => void) {
  let credit = BURST;
  let countedAtMs = clock.now();
  let scheduled: Urgency | null = null;
  let stopTimer = () => {};
  let isStopped = false;

  const run = () => {
    stopTimer();
    stopTimer = () => {};
    scheduled = null;
    if (!isStopped) flush();
  };
  const earn = () => {
    const nowMs = clock.now();
    // The wall clock may be set back; waiting for it to catch up would freeze the screen.
    if (nowMs < countedAtMs) countedAtMs = nowMs;
    const earned = Math.floor((nowMs - countedAtMs) / BUNDLE_MS);
    credit = Math.min(BURST, credit + earned);
    // A full purse earns nothing: the count starts with the next spending.
    countedAtMs = credit === BURST ? nowMs : countedAtMs + earned * BUNDLE_MS;
  };
  const wakeSoon = () => {
    stopTimer();
    scheduled = 'soon';
    earn();
    if (credit > 0) {
      credit -= 1;
      stopTimer = () => {};
      queueMicrotask(run);
    } else {
      const waitMs = Math.max(1, countedAtMs + BUNDLE_MS - clock.now());
      stopTimer = clock.after(waitMs, () => {
        earn();
        credit = Math.max(0, credit - 1);
        run();
      });
    }
  };

  return {
    wake(urgency: Urgency) {
      if (isStopped || scheduled === 'soon' || scheduled === urgency) return;
      if (urgency === 'soon') wakeSoon();
      else {
        scheduled = 'lazily';
        stopTimer = clock.after(LAZY_MS, run);
      }
    },
    stop() {
      isStopped = true;
      stopTimer();
    },
  };
}

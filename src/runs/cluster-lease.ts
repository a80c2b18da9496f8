import type { Clock } from '../clients/clock.js';
import type { KubeClient } from '../clients/types.js';
import { ClientError, OperatorError } from '../model/errors.js';
import { formatDuration } from '../model/format.js';
import type { Journal } from './journal.js';
import {
  LEASE_PATH,
  LEASES_PATH,
  type LeaseRecord,
  leaseBody,
  leaseRecord,
  looksExpired,
} from './lease-record.js';

/** The cluster-wide part of "one changing run per cluster": operators on other hosts see it. */
export interface ClusterLease {
  /** Asks now. Who holds it instead of us; null while it is ours, and while the API cannot tell. */
  readonly lostTo: () => Promise<string | null>;
  /** Gives it back. */
  readonly release: () => Promise<void>;
}

export interface LeaseWiring {
  /** Null: this cluster has no Kubernetes access. */
  readonly kube: KubeClient | null;
  readonly clock: Clock;
  readonly journal: Journal;
  /** `ops@pve1:20261120T101500Z-…` */
  readonly holder: string;
  /** The operator has seen the holder and says that it is dead; he may say so at any time. */
  readonly isTakeoverAllowed: () => boolean;
  /** A run of this host whose process is gone for sure. */
  readonly isKnownDead: (holder: string) => Promise<boolean>;
  readonly cancel: AbortSignal;
}

const RENEW_MS = 15_000;
/** A living holder renews within this, whatever its clock says. */
const WATCH_MS = 20_000;
const ATTEMPTS = 3;

/** Gate of operations 2.5; the override is for expired leases of others only. */
const GATE = 'G-LOCK';

/**
 * Takes the Lease and renews it until it is released. An API that does not answer is no obstacle: the lock on this
 * host stands, the journal says so, and the Lease is taken as soon as it can be.
 * @throws ClientError kind `refused` with the holder's name
 */
export async function takeLease(wiring: LeaseWiring): Promise<ClusterLease> {
  const { kube } = wiring;
  if (kube === null) return NO_LEASE;
  const keeper = createKeeper(kube, wiring);
  const other = await keeper.turn();
  if (other !== null) await takeOver(other, kube, wiring, keeper);
  keeper.keep();
  return { lostTo: lostTo(wiring, keeper), release: keeper.release };
}

/** Who holds it while the run is on its way; the Lease of a dead run is taken, as at the start. */
function lostTo(wiring: LeaseWiring, keeper: Keeper): ClusterLease['lostTo'] {
  const { clock, journal } = wiring;
  let watched: { readonly record: LeaseRecord; readonly sinceMs: number } | null = null;

  const isAbandoned = async (record: LeaseRecord): Promise<boolean> => {
    if (watched === null || !isSameRecord(watched.record, record)) {
      watched = { record, sinceMs: clock.now() };
    }
    if (await wiring.isKnownDead(record.holder)) return true;
    return (
      wiring.isTakeoverAllowed() &&
      looksExpired(record, clock.now()) &&
      clock.now() - watched.sinceMs >= WATCH_MS
    );
  };

  return async () => {
    const other = await keeper.turn();
    if (other === null) return null;
    if (await isAbandoned(other)) {
      const faster = await keeper.turn((record) => isSameRecord(record, other));
      if (faster === null) {
        journal.append({ type: 'note', text: `${GATE}: taken over from ${other.holder}.` });
        return null;
      }
    }
    const overdue = looksExpired(other, clock.now()) ? ', and is overdue' : '';
    return `${other.holder} holds the Lease kube-system/talos-tui${overdue}.`;
  };
}

const NO_LEASE: ClusterLease = { lostTo: async () => null, release: async () => undefined };

interface Keeper {
  /** Takes or renews it. @returns the other holder; null when it is ours or the API cannot tell. */
  readonly turn: (mayTake?: (record: LeaseRecord) => boolean) => Promise<LeaseRecord | null>;
  readonly keep: () => void;
  readonly release: () => Promise<void>;
}

function createKeeper(kube: KubeClient, wiring: LeaseWiring): Keeper {
  const { clock, journal, holder } = wiring;
  let last: Promise<LeaseRecord | null> = Promise.resolve(null);
  let known: LeaseRecord | null = null;
  let isAway = false;
  let isReleased = false;
  let stopTimer = (): void => undefined;

  const ask = async (mayTake: (record: LeaseRecord) => boolean): Promise<LeaseRecord | null> => {
    if (isReleased) return null;
    try {
      known = await claim(kube, { holder, clock, mayTake });
      if (isAway) journal.append({ type: 'note', text: 'The Kubernetes API answers again.' });
      isAway = false;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (!isAway) journal.append({ type: 'note', text: awayText(error) });
      isAway = true;
    }
    return known;
  };
  // One after the other: two turns at once would be each other's conflict.
  const turn: Keeper['turn'] = (mayTake = () => false) => {
    last = last.catch(() => null).then(() => ask(mayTake));
    return last;
  };

  return {
    turn,
    keep() {
      const tick = async (): Promise<void> => {
        // A full disk is said by whoever journals next.
        await turn().catch(() => null);
        if (!isReleased) stopTimer = clock.after(RENEW_MS, () => void tick());
      };
      stopTimer = clock.after(RENEW_MS, () => void tick());
    },
    async release() {
      stopTimer();
      await last.catch(() => null);
      isReleased = true;
      await giveBack(kube, wiring);
    },
  };
}

const awayText = ({ message }: OperatorError): string =>
  `The Lease kube-system/talos-tui cannot be kept now, only the lock on this host keeps others away: ${message}`;

/** @returns the other holder; null when it is ours. @throws OperatorError when the API does not say */
async function claim(
  kube: KubeClient,
  {
    holder,
    clock,
    mayTake,
  }: {
    readonly holder: string;
    readonly clock: Clock;
    readonly mayTake: (record: LeaseRecord) => boolean;
  },
): Promise<LeaseRecord | null> {
  for (let attempt = 1; ; attempt++) {
    const before = await read(kube);
    const isFree = before === null || before.holder === '' || before.holder === holder;
    if (!isFree && !mayTake(before)) return before;
    try {
      const body = leaseBody(before, holder, clock.now());
      if (before === null) await kube.write('POST', LEASES_PATH, body);
      else await kube.write('PUT', LEASE_PATH, body);
      return null;
    } catch (error) {
      const isRace =
        error instanceof OperatorError && (error.kind === 'conflict' || error.kind === 'not-found');
      if (!isRace || attempt === ATTEMPTS) throw error;
    }
  }
}

async function read(kube: KubeClient): Promise<LeaseRecord | null> {
  try {
    return leaseRecord(await kube.raw(LEASE_PATH));
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'not-found') return null;
    throw error;
  }
}

/** @throws ClientError kind `refused` unless the holder is proven or said to be dead, and shows no life */
async function takeOver(
  other: LeaseRecord,
  kube: KubeClient,
  { clock, journal, isTakeoverAllowed, isKnownDead, cancel }: LeaseWiring,
  keeper: Keeper,
): Promise<void> {
  const seen = describe(other, clock.now());
  const isDead = await isKnownDead(other.holder);
  if (!isDead && !looksExpired(other, clock.now())) {
    throw new ClientError(
      'refused',
      `${GATE}: ${seen}.`,
      'Wait until that run has ended, or cancel it there.',
    );
  }
  if (!isDead && !isTakeoverAllowed()) {
    throw new ClientError(
      'refused',
      `${GATE}: ${seen} and is overdue.`,
      `Make sure that its run has ended, then do it again with --override ${GATE}.`,
    );
  }
  if (!isDead) {
    journal.append({ type: 'note', text: `${GATE}: ${seen}; watches whether it still renews.` });
    await clock.sleep(WATCH_MS, cancel);
    const now = await read(kube);
    if (now !== null && now.holder !== '' && !isSameRecord(now, other)) {
      throw new ClientError(
        'refused',
        `${GATE}: ${describe(now, clock.now())}: it is alive.`,
        'Wait until that run has ended, or cancel it there.',
      );
    }
  }
  const faster = await keeper.turn((record) => isSameRecord(record, other));
  if (faster !== null) {
    throw new ClientError(
      'refused',
      `${GATE}: ${describe(faster, clock.now())}.`,
      'Wait until that run has ended, or cancel it there.',
    );
  }
  journal.append({ type: 'note', text: `${GATE}: taken over; before, ${seen}.` });
}

const isSameRecord = (a: LeaseRecord, b: LeaseRecord): boolean =>
  a.metadata.resourceVersion === b.metadata.resourceVersion;

function describe({ holder, renewedAtMs }: LeaseRecord, nowMs: number): string {
  const ago =
    renewedAtMs === null
      ? 'never renewed it'
      : `renewed it ${formatDuration(Math.abs(nowMs - renewedAtMs))} ${renewedAtMs > nowMs ? 'ahead of our clock' : 'ago'}`;
  return `${holder} holds the Lease kube-system/talos-tui and ${ago}`;
}

/** Best effort: what is not given back runs out. */
async function giveBack(kube: KubeClient, { holder, clock }: LeaseWiring): Promise<void> {
  try {
    const before = await read(kube);
    if (before?.holder !== holder) return;
    await kube.write('PUT', LEASE_PATH, leaseBody(before, '', clock.now()));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
}

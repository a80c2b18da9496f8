import { formatAge } from '../../model/format.js';
import { freshValue } from '../../model/reading.js';
import type { CatalogueEntry } from '../../model/run.js';
import type { Gate, PlanContext } from '../types.js';
import { judge, NO_OBJECTIONS, type Objections, red, unknown, whenFresh } from './judge.js';

/** After this a snapshot is taken anew before a control plane is changed (operations A2, step 0). */
export const SNAPSHOT_LASTS_MS = 60 * 60_000;

/** G-SNAP: a verified etcd snapshot of this cluster that is at most an hour old. */
export function snapshotGate({ snapshot, connection, nowMs }: PlanContext): Gate {
  const newest = newestOf(freshValue(snapshot.catalogue) ?? [], connection.name);
  return judge(
    {
      id: 'G-SNAP',
      title: 'There is a fresh etcd snapshot',
      remedy: 'Take one first: run etcd-snapshot.',
      override: 'type',
    },
    whenFresh('the catalogue of snapshots', snapshot.catalogue, () => ageObjections(newest, nowMs)),
    newest === undefined ? '' : `${formatAge(nowMs - newest.takenAtMs)} old, verified`,
  );
}

export const newestOf = (
  entries: readonly CatalogueEntry[],
  cluster: string,
): CatalogueEntry | undefined =>
  entries
    .filter((entry) => entry.cluster === cluster && entry.isVerified)
    .toSorted((a, b) => b.takenAtMs - a.takenAtMs)[0];

function ageObjections(newest: CatalogueEntry | undefined, nowMs: number): Objections {
  if (newest === undefined) return red('there is no verified snapshot of this cluster');
  const ageMs = nowMs - newest.takenAtMs;
  if (ageMs < 0) return unknown('the newest snapshot is from the future: its age is not known');
  return ageMs <= SNAPSHOT_LASTS_MS
    ? NO_OBJECTIONS
    : red(`the newest verified snapshot is ${formatAge(ageMs)} old`);
}

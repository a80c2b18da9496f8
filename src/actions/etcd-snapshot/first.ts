import { z } from 'zod';
import { readingError } from '../../model/reading.js';
import { ipSchema } from '../node-target.js';
import { refusal } from '../refusal.js';
import type { StepWorld } from '../steps/world.js';
import type { PlanContext, Refusal, Step } from '../types.js';
import { candidates, healthyOf, preferred, sourceOf } from './source.js';
import { takingSteps } from './steps.js';
import { snapshotTarget } from './target.js';

/** A snapshot that another plan takes first: pinned with it. */
export interface FirstSnapshot {
  readonly source: z.infer<typeof sourceSchema>;
  readonly takenAtMs: number;
}

const sourceSchema = z.strictObject({
  address: ipSchema,
  name: z.string(),
  memberId: z.string().regex(/^[0-9a-f]{16}$/),
  dbSizeBytes: z.number(),
  etcdVersion: z.string().nullable(),
});

export const firstSnapshotSchema = z.strictObject({
  source: sourceSchema,
  takenAtMs: z.number(),
});

/** Chosen as the snapshot action does: from a healthy follower. */
export function firstSnapshot({ snapshot, nowMs }: PlanContext): FirstSnapshot | Refusal {
  const error = readingError(snapshot.etcdMembers);
  if (error !== undefined) {
    return refusal(`The etcd members cannot be read: ${error.message}`, error.hint, 'G-ETCD');
  }
  const all = candidates(snapshot);
  const source = preferred(healthyOf(all ?? []));
  const isOpen = all === undefined || all.some(({ health }) => health.state === 'waiting');
  if (source === undefined && (isOpen || all.length === 0)) {
    return refusal('Which etcd member is healthy is not known yet.', 'Wait a moment.', 'G-SNAP');
  }
  return source === undefined
    ? refusal(
        'No etcd member is healthy enough to take a snapshot from.',
        'Repair etcd first: look at screen 2.',
        'G-SNAP',
      )
    : { source: sourceOf(source), takenAtMs: Math.floor(nowMs / 1_000) * 1_000 };
}

export const firstSnapshotSteps = (
  { connection, endpoints }: StepWorld,
  { source, takenAtMs }: FirstSnapshot,
): readonly Step[] => takingSteps(snapshotTarget(connection, endpoints, source, takenAtMs));

import { formatAge } from '../../model/format.js';
import { newestOf, SNAPSHOT_LASTS_MS } from '../gates/snapshot.js';
import type { NodeTarget } from '../node-target.js';
import { onNode, type Passed, type StepWorld } from '../steps/world.js';
import type { Sight, Step, StepContext } from '../types.js';
import type { FirstSnapshot } from './first.js';
import { enterTaken, reportIn, verifyTaken } from './record.js';
import { type SnapshotTarget, snapshotTarget } from './target.js';

const COMMAND_TIMEOUT_MS = 600_000;
const LOCAL_PROOF_MS = 5_000;

/**
 * Before a control plane: what is on disk must tell of the last hour, however long the run has waited and whichever
 * process goes on with it (operations A2, step 0). The catalogue decides, not the journal.
 */
export function againStep(
  { connection, endpoints }: StepWorld,
  target: NodeTarget,
  { source, takenAtMs }: FirstSnapshot,
  passed: Passed,
): Step {
  // Where it goes is part of what is confirmed; when it was taken stands in its entry.
  const suffix = `-before-${target.name}`;
  const snapshot = snapshotTarget(connection, endpoints, source, takenAtMs, suffix);
  const step = onNode('snapshot', target);
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passed(context);
    return over === null ? await lastHour(snapshot, context) : { done: true, evidence: over };
  };
  return {
    ...step,
    title: `Take the etcd snapshot again if it is older than ${formatAge(SNAPSHOT_LASTS_MS)}`,
    command: { kind: 'argv', argv: snapshot.argv },
    isDisruptive: false,
    proof: 'A verified snapshot of the last hour in the catalogue',
    expectedMs: 1_000,
    proveTimeoutMs: LOCAL_PROOF_MS,
    stateWhenStopped: 'nothing changed',
    look,
    run: (context) => takeAgain(snapshot, step.id, context),
    prove: look,
  };
}

async function lastHour(
  { directory, cluster }: SnapshotTarget,
  { snapshotFiles, clock }: StepContext,
): Promise<Sight> {
  const { entries } = await snapshotFiles.list(directory);
  const nowMs = clock.now();
  // The clock of this host may have been set back: what is from the future tells nothing.
  const past = entries.filter((entry) => entry.takenAtMs <= nowMs);
  const newest = newestOf(past, cluster);
  if (newest === undefined) return { done: false, lastSeen: 'there is no verified snapshot' };
  const ageMs = nowMs - newest.takenAtMs;
  const text = `the newest verified snapshot is ${formatAge(ageMs)} old`;
  if (ageMs > SNAPSHOT_LASTS_MS) return { done: false, lastSeen: text };
  return (await snapshotFiles.sizeBytes(newest.file)) === newest.sizeBytes
    ? { done: true, evidence: text }
    : { done: false, lastSeen: `${newest.file} is not what was verified` };
}

async function takeAgain(
  { path, directory, argv, source, ...rest }: SnapshotTarget,
  step: string,
  context: StepContext,
): Promise<void> {
  const { snapshotFiles, shell, signal, clock, note } = context;
  await snapshotFiles.prepare(directory);
  // A killed talosctl leaves its unfinished file behind.
  if (await snapshotFiles.discardPartial(path)) note(`Removed the unfinished ${path}.part.`);
  const takenAtMs = Math.floor(clock.now() / 1_000) * 1_000;
  const { durationMs } = await shell.run(argv, {
    effect: 'change',
    timeoutMs: COMMAND_TIMEOUT_MS,
    signal,
    target: source.name,
  });
  const report = await reportIn(context, step);
  const verification = await verifyTaken(path, report, context);
  const taken = { ...rest, path, directory, argv, source, takenAtMs };
  await enterTaken(taken, { durationMs, verification, report }, context);
}

import type { SnapshotVerification } from '../../clients/local-files.js';
import { ClientError } from '../../model/errors.js';
import { freshValue, knownValue } from '../../model/reading.js';
import type { CatalogueEntry } from '../../model/run.js';
import { stepLogPath } from '../step-log.js';
import type { StepContext } from '../types.js';
import { type SnapshotReport, snapshotReport } from './report.js';
import type { SnapshotTarget } from './target.js';

/** What became known of a file between its taking and its entry. */
export interface Taken {
  readonly durationMs: number;
  readonly verification: SnapshotVerification | null;
  readonly report: SnapshotReport | null;
}

/** What talosctl printed in this step, also in an earlier process of the run. */
export const reportIn = async (
  { snapshotFiles, runDir }: StepContext,
  step: string,
): Promise<SnapshotReport | null> =>
  snapshotReport(await snapshotFiles.text(stepLogPath(runDir, step)));

/** @throws ClientError for a file that is not good, which is kept out of the way */
export async function verifyTaken(
  path: string,
  report: SnapshotReport | null,
  { snapshotFiles, signal }: StepContext,
): Promise<SnapshotVerification> {
  const found = await snapshotFiles.verify(path, signal);
  const problems = [...found.problems, ...problemsWithReport(report)];
  if (problems.length === 0) return found;
  const kept = await snapshotFiles.quarantine(path);
  throw new ClientError(
    'rejected',
    `The snapshot is not good: ${problems.join('; ')}. It is kept as ${kept}.`,
    'Take another one from another control plane: set node.',
  );
}

/** Check d of the snapshot rules. */
function problemsWithReport(report: SnapshotReport | null): readonly string[] {
  if (report === null) return ['talosctl did not report revision and keys'];
  return [
    report.revision > 0 ? null : 'its revision is 0',
    report.totalKeys > 0 ? null : 'it has no keys',
  ].filter((problem) => problem !== null);
}

export async function enterTaken(
  target: SnapshotTarget,
  taken: Taken,
  context: StepContext,
): Promise<void> {
  const { snapshotFiles, note } = context;
  const entry = entryOf(target, taken, context);
  const { entries } = await snapshotFiles.list(target.directory);
  const lower = revisionBefore(entry, entries);
  if (lower !== null) {
    note(
      `Revision ${entry.revision} is below ${lower} of an earlier snapshot: etcd was restored in between.`,
    );
  }
  await snapshotFiles.writeEntry(entry);
}

function entryOf(
  { path, source, takenAtMs, cluster }: SnapshotTarget,
  { verification, durationMs, report }: Taken,
  context: StepContext,
): CatalogueEntry {
  const snapshot = context.snapshot();
  const node = snapshot.talosNodes.get(source.address);
  if (verification === null)
    throw new Error('A snapshot was to be catalogued before it was verified.');
  return {
    file: path,
    cluster,
    // The Talos API does not tell etcd's cluster id.
    clusterId: null,
    memberId: source.memberId,
    sourceNode: source.name,
    takenAtMs,
    sizeBytes: verification.sizeBytes,
    sha256: verification.sha256,
    revision: report?.revision ?? null,
    totalKeys: report?.totalKeys ?? null,
    hash: report?.hash ?? null,
    talosVersion: node === undefined ? null : (knownValue(node.version)?.tag ?? null),
    kubernetesVersion: freshValue(snapshot.kubeHealth)?.serverVersion ?? null,
    etcdVersion: source.etcdVersion,
    durationMs,
    isVerified: true,
    problems: [],
  };
}

/** Highest revision of this cluster's snapshots when it is above the new one. */
function revisionBefore(
  { cluster, revision, takenAtMs }: CatalogueEntry,
  entries: readonly CatalogueEntry[],
): number | null {
  const before = entries
    .filter((entry) => entry.cluster === cluster && entry.isVerified && entry.takenAtMs < takenAtMs)
    .map((entry) => entry.revision ?? 0);
  const highest = Math.max(0, ...before);
  return revision !== null && highest > revision ? highest : null;
}

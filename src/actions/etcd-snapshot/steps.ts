import type { SnapshotVerification } from '../../clients/local-files.js';
import { formatBytes, formatCount } from '../../model/format.js';
import { RETENTION, retention } from '../../model/retention.js';
import type { Sight, Step, StepContext } from '../types.js';
import { enterTaken, reportIn, verifyTaken } from './record.js';
import type { SnapshotTarget } from './target.js';

const SNAPSHOT_STEP = 'snapshot';
const COMMAND_TIMEOUT_MS = 600_000;
const LOCAL_PROOF_MS = 5_000;

/** What one step of a process learns for the next; after a resume the verification is simply done again. */
interface Learnt {
  durationMs: number;
  verification: SnapshotVerification | null;
}

export const snapshotSteps = (target: SnapshotTarget): readonly Step[] => [
  ...takingSteps(target),
  retentionStep(target),
];

/** Taken, verified and entered; old ones stay: for plans that are about something else. */
export function takingSteps(target: SnapshotTarget): readonly Step[] {
  const learnt: Learnt = { durationMs: 0, verification: null };
  return [takeStep(target, learnt), verifyStep(target, learnt), catalogueStep(target, learnt)];
}

function takeStep({ path, directory, argv, source }: SnapshotTarget, learnt: Learnt): Step {
  const look = async (context: StepContext): Promise<Sight> => {
    const sizeBytes = await context.snapshotFiles.sizeBytes(path);
    if (sizeBytes === null) return { done: false, lastSeen: 'there is no such file yet' };
    const report = await reportIn(context, SNAPSHOT_STEP);
    if (report === null) {
      return { done: false, lastSeen: 'there is a file, but no report of talosctl about it' };
    }
    const { revision, totalKeys, hash } = report;
    return {
      done: true,
      evidence: `${formatBytes(sizeBytes)}, revision ${revision}, ${formatCount(totalKeys, 'key')}, hash ${hash}`,
    };
  };
  return {
    id: SNAPSHOT_STEP,
    title: `Take the snapshot from ${source.name}`,
    target: source.name,
    command: { kind: 'argv', argv },
    isDisruptive: false,
    proof: 'The file and the report of talosctl',
    expectedMs: 1_000 + source.dbSizeBytes / 50_000,
    proveTimeoutMs: LOCAL_PROOF_MS,
    look,
    async run(context) {
      const { snapshotFiles, shell, signal, note } = context;
      await snapshotFiles.prepare(directory);
      // A killed talosctl leaves its unfinished file behind.
      if (await snapshotFiles.discardPartial(path)) note(`Removed the unfinished ${path}.part.`);
      const result = await shell.run(argv, {
        effect: 'change',
        timeoutMs: COMMAND_TIMEOUT_MS,
        signal,
        target: source.name,
      });
      learnt.durationMs = result.durationMs;
    },
    prove: look,
  };
}

function verifyStep({ path }: SnapshotTarget, learnt: Learnt): Step {
  return {
    id: 'verify',
    title: 'Verify it: checksum, database header, length',
    target: null,
    command: { kind: 'local', text: `verify ${path}` },
    isDisruptive: false,
    proof: 'Every check of the snapshot',
    expectedMs: 500,
    proveTimeoutMs: LOCAL_PROOF_MS,
    // Never taken on trust: a file that was good when an earlier process looked may not be now.
    look: async () => ({ done: false, lastSeen: 'not verified yet' }),
    async run(context) {
      const report = await reportIn(context, SNAPSHOT_STEP);
      learnt.verification = await verifyTaken(path, report, context);
    },
    prove: async () =>
      learnt.verification === null
        ? { done: false, lastSeen: 'not verified' }
        : {
            done: true,
            evidence: `SHA-256 ${learnt.verification.sha256.slice(0, 16)}…, bbolt transaction ${learnt.verification.transactionId}`,
          },
  };
}

function catalogueStep(target: SnapshotTarget, learnt: Learnt): Step {
  const look = async ({ snapshotFiles }: StepContext): Promise<Sight> => {
    const entry = await snapshotFiles.readEntry(target.path);
    return entry !== null && entry.sha256 === learnt.verification?.sha256
      ? { done: true, evidence: `entry with revision ${entry.revision}` }
      : { done: false, lastSeen: 'no entry for this file yet' };
  };
  return {
    id: 'catalogue',
    title: 'Enter it into the catalogue',
    target: null,
    command: { kind: 'local', text: `write ${target.path}.json` },
    isDisruptive: false,
    proof: 'The entry as it is on disk',
    expectedMs: 50,
    proveTimeoutMs: LOCAL_PROOF_MS,
    look,
    async run(context) {
      const report = await reportIn(context, SNAPSHOT_STEP);
      await enterTaken(target, { ...learnt, report }, context);
    },
    prove: look,
  };
}

const POLICY = `all of the last 24 hours, then ${RETENTION.days} daily, ${RETENTION.weeks} weekly, ${RETENTION.months} monthly; never the newest verified`;

function retentionStep({ directory, cluster }: SnapshotTarget): Step {
  const superfluous = async ({ snapshotFiles, clock }: StepContext) => {
    const { entries } = await snapshotFiles.list(directory);
    return retention(
      entries.filter((entry) => entry.cluster === cluster),
      clock.now(),
    ).flatMap(({ entry, keptAs }) => (keptAs === null ? [entry] : []));
  };
  const look = async (context: StepContext): Promise<Sight> => {
    const left = await superfluous(context);
    return left.length === 0
      ? { done: true, evidence: `nothing beyond the policy: ${POLICY}` }
      : { done: false, lastSeen: `${formatCount(left.length, 'snapshot')} beyond the policy` };
  };
  return {
    id: 'retention',
    title: 'Delete snapshots beyond the retention policy',
    target: null,
    command: { kind: 'local', text: `keep in ${directory}: ${POLICY}` },
    isDisruptive: false,
    proof: 'Nothing beyond the policy',
    expectedMs: 50,
    proveTimeoutMs: LOCAL_PROOF_MS,
    look,
    async run(context) {
      for (const entry of await superfluous(context)) {
        await context.snapshotFiles.remove(entry);
        context.note(`Deleted ${entry.file}.`);
      }
    },
    prove: look,
  };
}

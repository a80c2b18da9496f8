import { setTimeout as pause } from 'node:timers/promises';
import { type Flags, isOn } from './arguments.js';
import { isLongDying, type Pod } from './drain-pods.js';
import { type DryRun, dryRunSuffix } from './dry-run.js';
import { durationText } from './duration.js';
import { detailOf, Failure, isRefusedFor } from './failure.js';
import type { Io } from './io.js';
import type { Session } from './session.js';

/** kubectl's own: between two tries to evict, and between two looks whether a pod is gone. */
const RETRY_MS = 5000;
const POLL_MS = 1000;
/** What no time limit is in Go: the longest duration there is. */
const FOREVER = '2562047h47m16.854775807s';

export interface Removal {
  readonly flags: Flags;
  readonly dryRun: DryRun;
  /** 0: for ever. */
  readonly timeoutMs: number;
  readonly session: Session;
  readonly io: Io;
}

/** @returns what went wrong; kubectl: pkg/drain/drain.go. */
export async function removePods(
  pods: readonly Pod[],
  removal: Removal,
): Promise<readonly Failure[]> {
  if (isOn(removal.flags, 'disable-eviction')) return deletePods(pods, removal);
  const deadline = deadlineOf(removal);
  const failures = await Promise.all(pods.map((pod) => evictPod(pod, removal, deadline)));
  return failures.filter((failure) => failure !== null);
}

const deadlineOf = ({ timeoutMs }: Removal): number =>
  timeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;

const podPath = ({ metadata: { namespace, name } }: Pod): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}`;

async function evictPod(pod: Pod, removal: Removal, deadline: number): Promise<Failure | null> {
  const { dryRun, session, io, timeoutMs } = removal;
  const { name, namespace } = pod.metadata;
  for (let active = pod; ; active = await freshPod(active, session)) {
    io.out(`evicting pod ${namespace}/${name}${dryRunSuffix(dryRun)}\n`);
    if (performance.now() >= deadline) {
      const limit = timeoutMs === 0 ? FOREVER : durationText(timeoutMs);
      return new Failure(
        `error: error when evicting pods/"${name}" -n "${namespace}": global timeout reached: ${limit}`,
      );
    }
    try {
      await session.json('POST', `${podPath(active)}/eviction`, evictionOf(active, removal));
      break;
    } catch (error) {
      if (isRefusedFor(error, 'NotFound')) return null;
      if (!(error instanceof Failure)) throw error;
      if (!isRefusedFor(error, 'TooManyRequests')) {
        return new Failure(
          `error: error when evicting pods/"${name}" -n "${namespace}": ${detailOf(error)}`,
        );
      }
      io.err(
        `error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${detailOf(error)}\n`,
      );
      await pause(RETRY_MS);
    }
  }
  if (dryRun === 'server') return null;
  const failure = await waitUntilGone([pod], removal, deadline, 'evicted');
  if (failure === null) return null;
  return new Failure(
    `error: error when waiting for pod "${name}" in namespace "${namespace}" to terminate: ${detailOf(failure)}`,
  );
}

async function freshPod(pod: Pod, session: Session): Promise<Pod> {
  try {
    return (await session.json('GET', podPath(pod))) as Pod;
  } catch (error) {
    // The next eviction sorts it out.
    if (error instanceof Failure) return pod;
    throw error;
  }
}

const evictionOf = ({ metadata: { name, namespace } }: Pod, removal: Removal) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name, namespace },
  deleteOptions: deleteOptions(removal),
});

function deleteOptions({ flags, dryRun }: Removal): Readonly<Record<string, unknown>> {
  const seconds = Number(flags.get('grace-period') ?? -1);
  return {
    ...(seconds >= 0 ? { gracePeriodSeconds: seconds } : {}),
    ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
}

async function deletePods(pods: readonly Pod[], removal: Removal): Promise<readonly Failure[]> {
  for (const pod of pods) {
    try {
      await removal.session.json('DELETE', podPath(pod), {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...deleteOptions(removal),
      });
    } catch (error) {
      if (isRefusedFor(error, 'NotFound')) continue;
      if (error instanceof Failure) return [error];
      throw error;
    }
  }
  const failure = await waitUntilGone(pods, removal, deadlineOf(removal), 'deleted');
  return failure === null ? [] : [failure];
}

/** Gone, or replaced by another one of the same name. */
async function waitUntilGone(
  pods: readonly Pod[],
  removal: Removal,
  deadline: number,
  done: 'evicted' | 'deleted',
): Promise<Failure | null> {
  const { io, dryRun, flags, session } = removal;
  let pending = pods;
  while (true) {
    const left: Pod[] = [];
    for (const pod of pending) {
      const { name } = pod.metadata;
      const found = await podNow(pod, session);
      if (found instanceof Failure) {
        io.out(`pod/${name} ${done === 'evicted' ? 'eviction' : 'deletion'} failed\n`);
        return found;
      }
      if (found === null) io.out(`pod/${name} ${done}${dryRunSuffix(dryRun)}\n`);
      else if (isLongDying(found, flags)) {
        const seconds = flags.get('skip-wait-for-delete-timeout');
        io.out(`pod "${name}" has DeletionTimestamp older than ${seconds} seconds, skipping\n`);
      } else left.push(pod);
    }
    if (left.length === 0) return null;
    pending = left;
    await pause(Math.max(0, Math.min(POLL_MS, deadline - performance.now())));
    if (performance.now() >= deadline) return new Failure('error: context deadline exceeded');
  }
}

/** null: it is not there any more. */
async function podNow(pod: Pod, session: Session): Promise<Pod | Failure | null> {
  try {
    const found = (await session.json('GET', podPath(pod))) as Pod;
    return found.metadata.uid === pod.metadata.uid ? found : null;
  } catch (error) {
    if (isRefusedFor(error, 'NotFound')) return null;
    if (error instanceof Failure) return error;
    throw error;
  }
}

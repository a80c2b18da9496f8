import { labelSelector } from '../../kube/api/selectors.js';
import { type CommandLine, isOn } from './arguments.js';
import { nodeCommand, nodesOf, setSchedulable } from './cordon.js';
import { podsToGo } from './drain-pods.js';
import { dryRunSuffix } from './dry-run.js';
import { durationMs } from './duration.js';
import { type Removal, removePods } from './evict.js';
import { detailOf, Failure, Refused } from './failure.js';
import type { Io } from './io.js';
import { openSession } from './session.js';

/** Why a node was not drained; an aggregate of Go is told without `error: ` before it. */
interface Trouble {
  readonly failures: readonly Failure[];
  readonly isAggregate: boolean;
}

/** `drain NODE…`: cordons, then takes away what may go. @throws Failure */
export async function drain(line: CommandLine, io: Io): Promise<number> {
  const { flags } = line;
  const timeoutMs = durationMs(flags.get('timeout') ?? '0s', 'timeout', 'drain');
  const dryRun = nodeCommand(line, io);
  checkPodSelector(flags);
  const session = openSession(flags, io);
  const removal: Removal = { flags, dryRun, timeoutMs, session, io };
  try {
    const nodes = await nodesOf(line, session, io);
    await setSchedulable(nodes, false, dryRun, session, io);
    const pending: string[] = [];
    const troubles: Trouble[] = [];
    for (const { metadata } of nodes) {
      const trouble = await drainNode(metadata.name, removal);
      if (trouble === null) {
        io.out(`node/${metadata.name} drained${dryRunSuffix(dryRun)}\n`);
        continue;
      }
      pending.push(metadata.name);
      troubles.push(trouble);
      io.err(
        `error: unable to drain node "${metadata.name}" due to error: ${aggregateText(trouble.failures)}, continuing command...\n`,
      );
    }
    if (pending.length === 0) return 0;
    io.err(
      `There are pending nodes to be drained:\n${pending.map((name) => ` ${name}\n`).join('')}`,
    );
    throw new Failure(lastWords(troubles));
  } finally {
    session.close();
  }
}

/** @throws Failure */
function checkPodSelector(flags: CommandLine['flags']): void {
  try {
    labelSelector(flags.get('pod-selector') ?? '');
  } catch {
    throw new Failure('error: --pod-selector=<pod_selector> must be a valid label selector');
  }
}

async function drainNode(node: string, removal: Removal): Promise<Trouble | null> {
  const { flags, session, io, dryRun } = removal;
  const found = await podsToGo(node, flags, session).catch(asFailure);
  if (found instanceof Failure) return { failures: [found], isAggregate: true };
  if (found.errors.length > 0) return { failures: found.errors, isAggregate: true };
  if (found.warnings !== '') io.err(`Warning: ${found.warnings}\n`);
  if (dryRun === 'client') {
    for (const { metadata } of found.pods) {
      io.out(`evicting pod ${metadata.namespace}/${metadata.name} (dry run)\n`);
    }
    return null;
  }
  const failures = await removePods(found.pods, removal);
  if (failures.length === 0) return null;
  await tellPending(node, failures, removal);
  return { failures, isAggregate: !isOn(flags, 'disable-eviction') };
}

async function tellPending(
  node: string,
  failures: readonly Failure[],
  { flags, session, io }: Removal,
): Promise<void> {
  const left = await podsToGo(node, flags, session).catch(asFailure);
  if (left instanceof Failure) {
    io.err(
      `Following errors occurred while getting the list of pods to delete:\n${detailOf(left)}`,
    );
    return;
  }
  if (left.pods.length === 0) return;
  io.err(
    `There are pending pods in node "${node}" when an error occurred: ${aggregateText(failures)}\n`,
  );
  for (const { metadata } of left.pods) io.err(`pod/${metadata.name}\n`);
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** Go's Aggregate.Error: one as it is, several in brackets. */
function aggregateText(failures: readonly Failure[]): string {
  const texts = [...new Set(failures.map(detailOf))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** cmdutil.CheckErr takes one aggregate of one apart, and prints what is within line by line. */
function lastWords(troubles: readonly Trouble[]): string {
  const [first, ...others] = troubles;
  if (first === undefined) return '';
  if (others.length > 0) {
    return troubles.map(({ failures }) => aggregateText(failures)).join('\n');
  }
  return first.failures
    .map((failure) =>
      failure instanceof Refused || !first.isAggregate ? failure.message : detailOf(failure),
    )
    .join('\n');
}

import { setTimeout as pause } from 'node:timers/promises';
import { type CommandLine, isOn } from './arguments.js';
import { discover } from './discovery.js';
import { type DryRun, dryRunOf, dryRunQuery, dryRunSuffix } from './dry-run.js';
import { durationMs } from './duration.js';
import { Failure, isRefusedFor } from './failure.js';
import type { Io } from './io.js';
import { type Found, findObjects } from './objects.js';
import type { KubeItem } from './printing.js';
import { sendRaw } from './raw.js';
import { openSession, type Session } from './session.js';
import { objectPath, printedName, queryText, wantedOf } from './wanted.js';

/** Asked to wait for ever, kubectl waits a week. */
const WEEK_MS = 168 * 3_600_000;
const POLL_MS = 200;

const NOTHING = `error: You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

interface Stored extends KubeItem {
  readonly metadata: KubeItem['metadata'] & { readonly namespace?: string; readonly uid: string };
}

interface Deleted extends Found {
  readonly uid: string | null;
}

/** `delete TYPE NAME…`, and `delete --raw PATH`. @throws Failure */
export async function deleteObjects(line: CommandLine, io: Io): Promise<number> {
  const { flags, positional } = line;
  if (flags.has('raw')) return sendRaw(line, io);
  const dryRun = dryRunOf(flags, io);
  const timeoutMs = durationMs(flags.get('timeout') ?? '0s', 'timeout', 'delete') || WEEK_MS;
  if (positional.length === 0) {
    throw new Failure(NOTHING);
  }
  const session = openSession(flags, io);
  try {
    await discover(session, flags, io);
    const deleted: Deleted[] = [];
    let code = 0;
    for (const wanted of await wantedOf(positional, session)) {
      const isChosen = wanted.name !== undefined || isOn(flags, 'all') || flags.has('selector');
      if (!isChosen) {
        throw new Failure('error: resource(s) were provided, but no name was specified');
      }
      try {
        for (const found of await named(flags, session, wanted)) {
          deleted.push({ ...found, uid: await deleteOne(found, dryRun, line, session, io) });
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (isRefusedFor(error, 'NotFound') && isOn(flags, 'ignore-not-found')) continue;
        io.err(`${error.message}\n`);
        code = 1;
      }
    }
    if (code === 0 && deleted.length === 0 && !isOn(flags, 'ignore-not-found')) {
      io.out('No resources found\n');
    }
    const waits = flags.get('wait') !== 'false' && dryRun === 'none';
    if (waits) await untilGone(deleted, timeoutMs, session);
    return code;
  } finally {
    session.close();
  }
}

/** A name needs no look before: the deletion itself says that there is none. */
const named: typeof findObjects = async (flags, session, wanted) => {
  if (wanted.name === undefined) return findObjects(flags, session, wanted);
  const namespace = flags.get('namespace') ?? session.target.namespace;
  const metadata = {
    name: wanted.name,
    ...(wanted.type.isNamespaced ? { namespace } : {}),
  };
  return [{ type: wanted.type, item: { metadata } }];
};

/** @returns uid: of what is deleted, not of what may have taken its name since; null when nobody is to wait. */
async function deleteOne(
  { type, item }: Found,
  dryRun: DryRun,
  { flags }: CommandLine,
  session: Session,
  io: Io,
): Promise<string | null> {
  const { name, namespace } = (item as Stored).metadata;
  const isForced = isOn(flags, 'force');
  const grace = flags.get('grace-period') ?? (isForced ? '0' : isOn(flags, 'now') ? '1' : '-1');
  if (isForced && dryRun === 'none') {
    io.err(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
    );
  }
  let uid: string | null = null;
  if (dryRun !== 'client') {
    const path = objectPath(type, namespace, name) + queryText(dryRunQuery(dryRun));
    const answer = await session.json('DELETE', path, {
      propagationPolicy: 'Background',
      ...(Number(grace) >= 0 ? { gracePeriodSeconds: Number(grace) } : {}),
      ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
    });
    uid = uidIn(answer as Answer);
  }
  const kind = printedName(type);
  if (flags.get('output') === 'name') {
    io.out(`${kind}/${name}\n`);
    return uid;
  }
  const how = grace === '0' ? 'force deleted' : 'deleted';
  const where = type.isNamespaced ? ` from ${namespace} namespace` : '';
  io.out(`${kind} "${name}" ${how}${where}${dryRunSuffix(dryRun)}\n`);
  return uid;
}

/** The object while it is still there, else a Status with its details (kubectl: delete.go). */
interface Answer {
  readonly metadata?: { readonly uid?: string };
  readonly details?: { readonly uid?: string };
}

const uidIn = ({ metadata, details }: Answer): string | null =>
  details?.uid ?? metadata?.uid ?? null;

async function untilGone(
  deleted: readonly Deleted[],
  timeoutMs: number,
  session: Session,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (const { type, item, uid } of deleted) {
    const { name, namespace } = (item as Stored).metadata;
    const path = objectPath(type, namespace, name);
    while (uid !== null && (await uidNow(path, session)) === uid) {
      if (performance.now() >= deadline) {
        throw new Failure(`error: timed out waiting for the condition on ${type.plural}/${name}`);
      }
      await pause(POLL_MS);
    }
  }
}

async function uidNow(path: string, session: Session): Promise<string | null> {
  try {
    return ((await session.json('GET', path)) as Stored).metadata.uid;
  } catch (error) {
    if (isRefusedFor(error, 'NotFound')) return null;
    throw error;
  }
}

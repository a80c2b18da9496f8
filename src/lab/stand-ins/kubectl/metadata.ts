import { type CommandLine, isOn } from './arguments.js';
import { discover } from './discovery.js';
import { dryRunOf, dryRunQuery, dryRunSuffix } from './dry-run.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { type Found, findObjects, printDone } from './objects.js';
import type { KubeItem } from './printing.js';
import { openSession, type Session } from './session.js';
import { objectPath, queryText, wantedOf } from './wanted.js';

interface Marked extends KubeItem {
  readonly metadata: KubeItem['metadata'] & {
    readonly namespace?: string;
    readonly labels?: Marks;
    readonly annotations?: Marks;
  };
}

type Marks = Readonly<Record<string, string>>;

interface Wish {
  readonly field: 'labels' | 'annotations';
  readonly set: Marks;
  readonly removed: readonly string[];
}

/** `annotate` and `label`. @throws Failure */
export async function mark(line: CommandLine, io: Io): Promise<number> {
  const { flags } = line;
  const dryRun = dryRunOf(flags, io);
  const [words, pairs] = resourcesAndPairs(line);
  const wish = wishOf(line, pairs);
  if (words.length === 0) {
    throw new Failure(
      'error: one or more resources must be specified as <resource> <name> or <resource>/<name>',
    );
  }
  if (pairs.length === 0) {
    const what = wish.field === 'labels' ? 'label' : 'annotation';
    throw new Failure(`error: at least one ${what} update is required`);
  }
  const session = openSession(flags, io);
  try {
    await discover(session, flags, io);
    let code = 0;
    for (const wanted of await wantedOf(words, session)) {
      if (wanted.name === undefined && !isOn(flags, 'all') && !flags.has('selector')) {
        throw new Failure('error: resource(s) were provided, but no name was specified');
      }
      try {
        for (const found of await findObjects(flags, session, wanted)) {
          const { done, item } = await markObject(found, wish, line, session, io);
          printDone({ type: found.type, item }, done + dryRunSuffix(dryRun), flags, io);
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        io.err(`${error.message}\n`);
        code = 1;
      }
    }
    return code;
  } finally {
    session.close();
  }
}

/** Names first, then KEY=VALUE and KEY-. @throws Failure */
function resourcesAndPairs({
  command,
  positional,
}: CommandLine): readonly [readonly string[], readonly string[]] {
  const isPair = (word: string) =>
    (word.includes('=') && !word.startsWith('=')) || (word.endsWith('-') && word !== '-');
  const first = positional.findIndex(isPair);
  if (first === -1) return [positional, []];
  const pairs = positional.slice(first);
  const stray = pairs.find((word) => !isPair(word));
  if (stray !== undefined) {
    const what = command === 'label' ? 'label' : 'annotation';
    throw new Failure(`error: all resources must be specified before ${what} changes: ${stray}`);
  }
  return [positional.slice(0, first), pairs];
}

/** @throws Failure */
function wishOf({ command }: CommandLine, pairs: readonly string[]): Wish {
  const set: Record<string, string> = {};
  const removed: string[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at > 0) set[pair.slice(0, at)] = pair.slice(at + 1);
    else removed.push(pair.slice(0, -1));
  }
  const both = removed.filter((key) => set[key] !== undefined);
  if (both.length === 0) {
    return { field: command === 'label' ? 'labels' : 'annotations', set, removed };
  }
  throw new Failure(
    command === 'label'
      ? 'error: can not both modify and remove a label in the same command'
      : `error: can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`,
  );
}

async function markObject(
  { type, item }: Found,
  wish: Wish,
  { flags, command }: CommandLine,
  session: Session,
  io: Io,
): Promise<{ readonly done: string; readonly item: KubeItem }> {
  const { metadata } = item as Marked;
  const current = metadata[wish.field] ?? {};
  const isOverwriting = isOn(flags, 'overwrite');
  const taken = Object.keys(wish.set).filter(
    (key) => current[key] !== undefined && current[key] !== wish.set[key],
  );
  if (command === 'label') {
    for (const key of wish.removed) {
      if (current[key] === undefined) io.out(`label "${key}" not found.\n`);
    }
  }
  if (taken.length > 0 && !isOverwriting) throw overwriteFailure(taken, current, command);
  const changes = Object.fromEntries([
    ...Object.entries(wish.set).filter(([key, value]) => current[key] !== value),
    ...wish.removed.filter((key) => current[key] !== undefined).map((key) => [key, null] as const),
  ]);
  const hasChanges = Object.keys(changes).length > 0;
  const done = doneWord(command, changes, isOverwriting);
  const dryRun = dryRunOf(flags, io);
  if (dryRun === 'client') return { done, item };
  const version = flags.get('resource-version');
  const patch = {
    ...(hasChanges || version !== undefined
      ? {
          metadata: {
            ...(hasChanges ? { [wish.field]: changes } : {}),
            ...(version === undefined ? {} : { resourceVersion: version }),
          },
        }
      : {}),
  };
  const query = queryText({
    ...dryRunQuery(dryRun),
    fieldManager: flags.get('field-manager') ?? `kubectl-${command}`,
  });
  const path = objectPath(type, metadata.namespace, metadata.name) + query;
  const patched = await session.json('PATCH', path, patch, {
    sent: 'application/merge-patch+json',
  });
  return { done, item: patched as KubeItem };
}

function overwriteFailure(taken: readonly string[], current: Marks, command: string): Failure {
  if (command === 'label') {
    const lines = taken.map(
      (key) => `'${key}' already has a value (${current[key]}), and --overwrite is false`,
    );
    return new Failure(`error: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`);
  }
  const list = taken.map((key) => `'${key}' already has a value (${current[key]})`).join('; ');
  return new Failure(
    `error: --overwrite is false but found the following declared annotation(s): ${list}`,
  );
}

/** `annotate` always says the same; `label` looks at what came out of it (up to 1.35: by its length). */
function doneWord(
  command: string,
  changes: Readonly<Record<string, string | null>>,
  isOverwriting: boolean,
): string {
  if (command === 'annotate') return 'annotated';
  const values = Object.values(changes);
  if (values.length === 0) return 'not labeled';
  return !isOverwriting && values.every((value) => value === null) ? 'unlabeled' : 'labeled';
}

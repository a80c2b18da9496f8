import type { CommandLine } from './arguments.js';
import { discover } from './discovery.js';
import { type DryRun, dryRunOf, dryRunQuery, dryRunSuffix } from './dry-run.js';
import { detailOf, Failure } from './failure.js';
import type { Io } from './io.js';
import { findObjects } from './objects.js';
import type { KubeItem } from './printing.js';
import { openSession, type Session } from './session.js';
import { typeFinder } from './types.js';
import { objectPath, queryText } from './wanted.js';

export interface NodeItem extends KubeItem {
  readonly spec?: { readonly unschedulable?: boolean };
}

/** `cordon NODE` and `uncordon NODE`. @throws Failure */
export async function cordon(line: CommandLine, io: Io): Promise<number> {
  const dryRun = nodeCommand(line, io);
  const session = openSession(line.flags, io);
  try {
    const nodes = await nodesOf(line, session, io);
    await setSchedulable(nodes, line.command !== 'cordon', dryRun, session, io);
    // kubectl ends well also when the server refused (RunCordonOrUncordon returns nil).
    return 0;
  } finally {
    session.close();
  }
}

/** What all commands about nodes check first. @throws Failure */
export function nodeCommand({ command, positional, flags }: CommandLine, io: Io): DryRun {
  const help = `\nSee 'kubectl ${command} -h' for help and examples`;
  const selector = flags.get('selector') ?? '';
  if (positional.length === 0 && selector === '') {
    throw new Failure(`error: USAGE: ${command} NODE [flags]${help}`);
  }
  if (positional.length > 0 && selector !== '') {
    throw new Failure(`error: cannot specify both a node name and a --selector option${help}`);
  }
  return dryRunOf(flags, io);
}

/** All of them, or none: one that is missing ends the command before anything changes. @throws Failure */
export async function nodesOf(
  { positional, flags }: CommandLine,
  session: Session,
  io: Io,
): Promise<readonly NodeItem[]> {
  await discover(session, flags, io);
  const type = await typeFinder(session)('nodes');
  const names = positional.map((word) => word.replace(/^(?:nodes?|no)\//, ''));
  const nodes: NodeItem[] = [];
  for (const name of names.length === 0 ? [undefined] : names) {
    const found = await findObjects(flags, session, { type, name });
    nodes.push(...found.map(({ item }) => item));
  }
  return nodes;
}

export async function setSchedulable(
  nodes: readonly NodeItem[],
  isSchedulable: boolean,
  dryRun: DryRun,
  session: Session,
  io: Io,
): Promise<void> {
  const [verb, done] = isSchedulable ? ['uncordon', 'uncordoned'] : ['cordon', 'cordoned'];
  for (const { metadata, spec } of nodes) {
    const { name } = metadata;
    const isAlready = (spec?.unschedulable === true) !== isSchedulable;
    try {
      if (!isAlready && dryRun !== 'client') await patchNode(name, isSchedulable, dryRun, session);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      io.err(`error: unable to ${verb} node "${name}": ${detailOf(error)}\n`);
      continue;
    }
    io.out(`node/${name} ${isAlready ? 'already ' : ''}${done}${dryRunSuffix(dryRun)}\n`);
  }
}

async function patchNode(
  name: string,
  isSchedulable: boolean,
  dryRun: DryRun,
  session: Session,
): Promise<void> {
  const type = await typeFinder(session)('nodes');
  const path = objectPath(type, undefined, name) + queryText(dryRunQuery(dryRun));
  const patch = { spec: { unschedulable: isSchedulable ? null : true } };
  await session.json('PATCH', path, patch, { sent: 'application/strategic-merge-patch+json' });
}

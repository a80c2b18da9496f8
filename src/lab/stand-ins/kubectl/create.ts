import type { CommandLine } from './arguments.js';
import { dryRunOf, dryRunQuery, dryRunSuffix } from './dry-run.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { sendManifests } from './manifest.js';
import { printDone } from './objects.js';
import type { KubeItem } from './printing.js';
import { sendRaw } from './raw.js';
import { openSession } from './session.js';
import { typeFinder } from './types.js';
import { objectPath, queryText } from './wanted.js';

/** `create namespace NAME`, `create -f FILE`, `create --raw PATH -f FILE`. @throws Failure */
export async function create(line: CommandLine, io: Io): Promise<number> {
  const [what] = line.positional;
  if (what === 'namespace' || what === 'ns') return createNamespace(line, io);
  if (what !== undefined) {
    throw new Failure(`error: the lab's kubectl does not create a ${what}; use create -f`);
  }
  return send(line, io);
}

/** `replace -f FILE`, `replace --raw PATH -f FILE`. @throws Failure */
export async function send(line: CommandLine, io: Io): Promise<number> {
  const { flags } = line;
  if (flags.get('filename') === undefined) {
    throw new Failure('error: must specify one of -f and -k');
  }
  return flags.has('raw') ? sendRaw(line, io) : sendManifests(line, io);
}

async function createNamespace({ flags, positional }: CommandLine, io: Io): Promise<number> {
  const names = positional.slice(1);
  const [name = ''] = names;
  if (names.length !== 1) {
    throw new Failure(
      `error: exactly one NAME is required, got ${names.length}\nSee 'kubectl create namespace -h' for help and examples`,
    );
  }
  const dryRun = dryRunOf(flags, io);
  const session = openSession(flags, io);
  try {
    const type = await typeFinder(session)('namespaces');
    const query = queryText({
      ...dryRunQuery(dryRun),
      fieldManager: flags.get('field-manager') ?? 'kubectl-create',
      fieldValidation: 'Strict',
    });
    const wish = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    const path = objectPath(type, undefined, undefined) + query;
    const item = dryRun === 'client' ? wish : await session.json('POST', path, wish);
    printDone({ type, item: item as KubeItem }, `created${dryRunSuffix(dryRun)}`, flags, io);
    return 0;
  } finally {
    session.close();
  }
}

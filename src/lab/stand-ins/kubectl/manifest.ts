import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { CommandLine } from './arguments.js';
import { discover } from './discovery.js';
import { type DryRun, dryRunOf, dryRunQuery, dryRunSuffix } from './dry-run.js';
import { Failure, withSource } from './failure.js';
import type { Io } from './io.js';
import { printDone } from './objects.js';
import type { KubeItem } from './printing.js';
import { openSession, type Session } from './session.js';
import { type KnownType, typeOfKind } from './types.js';
import { objectPath, queryText } from './wanted.js';

interface Manifest extends KubeItem {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeItem['metadata'] & {
    readonly namespace?: string;
    readonly resourceVersion?: string;
  };
}

/** `create -f FILE` and `replace -f FILE`; `-` is standard input. @throws Failure */
export async function sendManifests(line: CommandLine, io: Io): Promise<number> {
  const { flags, command } = line;
  const file = flags.get('filename') ?? '';
  const dryRun = dryRunOf(flags, io);
  const session = openSession(flags, io);
  try {
    await discover(session, flags, io);
    const source = file === '-' ? 'STDIN' : file;
    const manifests = manifestsIn(await contentsOf(file, io), source);
    if (manifests.length === 0) throw new Failure(`error: no objects passed to ${command}`);
    let code = 0;
    for (const manifest of manifests) {
      try {
        await sendManifest(manifest, source, dryRun, line, session, io);
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

/** @throws Failure */
export async function contentsOf(file: string, io: Io): Promise<string> {
  if (file === '-') return io.stdin();
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Failure(`error: the path ${JSON.stringify(file)} does not exist`);
  }
}

/** Documents and the items of lists. @throws Failure */
function manifestsIn(text: string, source: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const [reason = ''] = problem.message.split('\n');
      throw new Failure(
        `error: error parsing ${source}: error converting YAML to JSON: yaml: ${reason}`,
      );
    }
    const value = document.toJS() as (Partial<Manifest> & { items?: readonly Manifest[] }) | null;
    if (value === null) return [];
    if (typeof value !== 'object') {
      throw new Failure(
        `error: error validating ${JSON.stringify(source)}: error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false`,
      );
    }
    if (value.kind?.endsWith('List') === true && value.items !== undefined) return value.items;
    const missing = ['apiVersion', 'kind'].filter((key) => !(key in value));
    if (missing.length === 0) return [value as Manifest];
    const list = missing.map((key) => `${key} not set`).join(', ');
    throw new Failure(
      `error: error validating ${JSON.stringify(source)}: error validating data: ${missing.length === 1 ? list : `[${list}]`}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  });
}

async function sendManifest(
  manifest: Manifest,
  source: string,
  dryRun: DryRun,
  { flags, command }: CommandLine,
  session: Session,
  io: Io,
): Promise<void> {
  const { metadata } = manifest;
  const type = await typeOfKind(session, manifest, source);
  const wanted = flags.get('namespace');
  const isElsewhere =
    type.isNamespaced &&
    wanted !== undefined &&
    metadata.namespace !== undefined &&
    metadata.namespace !== wanted;
  if (isElsewhere) {
    throw new Failure(
      `error: the namespace from the provided object "${metadata.namespace}" does not match the namespace "${wanted}". You must pass '--namespace=${metadata.namespace}' to perform this operation.`,
    );
  }
  const namespace = type.isNamespaced
    ? (metadata.namespace ?? wanted ?? session.target.namespace)
    : undefined;
  const placed = {
    ...manifest,
    metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) },
  };
  const isNew = command === 'create';
  try {
    const send = isNew ? createIt : replaceIt;
    const item =
      dryRun === 'client'
        ? placed
        : await send(placed, type, queryOf(command, dryRun, flags), session);
    const done = `${isNew ? 'created' : 'replaced'}${dryRunSuffix(dryRun)}`;
    printDone({ type, item }, done, flags, io);
  } catch (error) {
    throw withSource(error, isNew ? 'creating' : 'replacing', source);
  }
}

const queryOf = (command: string, dryRun: DryRun, flags: CommandLine['flags']): string =>
  queryText({
    ...dryRunQuery(dryRun),
    fieldManager: flags.get('field-manager') ?? `kubectl-${command}`,
    fieldValidation: 'Strict',
  });

const createIt = async (
  manifest: Manifest,
  type: KnownType,
  query: string,
  session: Session,
): Promise<KubeItem> => {
  const path = objectPath(type, manifest.metadata.namespace, undefined);
  return (await session.json('POST', path + query, manifest)) as KubeItem;
};

/** Without a resourceVersion it takes the one there is (resource.Helper.Replace). */
async function replaceIt(
  manifest: Manifest,
  type: KnownType,
  query: string,
  session: Session,
): Promise<KubeItem> {
  const { metadata } = manifest;
  const path = objectPath(type, metadata.namespace, metadata.name);
  let { resourceVersion = '' } = metadata;
  if (resourceVersion === '') {
    const current = (await session.json('GET', path)) as Manifest;
    resourceVersion = current.metadata.resourceVersion ?? '';
  }
  const next = { ...manifest, metadata: { ...metadata, resourceVersion } };
  return (await session.json('PUT', path + query, next)) as KubeItem;
}

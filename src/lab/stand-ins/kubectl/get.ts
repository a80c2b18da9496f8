import { type CommandLine, isOn } from './arguments.js';
import { discover } from './discovery.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { goJson, type KubeItem, printTable, type Table } from './printing.js';
import { getRaw } from './raw.js';
import { openSession, type Session } from './session.js';
import type { KnownType } from './types.js';
import { isEverywhere, listQuery, pathOf, printedName, type Wanted, wantedOf } from './wanted.js';
import { kubeYaml } from './yaml.js';

/** What this stand-in prints, and what kubectl 1.35 says it can. */
const PRINTED = ['', 'json', 'name', 'wide', 'yaml'];
const FORMATS =
  'custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml';
const TABLE_ACCEPT =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

const NO_TYPE = `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples`;

/** `kubectl get TYPE[,TYPE] [NAME…] [-o json|name|wide]`, and `get --raw`. @throws Failure */
export async function get(line: CommandLine, io: Io): Promise<number> {
  const { flags, positional } = line;
  if (flags.has('raw')) return getRaw(line, io);
  const output = flags.get('output') ?? '';
  if (!PRINTED.includes(output)) {
    const [format = ''] = output.split('=');
    if (FORMATS.split(',').includes(format)) {
      throw new Failure(`error: the lab's kubectl does not print ${format}`);
    }
    throw new Failure(
      `error: unable to match a printer suitable for the output format "${output}", allowed formats are: ${FORMATS}`,
    );
  }
  const session = openSession(flags, io, true);
  try {
    await discover(session, flags, io);
    if (positional.length === 0) throw new Failure(NO_TYPE);
    const wanted = await wantedOf(positional, session);
    return await (output === '' || output === 'wide'
      ? printTables(line, io, session, wanted)
      : printObjects(line, io, session, wanted, output));
  } finally {
    session.close();
  }
}

/** Every page of a list, or one object. */
async function fetchPages<T extends { readonly metadata?: { readonly continue?: string } }>(
  line: CommandLine,
  session: Session,
  wanted: Wanted,
  accept: string,
): Promise<readonly T[]> {
  const { flags } = line;
  const path = pathOf(flags, session, wanted);
  if (wanted.name !== undefined) {
    return [(await session.json('GET', path, undefined, { accept })) as T];
  }
  const pages: T[] = [];
  let next: string | undefined;
  try {
    do {
      const query = listQuery(flags, next);
      const page = (await session.json('GET', `${path}?${query}`, undefined, { accept })) as T;
      pages.push(page);
      next = page.metadata?.continue || undefined;
    } while (next !== undefined);
  } catch (error) {
    throw aboutSelection(error, line, wanted.type);
  }
  return pages;
}

const BAD_REQUEST = 'Error from server (BadRequest): ';

/** kubectl says what it selected when the server does not like it (cli-runtime: resource/selector.go). */
function aboutSelection(error: unknown, { flags }: CommandLine, type: KnownType): unknown {
  const fields = flags.get('field-selector') ?? '';
  const labels = flags.get('selector') ?? '';
  const isAbout = error instanceof Failure && error.message.startsWith(BAD_REQUEST);
  if (!isAbout || (fields === '' && labels === '')) return error;
  const what = `${type.group}/${type.version}, Resource=${type.plural}`;
  return new Failure(
    `${BAD_REQUEST}Unable to find "${what}" that match label selector "${labels}", field selector "${fields}": ${error.message.slice(BAD_REQUEST.length)}`,
  );
}

/** Runs every part; a failure of one leaves the others their output and makes the code 1. */
async function collect<T>(
  { flags }: CommandLine,
  io: Io,
  wanted: readonly Wanted[],
  fetch: (one: Wanted) => Promise<readonly T[]>,
): Promise<{ readonly found: readonly T[]; readonly code: number }> {
  const found: T[] = [];
  let code = 0;
  for (const one of wanted) {
    try {
      found.push(...(await fetch(one)));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const isMissing = error.message.startsWith('Error from server (NotFound)');
      if (isMissing && flags.get('ignore-not-found') === 'true') continue;
      io.err(`${error.message}\n`);
      code = 1;
    }
  }
  return { found, code };
}

async function printObjects(
  line: CommandLine,
  io: Io,
  session: Session,
  wanted: readonly Wanted[],
  output: string,
): Promise<number> {
  const { found, code } = await collect(line, io, wanted, (one) => objectsOf(line, session, one));
  if (output === 'name') {
    for (const { type, item } of found) io.out(`${printedName(type)}/${item.metadata.name}\n`);
    return code;
  }
  const isSingle = wanted.length === 1 && wanted[0]?.name !== undefined;
  const [only] = found;
  if (isSingle && only === undefined) return code;
  const document =
    isSingle && only !== undefined
      ? only.item
      : {
          apiVersion: 'v1',
          items: found.map(({ item }) => item),
          kind: 'List',
          metadata: { resourceVersion: '' },
        };
  io.out(output === 'yaml' ? kubeYaml(document) : goJson(document));
  return code;
}

interface TypedItem {
  readonly type: KnownType;
  readonly item: KubeItem;
}

async function objectsOf(
  line: CommandLine,
  session: Session,
  wanted: Wanted,
): Promise<readonly TypedItem[]> {
  const { type } = wanted;
  const pages = await fetchPages<KubeItem & { readonly items?: readonly KubeItem[] }>(
    line,
    session,
    wanted,
    'application/json',
  );
  if (wanted.name !== undefined) return pages.map((item) => ({ type, item }));
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return pages
    .flatMap((page) => page.items ?? [])
    .map((item) => ({ type, item: { ...item, apiVersion, kind: type.kind } }));
}

async function printTables(
  line: CommandLine,
  io: Io,
  session: Session,
  wanted: readonly Wanted[],
): Promise<number> {
  const isWide = line.flags.get('output') === 'wide';
  let isFirst = true;
  const { found, code } = await collect(line, io, wanted, async (one) => {
    const pages = await fetchPages<Table>(line, session, one, TABLE_ACCEPT);
    return [{ type: one.type, pages }];
  });
  const hasKinds = new Set(found.map(({ type }) => type)).size > 1;
  for (const { type, pages } of found) {
    const hasNamespace = type.isNamespaced && isEverywhere(line.flags);
    const text = printTable(pages, {
      isWide,
      hasNamespace,
      prefix: hasKinds ? `${printedName(type)}/` : '',
      hasHeader: line.flags.get('no-headers') !== 'true',
    });
    if (text === '') continue;
    io.out(isFirst ? text : `\n${text}`);
    isFirst = false;
  }
  if (isFirst && code === 0 && !isOn(line.flags, 'ignore-not-found')) {
    const namespace = line.flags.get('namespace') ?? session.target.namespace;
    const isScoped = !isEverywhere(line.flags) && wanted.some(({ type }) => type.isNamespaced);
    io.err(isScoped ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n');
  }
  return code;
}

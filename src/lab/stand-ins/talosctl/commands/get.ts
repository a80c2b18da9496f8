import type { Client } from '../client.js';
import { ASKS_EACH_NODE } from '../client-version.js';
import { readInsecureTarget, readTarget } from '../config.js';
import { CommandError, manyErrors, RpcError, textOf } from '../errors.js';
import type { Interruption } from '../interruption.js';
import { DEFINITION, RESOURCE_RESPONSE, WATCH_RESPONSE } from '../messages.js';
import { bytesField, type MessageOf, numberField, stringField } from '../protobuf.js';
import { asJson, asJsonPath, asRow, asYaml, type WireResource } from '../resource.js';
import { table } from '../table.js';
import { checkVersions } from '../version-check.js';
import { type Call, type Command, print, withClient } from './command.js';

type Definition = MessageOf<typeof DEFINITION>;

const META = { namespace: 'meta', type: 'ResourceDefinitions.meta.cosi.dev' };
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const JSONPATH = 'jsonpath=';
const OUTPUTS: ReadonlySet<string> = new Set(['table', 'json', 'yaml']);
const EVENTS = ['created', 'updated', 'destroyed'];
const MARKS = ['+', ' ', '-'];
/** The end of the contents. */
const BOOTSTRAPPED = 3;

interface Query {
  readonly definition: Definition;
  readonly namespace: string;
  readonly id: string | null;
  readonly output: string;
}

async function run(call: Call): Promise<void> {
  const { args, operands } = call;
  const [type, id] = operands;
  if (type === undefined) throw new CommandError('requires at least 1 arg(s), only received 0');
  const output = args.flags.get('output') ?? 'table';
  if (!OUTPUTS.has(output) && !output.startsWith(JSONPATH))
    throw new CommandError(`output format "${output}" is not supported`);
  await withClient(
    call,
    async (client) => {
      // Every client checks the versions first (talos-wire.md §10).
      await checkVersions(client);
      const definition = await resolve(client, type);
      const namespace = args.flags.get('namespace') ?? definition.defaultNamespace;
      const query: Query = { definition, namespace, id: id ?? null, output };
      if (args.flags.get('watch') === 'true') await watch(client, query, call.interruption);
      else await list(client, query);
    },
    args.flags.get('insecure') === 'true' ? readInsecureTarget(args) : readTarget(args),
  );
}

const kindRequest = (namespace: string, type: string): Buffer =>
  Buffer.concat([stringField(1, namespace), stringField(2, type)]);

/** On the first node; `aliases` alone is not matched (talos-wire.md §5). */
async function resolve(client: Client, word: string): Promise<Definition> {
  const [node = ''] = client.target.nodes;
  const wanted = word.toLowerCase();
  const found: Definition[] = [];
  const request = kindRequest(META.namespace, META.type);
  for await (const frame of client.streamResources(node, 'List', request)) {
    const definition = DEFINITION.decode(
      RESOURCE_RESPONSE.decode(frame).resource?.spec?.protoSpec ?? Buffer.alloc(0),
    );
    const names = [definition.type.toLowerCase(), ...definition.allAliases];
    if (names.includes(wanted)) found.push(definition);
  }
  const [only] = found;
  if (only === undefined) throw new RpcError(NOT_FOUND, `resource "${word}" is not registered`);
  if (found.length > 1) {
    const types = found.map(({ type }) => type.toLowerCase()).join(' ');
    throw new RpcError(INVALID_ARGUMENT, `resource type "${word}" is ambiguous: [${types}]`);
  }
  return only;
}

/** Nodes one after the other; what fails is said at the end. */
async function list(client: Client, query: Query): Promise<void> {
  const errors: string[] = [];
  const found: (readonly [string, WireResource])[] = [];
  for (const node of client.target.nodes) {
    try {
      for await (const resource of read(client, query, node)) {
        found.push([client.target.isInsecure && !ASKS_EACH_NODE ? '' : node, resource]);
      }
    } catch (error) {
      errors.push(textOf(error));
    }
  }
  if (query.output === 'table') {
    const rows = found.map(([node, resource]) => [node, ...asRow(resource, query.definition)]);
    print(table([header(query.definition, false), ...rows]));
  } else if (query.output === 'json') {
    for (const [node, resource] of found) print(asJson(node, resource, null));
  } else if (query.output.startsWith(JSONPATH)) {
    const path = query.output.slice(JSONPATH.length);
    for (const [node, resource] of found) print(asJsonPath(node, resource, path));
  } else {
    print(found.map(([node, resource]) => asYaml(node, resource, null)).join('---\n'));
  }
  if (errors.length > 0) throw new CommandError(manyErrors(errors));
}

async function* read(
  client: Client,
  { definition, namespace, id }: Query,
  node: string,
): AsyncGenerator<WireResource> {
  const request = kindRequest(namespace, definition.type);
  const frames =
    id === null
      ? client.streamResources(node, 'List', request)
      : [await client.getResource(node, Buffer.concat([request, stringField(3, id)]))];
  for await (const frame of frames) {
    const { resource } = RESOURCE_RESPONSE.decode(frame);
    if (resource !== null) yield resource;
  }
}

const header = (definition: Definition, isWatch: boolean): readonly string[] => [
  'NODE',
  ...(isWatch ? ['*'] : []),
  'NAMESPACE',
  'TYPE',
  'ID',
  'VERSION',
  ...definition.columns.map(({ name }) => name.toUpperCase()),
];

/** Any stream that ends badly ends the program; being told to stop is no error (talos.md §2.3). */
async function watch(client: Client, query: Query, interruption: Interruption): Promise<void> {
  const { definition, namespace, id } = query;
  const kind = kindRequest(namespace, definition.type);
  const request = Buffer.concat([
    kind,
    id === null ? bytesField(4, numberField(1, 1)) : bytesField(3, Buffer.from(id)),
    numberField(5, 1),
  ]);
  const out = watchOutput(query);
  try {
    await Promise.all(
      client.target.nodes.map(async (node) => {
        for await (const frame of client.streamResources(node, 'Watch', request)) {
          for (const event of WATCH_RESPONSE.decode(frame).events) out.take(node, event);
        }
      }),
    );
  } catch (error) {
    if (!interruption.hasHappened) {
      throw new CommandError(`error watching resource: ${textOf(error)}`);
    }
  } finally {
    out.flush();
  }
}

interface WatchOutput {
  readonly take: (node: string, event: WatchEvent) => void;
  readonly flush: () => void;
}

type WatchEvent = MessageOf<typeof WATCH_RESPONSE>['events'][number];

/** A table aligns what it has when the contents are complete, then line by line; a single id has no such moment. */
function watchOutput({ definition, output }: Query): WatchOutput {
  let isComplete = false;
  let isFirst = true;
  let rows: (readonly string[])[] = [header(definition, true)];
  const flush = (): void => {
    if (output === 'table' && rows.length > 0) print(table(rows));
    rows = [];
  };
  const take = (node: string, { resource, type }: WatchEvent): void => {
    if (type === BOOTSTRAPPED) {
      isComplete = true;
      flush();
    }
    const event = EVENTS[type];
    if (event === undefined || resource === null) return;
    if (output === 'table') rows.push([node, MARKS[type] ?? '', ...asRow(resource, definition)]);
    else if (output === 'json') print(asJson(node, resource, event));
    else print(`${isFirst ? '' : '---\n'}${asYaml(node, resource, event)}`);
    isFirst = false;
    if (isComplete) flush();
  };
  return { take, flush };
}

export const GET_COMMANDS: readonly Command[] = ['get', 'g'].map((name) => ({
  names: [name],
  usage: `${name} <type> [<id>] [flags]`,
  flags: {
    flags: { output: 'value', watch: 'switch', namespace: 'value', insecure: 'switch' },
    shorts: { o: 'output', w: 'watch', i: 'insecure' },
  },
  run,
}));

import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Arguments, isOn } from '../arguments.js';
import { snapshotStatus } from '../bbolt.js';
import { type Client, needOneNode } from '../client.js';
import { readInsecureTarget, readTarget } from '../config.js';
import { CommandError, prefixedError } from '../errors.js';
import { fileInArchive } from '../kube-ask.js';
import { DATA, EMPTY_RESPONSE } from '../messages.js';
import { bytesField, numberField } from '../protobuf.js';
import { type Call, type Command, print, withClient } from './command.js';

const CHUNK_BYTES = 64 * 1024;

async function bootstrap(call: Call): Promise<void> {
  const { args } = call;
  needOneNode(readTarget(args), 'bootstrap');
  const path = args.flags.get('recover-from') ?? '';
  await withClient(call, async (client) => {
    const [node = ''] = client.target.nodes;
    if (path !== '') await upload(client, node, path);
    const request = Buffer.concat([
      path === '' ? Buffer.alloc(0) : numberField(1, 1),
      isOn(args, 'recover-skip-hash-check') ? numberField(2, 1) : Buffer.alloc(0),
    ]);
    await client.askOne('Bootstrap', request, 'error executing bootstrap');
  });
}

async function upload(client: Client, node: string, path: string): Promise<void> {
  const { hash, revision, totalKeys, totalSize } = statusOf(path);
  print(
    `recovering from snapshot ${JSON.stringify(path)}: hash ${hash.toString(16).padStart(8, '0')}, revision ${revision}, total keys ${totalKeys}, total size ${totalSize}\n`,
  );
  async function* frames(): AsyncGenerator<Buffer> {
    const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    for await (const chunk of chunks) yield bytesField(2, chunk);
  }
  await client
    .upload(node, 'machine.MachineService/EtcdRecover', frames())
    .catch((error: unknown) => {
      throw prefixedError('error uploading snapshot', error);
    });
}

function statusOf(path: string) {
  if (!existsSync(path)) throw new CommandError(`stat ${path}: no such file or directory`);
  try {
    return snapshotStatus(readFileSync(path));
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}

interface KubeFile {
  clusters?: Named[];
  users?: Named[];
  contexts?: (Named & { context?: { cluster?: string; user?: string } })[];
  'current-context'?: string;
}
interface Named {
  name: string;
}

async function kubeconfig(call: Call): Promise<void> {
  const { args, operands } = call;
  if (operands.length > 1) {
    throw new CommandError(`accepts at most 1 arg(s), received ${operands.length}`);
  }
  needOneNode(readTarget(args), 'kubeconfig');
  const isMerging = isOn(args, 'merge', true);
  const path = pathOf(operands[0], isMerging);
  const exists = existsSync(path);
  if (exists && !isMerging && !isOn(args, 'force')) {
    throw new CommandError(
      `kubeconfig file already exists, use --force to overwrite: ${JSON.stringify(path)}`,
    );
  }
  await withClient(call, async (client) => {
    const text = await download(client);
    if (isMerging && exists) mergeInto(path, text, args);
    else if (path === '-') process.stdout.write(text);
    else writeFileSync(path, text, { mode: 0o600 });
  });
}

function pathOf(given: string | undefined, isMerging: boolean): string {
  if (given === '-' && !isMerging) return '-';
  const home = process.env.KUBECONFIG?.split(':')[0] || join(homedir(), '.kube', 'config');
  const path = resolve(given ?? (isMerging ? home : process.cwd()));
  if (existsSync(path)) return statSync(path).isDirectory() ? join(path, 'kubeconfig') : path;
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

async function download(client: Client): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const frame of client.streamMachine('Kubeconfig', Buffer.alloc(0))) {
      const { metadata, bytes } = DATA.decode(frame);
      if (metadata !== null && metadata.error !== '') throw new CommandError(metadata.error);
      chunks.push(bytes);
    }
  } catch (error) {
    throw prefixedError('error initializing gzip', error);
  }
  return fileInArchive(Buffer.concat(chunks));
}

/** Without a terminal nobody can be asked: what exists keeps its name, the new one gets another. */
function mergeInto(path: string, text: Buffer, args: Arguments): void {
  const old = (parse(readFileSync(path, 'utf8')) as KubeFile | null) ?? {};
  const added = parse(text.toString('utf8')) as KubeFile;
  const forced = args.flags.get('force-context-name');
  const isForced = isOn(args, 'force');
  const rename = (component: string, list: readonly Named[], name: string): string => {
    if (isForced || !list.some((each) => each.name === name)) return name;
    let number = 1;
    while (list.some((each) => each.name === `${name}-${number}`)) number += 1;
    print(`renamed ${component} "${name}" -> "${name}-${number}"\n`);
    return `${name}-${number}`;
  };
  const put = <T extends Named>(list: readonly T[], entry: T): T[] => [
    ...list.filter(({ name }) => name !== entry.name),
    entry,
  ];
  const [cluster] = added.clusters ?? [];
  const [user] = added.users ?? [];
  const [context] = added.contexts ?? [];
  if (cluster === undefined || user === undefined || context === undefined) return;
  const clusterName = rename('cluster', old.clusters ?? [], cluster.name);
  const userName = rename('auth', old.users ?? [], user.name);
  const contextName = rename('context', old.contexts ?? [], forced ?? context.name);
  const merged: KubeFile = {
    ...old,
    clusters: put(old.clusters ?? [], { ...cluster, name: clusterName }),
    users: put(old.users ?? [], { ...user, name: userName }),
    contexts: put(old.contexts ?? [], {
      ...context,
      name: contextName,
      context: { ...context.context, cluster: clusterName, user: userName },
    }),
    'current-context': contextName,
  };
  writeFileSync(path, stringify(merged, { lineWidth: 0 }), { mode: 0o600 });
}

/** strconv.ParseUint with base 0. @throws CommandError. */
function keyOf(text: string): number {
  const value = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(text)
    ? Number(/^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text)
    : Number.NaN;
  if (Number.isNaN(value)) {
    throw new CommandError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  if (value > 255) {
    throw new CommandError(
      `strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`,
    );
  }
  return value;
}

const meta =
  (method: string, count: number) =>
  async (call: Call): Promise<void> => {
    const { operands, args } = call;
    const [key = '', value = ''] = operands;
    if (operands.length !== count) {
      throw new CommandError(`accepts ${count} arg(s), received ${operands.length}`);
    }
    const target = isOn(args, 'insecure') ? readInsecureTarget(args) : readTarget(args);
    await withClient(
      call,
      async (client) => {
        const request = Buffer.concat([
          numberField(1, keyOf(key)),
          count === 2 ? bytesField(2, Buffer.from(value)) : Buffer.alloc(0),
        ]);
        const failedOn =
          count === 2 ? 'error writing meta to node' : 'error deleting meta from node';
        await client.ask(method, EMPTY_RESPONSE, request, '', failedOn);
      },
      target,
    );
  };

const META_FLAGS = { flags: { insecure: 'switch' }, shorts: { i: 'insecure' } } as const;

export const CLUSTER_COMMANDS: readonly Command[] = [
  {
    names: ['bootstrap'],
    usage: 'bootstrap [flags]',
    flags: { flags: { 'recover-from': 'value', 'recover-skip-hash-check': 'switch' }, shorts: {} },
    run: bootstrap,
  },
  {
    names: ['kubeconfig'],
    usage: 'kubeconfig [local-path]',
    flags: {
      flags: { force: 'switch', merge: 'switch', 'force-context-name': 'value' },
      shorts: { f: 'force', m: 'merge' },
    },
    run: kubeconfig,
  },
  {
    names: ['meta', 'write'],
    usage: 'meta write key value',
    flags: META_FLAGS,
    run: meta('MetaWrite', 2),
  },
  {
    names: ['meta', 'delete'],
    usage: 'meta delete key',
    flags: META_FLAGS,
    run: meta('MetaDelete', 1),
  },
];

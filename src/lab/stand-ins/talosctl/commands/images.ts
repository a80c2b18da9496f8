import { humanBytes } from '../../../talos/human-bytes.js';
import type { CommandFlags } from '../arguments.js';
import type { Client } from '../client.js';
import { CLIENT_MINOR } from '../client-version.js';
import { CommandError, joined, RpcError, UNIMPLEMENTED } from '../errors.js';
import { apiNamespace, containerdInstance, namespaceOf, pullImage } from '../image-pull.js';
import { IMAGE_FRAME, LEGACY_IMAGE_FRAME } from '../order-messages.js';
import { bytesField } from '../protobuf.js';
import { Reporter } from '../reporter.js';
import { table } from '../table.js';
import { type Call, type Command, print, withClient } from './command.js';

type Created = { readonly seconds: number } | null;

const rfc3339 = (created: Created): string =>
  new Date((created?.seconds ?? 0) * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

async function list(call: Call): Promise<void> {
  const namespace = namespaceOf(call.args, DEFAULT_NAMESPACE);
  await withClient(call, async (client) => {
    if (CLIENT_MINOR < 13) await listLegacy(client, namespace);
    else await listModern(client, namespace);
  });
}

async function listModern(client: Client, namespace: string): Promise<void> {
  const request = bytesField(1, containerdInstance(namespace));
  const rows: string[][] = [];
  const errors: string[] = [];
  for (const node of client.target.nodes) {
    try {
      for await (const frame of client.streamNode(node, 'machine.ImageService/List', request)) {
        const { name, digest, size, labels, createdAt } = IMAGE_FRAME.decode(frame);
        const shown = labels.map(({ key, value }) => `${key}=${value}`).join(',');
        rows.push([node, name, digest, humanBytes(size), shown, rfc3339(createdAt)]);
      }
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.code === UNIMPLEMENTED) {
        await listLegacy(client, namespace);
        return;
      }
      errors.push(`error from node ${node}: ${error.message}`);
    }
  }
  const header = ['NODE', 'IMAGE', 'DIGEST', 'SIZE', 'LABELS', 'CREATED'];
  if (rows.length > 0) print(table([header, ...rows]));
  if (errors.length > 0) throw joined(errors);
}

async function listLegacy(client: Client, namespace: string): Promise<void> {
  const rows: string[][] = [];
  for await (const frame of client.streamMachine('ImageList', apiNamespace(namespace))) {
    const { metadata, name, digest, size, createdAt } = LEGACY_IMAGE_FRAME.decode(frame);
    if (metadata !== null && metadata.error !== '') {
      throw new CommandError(`${metadata.hostname}: ${metadata.error}`);
    }
    const node = metadata?.hostname || client.target.nodes[0] || '';
    rows.push([node, name, digest, humanBytes(size), rfc3339(createdAt)]);
  }
  print(table([['NODE', 'IMAGE', 'DIGEST', 'SIZE', 'CREATED'], ...rows]));
}

async function pull(call: Call): Promise<void> {
  const [reference] = call.operands;
  if (reference === undefined || call.operands.length !== 1) {
    throw new CommandError(`accepts 1 arg(s), received ${call.operands.length}`);
  }
  const namespace = namespaceOf(call.args, DEFAULT_NAMESPACE);
  await withClient(call, (client) => pullImage(client, namespace, reference, new Reporter()));
}

const DEFAULT_NAMESPACE = 'cri';
const FLAGS: CommandFlags = { flags: { namespace: 'value' }, shorts: {} };

export const IMAGE_COMMANDS: readonly Command[] = ['image', 'images'].flatMap((word) => [
  ...['list', 'ls', 'l'].map(
    (name): Command => ({
      names: [word, name],
      usage: `${word} ${name}`,
      flags: FLAGS,
      run: list,
    }),
  ),
  ...['pull', 'p'].map(
    (name): Command => ({
      names: [word, name],
      usage: `${word} ${name} <image>`,
      flags: FLAGS,
      run: pull,
    }),
  ),
]);

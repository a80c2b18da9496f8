import type { Arguments } from './arguments.js';
import type { Client } from './client.js';
import { CLIENT_MINOR } from './client-version.js';
import { CommandError, joined, RpcError, UNIMPLEMENTED } from './errors.js';
import { EMPTY_RESPONSE } from './messages.js';
import { PULL_FRAME } from './order-messages.js';
import { bytesField, numberField, stringField } from './protobuf.js';
import type { Reporter } from './reporter.js';

const SYSTEM = 1;
const CRI = 2;
const CRI_DRIVER = 1;

/** `--namespace`, as ContainerdInstance. @throws CommandError */
export function containerdInstance(namespace: string): Buffer {
  switch (namespace) {
    case 'cri':
      return Buffer.concat([numberField(1, CRI_DRIVER), numberField(2, CRI)]);
    case 'system':
      return Buffer.concat([numberField(1, CRI_DRIVER), numberField(2, SYSTEM)]);
    case 'inmem':
      return numberField(2, SYSTEM);
    default:
      throw new CommandError(`unsupported namespace "${namespace}"`);
  }
}

/** The same for the calls of 1.12 and before. @throws CommandError */
export function apiNamespace(namespace: string): Buffer {
  if (namespace === 'cri') return numberField(1, CRI);
  if (namespace === 'system') return numberField(1, SYSTEM);
  throw new CommandError(`unsupported namespace "${namespace}"`);
}

export const namespaceOf = ({ flags }: Arguments, unlessTold: string): string =>
  flags.get('namespace') ?? unlessTold;

/** All nodes fetch it; falls back on the older call. @throws CommandError with all that failed. */
export async function pullImage(
  client: Client,
  namespace: string,
  reference: string,
  reporter: Reporter,
): Promise<void> {
  if (CLIENT_MINOR < 13) {
    await pullLegacy(client, namespace, reference);
    return;
  }
  const request = Buffer.concat([
    bytesField(1, containerdInstance(namespace)),
    stringField(3, reference),
  ]);
  const done: string[] = [];
  const errors: string[] = [];
  for (const node of client.target.nodes) {
    try {
      let name = '';
      const path = 'machine.ImageService/Pull';
      for await (const frame of client.streamNode(node, path, request)) {
        name = PULL_FRAME.decode(frame).name || name;
      }
      done.push(`${node}: pulled image ${name}`);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.code === UNIMPLEMENTED) {
        await pullLegacy(client, namespace, reference);
        return;
      }
      errors.push(`error from node ${node}: ${error.message}`);
    }
  }
  if (done.length > 0) reporter.report(done.join('\n'));
  if (errors.length > 0) throw joined(errors);
}

async function pullLegacy(client: Client, namespace: string, reference: string): Promise<void> {
  const request = Buffer.concat([apiNamespace(namespace), stringField(2, reference)]);
  await client.ask('ImagePull', EMPTY_RESPONSE, request, 'error pulling image');
}

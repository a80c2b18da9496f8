import { status } from '@grpc/grpc-js';
import { touchNode } from '../../world/node.js';
import type { CallContext, Method } from '../calls.js';
import { Failure } from '../failure.js';
import { ADMINS } from '../roles.js';

const LARGEST_KEY = 0xff;
/** talos: adv/talos, what fits into the META partition. */
const CAPACITY_BYTES = 256 * 1024;

/** @throws Failure for a key that is no byte. */
function keyOf(message: object): number {
  const { key } = message as { readonly key: number };
  if (key > LARGEST_KEY) throw new Failure(status.INVALID_ARGUMENT, 'key must be a uint8');
  return key;
}

/** @throws Failure without an installation: there is no partition for it. */
function metaOf({ node }: CallContext): Map<number, string> {
  const { systemDisk } = node.machine;
  if (systemDisk === null) throw new Failure(status.UNKNOWN, 'META partition not found');
  return systemDisk.meta;
}

function write(context: CallContext, message: object): object {
  const key = keyOf(message);
  const value = (message as { readonly value: Buffer }).value.toString('utf8');
  if (value.length > CAPACITY_BYTES) {
    throw new Failure(status.RESOURCE_EXHAUSTED, 'meta write failed');
  }
  metaOf(context).set(key, value);
  touchNode(context.talos.world, context.node);
  return {};
}

function erase(context: CallContext, message: object): object {
  if (!metaOf(context).delete(keyOf(message))) {
    throw new Failure(status.NOT_FOUND, 'meta key not found');
  }
  touchNode(context.talos.world, context.node);
  return {};
}

export const META_METHODS: Readonly<Record<string, Method>> = {
  MetaWrite: { kind: 'unary', isWrapped: true, roles: ADMINS, answer: write },
  MetaDelete: { kind: 'unary', isWrapped: true, roles: ADMINS, answer: erase },
};

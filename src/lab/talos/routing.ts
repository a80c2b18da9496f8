import { isIPv6 } from 'node:net';
import { type Metadata, status } from '@grpc/grpc-js';
import { reachabilityOf } from '../world/node.js';
import type { LabNode } from '../world/types.js';
import { dialFailure, Failure, strangerFailure } from './failure.js';
import type { TalosLab } from './talos-lab.js';

/** Who shall answer, as the metadata of a call says. */
export type Route =
  | { readonly kind: 'local' }
  | { readonly kind: 'one'; readonly name: string }
  | { readonly kind: 'many'; readonly names: readonly string[] };

/** @throws Failure when apid refuses the combination. */
export function routeOf(
  metadata: Metadata,
  endpoint: LabNode,
  method: string,
  fansOut: boolean,
): Route {
  const many = valuesOf(metadata, 'nodes');
  const one = valuesOf(metadata, 'node');
  if (many.length > 0) {
    if (!fansOut) {
      throw new Failure(
        status.INVALID_ARGUMENT,
        `one-2-many proxying is not supported for method ${method}`,
      );
    }
    for (const name of many) checkTarget(name);
    if (!isForwarder(endpoint) && !(many.length === 1 && isSelf(endpoint, many[0] ?? ''))) {
      throw noForwarding();
    }
    return { kind: 'many', names: many };
  }
  const [name] = one;
  if (name === undefined) return { kind: 'local' };
  if (one.length > 1) {
    throw new Failure(status.INVALID_ARGUMENT, 'node metadata must be single-valued');
  }
  checkTarget(name);
  if (!isForwarder(endpoint) && !isSelf(endpoint, name)) throw noForwarding();
  return { kind: 'one', name };
}

/** node:http2 joins repeated headers; Go sends one line per node. */
const valuesOf = (metadata: Metadata, key: string): readonly string[] =>
  metadata.get(key).flatMap((value) => String(value).split(', '));

const isForwarder = (endpoint: LabNode): boolean => endpoint.role === 'controlplane';

const isSelf = (endpoint: LabNode, name: string): boolean =>
  name === endpoint.address || name === endpoint.hostname;

const noForwarding = (): Failure => new Failure(status.PERMISSION_DENIED, 'no request forwarding');

function checkTarget(name: string): void {
  if (name === '' || (name.includes(':') && !isIPv6(name))) {
    throw new Failure(status.INTERNAL, `invalid target "${name}"`);
  }
}

/**
 * The node, when a TCP connection to it succeeds.
 * @throws Failure with the text of grpc-go's dialer.
 */
export function dial(talos: TalosLab, name: string): LabNode {
  const node = talos.findNode(name);
  if (node === undefined) throw dialFailure(name, 'no route to host');
  if (reachabilityOf(node) === 'refused') throw refusedBy(node);
  if (node.stage === 'maintenance') throw strangerFailure();
  return node;
}

/** A machine that is off does not answer ARP; one whose kernel is up refuses the port. */
export const refusedBy = (node: LabNode): Failure =>
  dialFailure(
    node.address,
    node.isUp && !node.isPartitioned ? 'connection refused' : 'no route to host',
  );

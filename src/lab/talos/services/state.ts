import { status } from '@grpc/grpc-js';
import { talosMinor } from '../../world/talos-version.js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import type { Collection } from '../collection.js';
import { Failure, notAuthorized } from '../failure.js';
import { isSensitiveType } from '../kinds/registry.js';
import { matcherOf, type ResourceQuery } from '../query.js';
import { READERS } from '../roles.js';
import { Watch, type WatchRequest } from '../watch.js';

interface KindRequest {
  readonly namespace: string;
  readonly type: string;
}

interface GetRequest extends KindRequest {
  readonly id: string;
}

interface ListRequest extends KindRequest {
  readonly options: ResourceQuery | null;
}

const typeOf = (request: object): string => (request as KindRequest).type;

/** @throws Failure when the type holds secrets and the caller is no admin. */
function collectionFor(context: CallContext, request: KindRequest): Collection {
  const minor = talosMinor(context.node.talosVersion);
  const isSecret = isSensitiveType(request.type, minor);
  if (isSecret && !context.roles.has('os:admin')) throw notAuthorized();
  return context.talos.storeOf(context.node).collection(request.namespace, request.type);
}

function get(context: CallContext, message: object): object {
  const request = message as GetRequest;
  const resource = collectionFor(context, request).get(request.id);
  if (resource !== undefined) return { resource };
  throw new Failure(
    status.NOT_FOUND,
    `resource ${request.type}(${request.namespace}/${request.id}@undefined) doesn't exist`,
  );
}

async function list(context: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  const request = message as ListRequest;
  const matches = matcherOf(request.options);
  for (const resource of collectionFor(context, request).all()) {
    if (!matches(resource)) continue;
    if (!(await outlet.ready())) return;
    outlet.write({ resource });
  }
  if (await outlet.ready()) outlet.end();
}

function watch(context: CallContext, message: object, outlet: StreamOutlet): void {
  const request = message as WatchRequest;
  const { cookie } = context.talos.storeOf(context.node);
  new Watch(collectionFor(context, request), cookie, request, outlet).start();
}

const IN_MAINTENANCE = { inMaintenance: 'always' } as const;

const refuse = (): never => {
  throw notAuthorized();
};

/** COSI: what the resources of a node are. Clients only read. */
export const STATE_SERVICE: Service = {
  name: 'cosi.resource.State',
  file: 'cosi.proto',
  fansOut: false,
  methods: {
    Get: {
      ...IN_MAINTENANCE,
      kind: 'unary',
      isWrapped: false,
      roles: READERS,
      subject: typeOf,
      answer: get,
    },
    List: { ...IN_MAINTENANCE, kind: 'stream', roles: READERS, subject: typeOf, answer: list },
    Watch: { ...IN_MAINTENANCE, kind: 'stream', roles: READERS, subject: typeOf, answer: watch },
    Create: { kind: 'unary', isWrapped: false, roles: READERS, answer: refuse },
    Update: { kind: 'unary', isWrapped: false, roles: READERS, answer: refuse },
    Destroy: { kind: 'unary', isWrapped: false, roles: READERS, answer: refuse },
  },
};

import { status } from '@grpc/grpc-js';
import type { CallContext, Method, StreamOutlet } from '../calls.js';
import { timestamp } from '../collection.js';
import { Failure } from '../failure.js';
import { READERS } from '../roles.js';
import { type NodeContainer, podContainers, systemContainers } from '../runtime/containers.js';
import { imagesOf } from '../runtime/images.js';

interface ContainerQuery {
  readonly namespace: string;
  readonly driver: string;
  readonly id?: string;
}

/** talosctl asks CRI for `k8s.io` and the system's containerd for `system`. */
export function containersIn({ talos, node }: CallContext, query: ContainerQuery) {
  if (query.driver === 'CRI') {
    if (query.namespace !== 'k8s.io') {
      throw new Failure(status.UNKNOWN, 'CRI inspector is supported only for K8s namespace');
    }
    return podContainers(talos.world, node);
  }
  return query.namespace === 'system' ? systemContainers(talos.world, node) : [];
}

/** By its full name, or a pod's container without its id. */
export function findContainer(context: CallContext, query: ContainerQuery): NodeContainer {
  const { id = '' } = query;
  const found = containersIn(context, query).find(
    (container) => container.id === id || `${container.podId}:${container.name}` === id,
  );
  if (found !== undefined) return found;
  throw new Failure(status.UNKNOWN, `container "${id}" not found`);
}

function containers(context: CallContext, message: object): object {
  const query = message as ContainerQuery;
  return {
    containers: containersIn(context, query).map((container) => ({
      namespace: query.namespace,
      id: container.id,
      image: container.image,
      pid: container.pid,
      status: container.status,
      pod_id: container.podId,
      name: container.name,
      network_namespace: container.networkNamespace,
      internal_id: container.internalId,
      uid: container.uid,
    })),
  };
}

function stats(context: CallContext, message: object): object {
  const query = message as ContainerQuery;
  return {
    stats: containersIn(context, query).map((container) => ({
      namespace: query.namespace,
      id: container.id,
      memory_usage: container.memoryBytes,
      cpu_usage: container.cpuNanoseconds,
      pod_id: container.podId,
      name: container.name,
    })),
  };
}

const NAMESPACES = ['NS_SYSTEM', 'NS_CRI'];

async function imageList(
  { talos, node }: CallContext,
  message: object,
  outlet: StreamOutlet,
): Promise<void> {
  const { namespace } = message as { readonly namespace: string };
  if (!NAMESPACES.includes(namespace)) {
    throw new Failure(status.INVALID_ARGUMENT, `unsupported namespace ${namespace}`);
  }
  for (const image of imagesOf(talos.world, node, namespace === 'NS_SYSTEM')) {
    if (!(await outlet.ready())) return;
    outlet.write({
      name: image.name,
      digest: image.digest,
      size: image.sizeBytes,
      created_at: timestamp(image.createdAtMs),
    });
  }
  if (await outlet.ready()) outlet.end();
}

export const CONTAINER_METHODS: Readonly<Record<string, Method>> = {
  Containers: { kind: 'unary', isWrapped: true, roles: READERS, answer: containers },
  Stats: { kind: 'unary', isWrapped: true, roles: READERS, answer: stats },
  ImageList: { kind: 'stream', roles: READERS, answer: imageList },
};

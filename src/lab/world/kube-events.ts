import { isKubeWritable } from './api-server.js';
import { kubeTime, listObjects, putObject, removeObject } from './kube-store.js';
import type { KubeObject, World } from './types.js';

/** kube-apiserver `--event-ttl` default. */
const EVENT_TTL_MS = 3_600_000;
const SWEEP_MS = 60_000;

export interface EventOrder {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** `kubelet`, `node-controller`, … */
  readonly component: string;
  readonly host?: string;
}

export function recordEvent(world: World, order: EventOrder, atMs = world.clock.now()): void {
  const namespace = order.namespace ?? 'default';
  const same = listObjects(world, 'events').find((event) => isSame(event, order));
  const first = same?.firstTimestamp ?? kubeTime(atMs);
  const count = typeof same?.count === 'number' ? same.count + 1 : 1;
  putObject(world, 'events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: same?.metadata.name ?? `${order.name}.${world.random.hex(16)}`,
      namespace,
      creationTimestamp: kubeTime(atMs),
    },
    involvedObject: {
      kind: order.kind,
      name: order.name,
      ...(order.namespace === undefined ? {} : { namespace: order.namespace }),
      uid: order.uid ?? order.name,
      apiVersion: 'v1',
    },
    reason: order.reason,
    message: order.message,
    source: {
      component: order.component,
      ...(order.host === undefined ? {} : { host: order.host }),
    },
    firstTimestamp: first,
    lastTimestamp: kubeTime(atMs),
    count,
    type: order.type,
    eventTime: null,
    reportingComponent: order.component,
    reportingInstance: order.host ?? '',
  });
}

function isSame(event: KubeObject, order: EventOrder): boolean {
  const object = event.involvedObject as { readonly kind?: string; readonly name?: string };
  return (
    event.reason === order.reason &&
    event.message === order.message &&
    object.kind === order.kind &&
    object.name === order.name
  );
}

/** Events live for an hour. */
export function runEventExpiry(world: World): void {
  world.clock.every(SWEEP_MS, () => {
    if (!isKubeWritable(world)) return;
    const oldest = kubeTime(world.clock.now() - EVENT_TTL_MS);
    for (const event of listObjects(world, 'events')) {
      if (String(event.lastTimestamp) < oldest) {
        removeObject(world, 'events', event.metadata.name, event.metadata.namespace);
      }
    }
  });
}

import { containerSpeech, nanoTime } from '../talos/logs/pods.js';
import type { LogSource } from '../talos/logs/source.js';
import type { KubeObject } from '../world/types.js';
import { isJsonObject, listAt, textAt } from './api/object.js';
import { isTrue } from './api/options.js';
import { knownType } from './api/registry.js';
import { ApiError, badRequest, internalError } from './api/status.js';
import { dialError, KUBELET_PORT } from './nodes-proxy.js';
import { type ApiServer, type Reply, text } from './server-context.js';

/** How often a reader that follows is told what is new, in virtual time. */
const FOLLOW_MS = 500;

/** Log of one container: what kubectl logs and the console's own reader get. @throws ApiError 400, 500 */
export function podLog(server: ApiServer, pod: KubeObject, query: URLSearchParams): Reply {
  const container = containerOf(pod, query);
  const { name, namespace } = pod.metadata;
  checkNode(server, pod, `${namespace}/${name}/${container}`);
  if (isTrue(query.get('previous'))) {
    throw badRequest(
      `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`,
    );
  }
  const startedAt = textAt(pod, 'status.startTime') || pod.metadata.creationTimestamp;
  const source = containerSpeech({ name: container, startedAtMs: Date.parse(startedAt) });
  const nowMs = server.world.clock.now() - 1;
  const past = lines(source, sinceMs(query, nowMs), nowMs, query);
  const tail = query.get('tailLines');
  const shown =
    tail === null ? past : past.slice(past.length - Math.min(Number(tail), past.length));
  if (!isTrue(query.get('follow'))) return text(200, shown.join(''));
  return {
    kind: 'follow',
    text: shown.join(''),
    start: (write, end) => follow(server, pod, { source, fromMs: nowMs, query, write, end }),
  };
}

/** @throws ApiError 400 */
function containerOf(pod: KubeObject, query: URLSearchParams): string {
  const containers = listAt(pod, 'spec.containers').filter(isJsonObject);
  const container = query.get('container') ?? textAt(containers[0], 'name');
  if (containers.some((candidate) => textAt(candidate, 'name') === container)) return container;
  throw badRequest(`container ${container} is not valid for pod ${pod.metadata.name}`);
}

/** @throws ApiError 400, 500 */
function checkNode(server: ApiServer, pod: KubeObject, log: string): void {
  const nodeName = textAt(pod, 'spec.nodeName');
  if (nodeName === '') {
    throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  }
  const error = dialError(server, nodeName);
  if (error === null) return;
  const address = server.world.nodes.get(nodeName)?.address ?? nodeName;
  throw internalError(`Get "https://${address}:${KUBELET_PORT}/containerLogs/${log}": ${error}`);
}

function sinceMs(query: URLSearchParams, nowMs: number): number {
  const seconds = query.get('sinceSeconds');
  const time = query.get('sinceTime');
  if (seconds !== null) return nowMs - Number(seconds) * 1000;
  return time === null ? Number.NEGATIVE_INFINITY : Date.parse(time);
}

const lines = (
  source: LogSource,
  fromMs: number,
  toMs: number,
  query: URLSearchParams,
): readonly string[] =>
  source
    .between(fromMs, toMs)
    .map(({ atMs, text: said }) =>
      isTrue(query.get('timestamps')) ? `${nanoTime(atMs)} ${said}\n` : `${said}\n`,
    );

interface Following {
  readonly source: LogSource;
  readonly fromMs: number;
  readonly query: URLSearchParams;
  readonly write: (text: string) => void;
  readonly end: () => void;
}

/** Until the pod is gone or its kubelet is. @returns how to stop. */
function follow(
  server: ApiServer,
  { metadata }: KubeObject,
  { source, fromMs, query, write, end }: Following,
): () => void {
  const { world, cache } = server;
  let readUntilMs = fromMs;
  return world.clock.every(FOLLOW_MS, () => {
    const pod = cache.get(knownType('pods'), metadata.namespace, metadata.name);
    const isThere = pod?.metadata.uid === metadata.uid;
    if (!isThere || dialError(server, textAt(pod, 'spec.nodeName')) !== null) {
      end();
      return;
    }
    const nowMs = world.clock.now() - 1;
    const fresh = lines(source, readUntilMs, nowMs, query);
    readUntilMs = Math.max(readUntilMs, nowMs);
    if (fresh.length > 0) write(fresh.join(''));
  });
}

/** exec, attach and port-forward: nothing runs in the lab's containers. @throws ApiError 500, 501 */
export function refuseSession(server: ApiServer, pod: KubeObject): never {
  const error = dialError(server, textAt(pod, 'spec.nodeName'));
  if (error !== null) throw internalError(`error dialing backend: ${error}`);
  throw new ApiError(
    501,
    'NotImplemented',
    'nothing runs in the containers of the lab: exec, attach and port-forward are not simulated',
  );
}

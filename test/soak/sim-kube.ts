import { disruptionBudgets, leases, warningEvents } from '../../src/clients/kube-activity.js';
import { kubeLost, kubeResponseError } from '../../src/clients/kube-errors.js';
import { entryOf, type KubeKind, pageOf } from '../../src/clients/kube-kind.js';
import { csrs, nodes } from '../../src/clients/kube-objects.js';
import type { KubeClient, WatchHandlers } from '../../src/clients/types.js';
import type { Entry } from '../../src/clients/watched-items.js';
import { answer } from '../../src/lab/kube/answer.js';
import { ApiError } from '../../src/lab/kube/api/status.js';
import type { WatchCache } from '../../src/lab/kube/api/watch-cache.js';
import type { Reply } from '../../src/lab/kube/server-context.js';
import { controlPlanes, isAlive } from '../../src/lab/world/node.js';
import type { LabNode, World } from '../../src/lab/world/types.js';
import type { Doors } from './doors.js';

const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

export interface KubeAsk {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Only this control plane; absent: any that runs. */
  readonly address?: string;
}

/** The lab's API servers without a wire in between. */
export interface SimKube {
  readonly client: KubeClient;
  /** @throws ClientError, with the lab's own status inside */
  readonly ask: (request: KubeAsk) => Promise<unknown>;
}

export function simKube(world: World, cache: WatchCache, doors: Doors): SimKube {
  const ask = async (request: KubeAsk): Promise<unknown> => {
    doors.enter(`kube ${request.method} ${request.path}`);
    return await askServer(world, cache, doors, request);
  };
  const get = async (path: string): Promise<unknown> => await ask({ method: 'GET', path });
  const listed = async <T>(kind: KubeKind<T>): Promise<readonly Entry<T>[]> =>
    pageOf(kind, await askServer(world, cache, doors, { method: 'GET', path: pathOf(kind) }))
      .entries;
  const watch =
    <T>(kind: KubeKind<T>) =>
    (handlers: WatchHandlers<T>) =>
      watchKind(world, doors, handlers, () => listed(kind), topicOf(kind));

  return {
    ask,
    client: {
      watchNodes: watch(nodes),
      watchCsrs: watch(csrs),
      watchEvents: watch(warningEvents),
      watchPdbs: watch(disruptionBudgets),
      async leases() {
        const { entries } = pageOf(leases, await get(pathOf(leases)));
        return entries.map(readable);
      },
      async health() {
        const text = String(await get('/readyz?verbose'));
        const { gitVersion } = (await get('/version')) as { readonly gitVersion: string };
        const failedChecks = [...text.matchAll(/^\[-\]([\w-]+)/gm)].map(([, name = '']) => name);
        const isReady = failedChecks.length === 0;
        return { isReady, failedChecks, serverVersion: gitVersion, viaServer: null };
      },
      csr: async (name) => readable(entryOf(csrs, await get(`${csrs.path}/${name}`))),
      raw: get,
      write: async (method, path, body) => await ask({ method, path, body }),
      close: async () => undefined,
    },
  };
}

function readable<T>(entry: Entry<T>): T {
  if ('error' in entry) throw entry.error;
  return entry.value;
}

const pathOf = ({ path, fieldSelector }: KubeKind<unknown>): string =>
  fieldSelector === undefined ? path : `${path}?fieldSelector=${encodeURIComponent(fieldSelector)}`;

const topicOf = ({ path }: KubeKind<unknown>): string => `kube:${path.split('/').at(-1)}`;

const runs = (node: LabNode): boolean => isAlive(node) && node.areStaticPodsUp;

async function askServer(
  world: World,
  cache: WatchCache,
  doors: Doors,
  { method, path, body, contentType = 'application/json', address }: KubeAsk,
): Promise<unknown> {
  const node = controlPlanes(world).find(
    (each) => runs(each) && (address === undefined || each.address === address),
  );
  const url = new URL(path, 'https://lab');
  if (node === undefined) throw kubeLost(url.pathname, 'connection refused');
  let reply: Reply;
  try {
    reply = await doors.clock.driven(
      answer(
        { world, cache, node, address: `${node.address}:6443` },
        {
          method,
          path: url.pathname,
          query: url.searchParams,
          accept: 'application/json',
          contentType,
          body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
          user: ADMIN,
        },
      ),
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw kubeResponseError(url.pathname, error.code, JSON.stringify(error.body));
  }
  if (reply.kind === 'text') return reply.text;
  if (reply.kind !== 'json') throw new Error('Nobody watches through this door.');
  if (reply.code >= 400) {
    throw kubeResponseError(url.pathname, reply.code, JSON.stringify(reply.body));
  }
  // Objects of the world are never changed, only replaced: no copy is needed of what is read.
  return reply.body;
}

const DELIVER_EVERY_MS = 3_000;

function watchKind<T>(
  world: World,
  doors: Doors,
  handlers: WatchHandlers<T>,
  list: () => Promise<readonly Entry<T>[]>,
  topic: string,
): () => void {
  let isDue = true;
  let isBusy = false;
  let hasFailed = false;
  const deliver = async (): Promise<void> => {
    if ((!isDue && !hasFailed) || isBusy || doors.isStale() || doors.clock.isKilled()) return;
    isBusy = true;
    isDue = false;
    try {
      const entries = await list();
      hasFailed = false;
      handlers.onItems(entries.map(readable));
    } catch (error) {
      if (doors.clock.isKilled()) return;
      if (!hasFailed) handlers.onError(error as Parameters<typeof handlers.onError>[0]);
      hasFailed = true;
    } finally {
      isBusy = false;
    }
  };
  const unsubscribe = world.subscribe((topics) => {
    if (topics.some((each) => each === topic)) isDue = true;
    // Who is gone is noticed at once.
    if (topics.some((each) => each.startsWith('node:'))) isDue = true;
  });
  queueMicrotask(() => void deliver());
  const stop = world.clock.every(DELIVER_EVERY_MS, () => void deliver());
  return () => {
    unsubscribe();
    stop();
  };
}

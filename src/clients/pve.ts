import type { Proxmox } from 'proxmox-api';
import type { ProxmoxConnection } from '../model/connection.js';
import { ClientError, ConfigurationError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { clusterOf, resourcesOf, tasksOf, vmConfigOf } from './pve-answers.js';
import { createPveEngine, type PveCallOptions } from './pve-engine.js';
import { pveCancelled } from './pve-errors.js';
import { orderFailure, pvePath, upidIn } from './pve-order.js';
import { createRecentTasks, readTaskStatus } from './pve-task.js';
import { pveConnector } from './pve-tls.js';
import { readPveToken } from './pve-token.js';
import type { PveClient } from './types.js';

export interface PveClientWiring {
  readonly connection: ProxmoxConnection;
  readonly clock: Clock;
}

const CALL_MS = 10_000;
/** pveproxy gives up on the host that does the work after 30 s (pve-http-server: AnyEvent.pm). */
const ORDER_MS = 35_000;
/** pveproxy closes idle connections after 5 s; more than three at once would fill its workers. */
const IDLE_MS = 4_000;
const CONNECTIONS = 3;

interface Session {
  readonly api: (options: PveCallOptions) => Proxmox.Api;
  /** Any path below `/api2/json`. */
  readonly request: (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    parameters: Readonly<Record<string, string>>,
    options: PveCallOptions,
  ) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Loads its libraries and files when first used; a file that was wrong is read again by the next call. */
export function createPveClient(wiring: PveClientWiring): PveClient {
  let opening: Promise<Session> | null = null;
  const recent = createRecentTasks(wiring.clock);

  const session = async (): Promise<Session> => {
    opening ??= openSession(wiring);
    const attempt = opening;
    try {
      return await attempt;
    } catch (error) {
      if (opening === attempt) opening = null;
      throw error;
    }
  };
  const api = async (signal?: AbortSignal): Promise<Proxmox.Api> =>
    (await session()).api({ timeoutMs: CALL_MS, signal });
  const get: PveClient['get'] = async (path, signal) => {
    const [plain = '', query] = path.split('?', 2);
    const parameters = Object.fromEntries(new URLSearchParams(query));
    const { request } = await session();
    return await request('GET', pvePath(plain), parameters, { timeoutMs: CALL_MS, signal });
  };

  return {
    async cluster(signal) {
      const { cluster, version } = await api(signal);
      const [status, nodes, release] = await Promise.all([
        cluster.status.$get(),
        cluster.resources.$get({ type: 'node' }),
        version.$get(),
      ]);
      return clusterOf({ status, nodes, version: release });
    },
    async resources(signal) {
      const { cluster } = await api(signal);
      return resourcesOf(await cluster.resources.$get());
    },
    async vmConfig(node, id, signal) {
      const { nodes } = await api(signal);
      // Without `current` pending changes are mixed in (PVE 8 and 9).
      return vmConfigOf(await nodes.$(node).qemu.$(id).config.$get({ current: true }));
    },
    async tasks(signal) {
      const { cluster } = await api(signal);
      return tasksOf(await cluster.tasks.$get());
    },
    get,
    async order(method, path, parameters, signal) {
      const { request } = await session();
      const target = pvePath(path);
      const what = `${method} ${path}`;
      if (signal?.aborted) throw pveCancelled(new URL(wiring.connection.url).host);
      // Once it is sent its answer is waited for, whatever the signal says: nobody else could tell what became of it.
      const answer = request(method, target, parameters, { timeoutMs: ORDER_MS });
      const data = await answer.catch((error: unknown) => {
        throw orderFailure(what, error);
      });
      const upid = upidIn(what, data);
      if (upid !== null) recent.add(upid);
      return upid;
    },
    async taskStatus(upid, signal) {
      try {
        return await readTaskStatus((path) => get(path, signal), upid);
      } catch (error) {
        const isTooNew = error instanceof ClientError && error.kind === 'not-found';
        if (!isTooNew || !recent.has(upid)) throw error;
        return { isRunning: true, exitStatus: null, lastLogLines: [] };
      }
    },
    async close() {
      const opened = await opening?.catch(() => null);
      opening = null;
      await opened?.close();
    },
  };
}

async function openSession({ connection, clock }: PveClientWiring): Promise<Session> {
  const origin = verifiedOrigin(connection.url);
  // undici 6 is CommonJS: bundled, its functions are below `default` only.
  const [{ proxmoxApi }, { default: undici }] = await Promise.all([
    import('proxmox-api'),
    import('undici'),
  ]);
  const connect = await pveConnector(connection, undici.buildConnector);
  // pveproxy may close a connection that is kept just when an order is sent on it: nobody could tell what became of it.
  const unshared = new undici.Agent({ connect, pipelining: 0 });
  const dispatcher = new undici.Agent({
    connect,
    connections: CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
  });
  let token: string | null = null;
  const engine = {
    undici,
    dispatcher,
    origin,
    async token() {
      token ??= await readPveToken(connection.tokenFile);
      return token;
    },
    // It may have been replaced: the next call reads it again.
    onRefusedToken() {
      token = null;
    },
    clock,
  };
  return {
    api: (options) => proxmoxApi(createPveEngine(engine, options)),
    request(method, path, parameters, options) {
      const own = method === 'GET' ? engine : { ...engine, dispatcher: unshared };
      return createPveEngine(own, options).doRequest(method, path, path, parameters);
    },
    async close() {
      await Promise.all([dispatcher.destroy(), unshared.destroy()]);
    },
  };
}

function verifiedOrigin(url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.protocol === 'https:') return parsed.origin;
  throw new ConfigurationError(
    `"${url}" is no https URL of a Proxmox host.`,
    'Give it as https://host:8006.',
  );
}

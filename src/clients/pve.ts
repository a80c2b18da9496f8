import type { Proxmox } from 'proxmox-api';
import type { ProxmoxConnection } from '../model/connection.js';
import { ConfigurationError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { clusterOf, resourcesOf, tasksOf, vmConfigOf } from './pve-answers.js';
import { createPveEngine, type PveCallOptions } from './pve-engine.js';
import { pveConnector } from './pve-tls.js';
import { readPveToken } from './pve-token.js';
import type { PveClient } from './types.js';

export interface PveClientWiring {
  readonly connection: ProxmoxConnection;
  readonly clock: Clock;
}

const CALL_MS = 10_000;
/** pveproxy closes idle connections after 5 s; more than three at once would fill its workers. */
const IDLE_MS = 4_000;
const CONNECTIONS = 3;

interface Session {
  readonly api: (options: PveCallOptions) => Proxmox.Api;
  readonly close: () => Promise<void>;
}

/** Loads its libraries and files when first used; a file that was wrong is read again by the next call. */
export function createPveClient(wiring: PveClientWiring): PveClient {
  let opening: Promise<Session> | null = null;

  const api = async (signal?: AbortSignal): Promise<Proxmox.Api> => {
    opening ??= openSession(wiring);
    const attempt = opening;
    try {
      return (await attempt).api({ timeoutMs: CALL_MS, signal });
    } catch (error) {
      if (opening === attempt) opening = null;
      throw error;
    }
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
    async close() {
      const session = await opening?.catch(() => null);
      opening = null;
      await session?.close();
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
  const dispatcher = new undici.Agent({
    connect: await pveConnector(connection, undici.buildConnector),
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
    close: () => dispatcher.destroy(),
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

import type { KubernetesConnection } from '../model/connection.js';
import type { Clock } from './clock.js';
import { disruptionBudgets, leases, warningEvents } from './kube-activity.js';
import type { KubeAlternatives } from './kube-alternatives.js';
import { readKubeHealth } from './kube-health.js';
import { createKubeHttp } from './kube-http.js';
import { entryOf, type KubeKind } from './kube-kind.js';
import { listKind } from './kube-list.js';
import { createKubeLiveness } from './kube-liveness.js';
import { csrs, nodes } from './kube-objects.js';
import { createKubeProxy } from './kube-proxy.js';
import { createKubeRoute } from './kube-route.js';
import { watchKind } from './kube-watch.js';
import type { Environment } from './tool-environment.js';
import type { KubeClient, WatchHandlers } from './types.js';
import type { Entry } from './watched-items.js';

export interface KubeClientWiring {
  readonly connection: KubernetesConnection;
  /** Path or name of kubectl. */
  readonly program: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** Who else to ask when the kubeconfig's server does not answer. */
  readonly alternatives?: KubeAlternatives | null;
  /** 0–1, for jitter. */
  readonly random?: () => number;
}

const CALL_MS = 8_000;

export interface RoutedKubeClient extends KubeClient {
  /** URL of the control plane that is used instead of the kubeconfig's server; null while that one is. */
  readonly viaServer: () => string | null;
}

/** Starts its `kubectl proxy` when first used. */
export function createKubeClient({
  random = Math.random,
  alternatives = null,
  ...given
}: KubeClientWiring): RoutedKubeClient {
  const { clock } = given;
  const proxy = createKubeProxy({ ...given, random });
  const route = createKubeRoute({ alternatives, clock, use: proxy.use });
  const http = createKubeHttp({ socket: proxy.socket, route, clock });
  const liveness = createKubeLiveness({ http, route, clock, onHang: proxy.restart });
  const stops = new Set<() => void>();

  const watch = <T>(kind: KubeKind<T>, handlers: WatchHandlers<T>): (() => void) => {
    const stop = watchKind(kind, handlers, { http, liveness, route, clock, random });
    stops.add(stop);
    return () => {
      stops.delete(stop);
      stop();
    };
  };
  const limits = (signal?: AbortSignal) => ({ timeoutMs: CALL_MS, signal });

  return {
    watchNodes: (handlers) => watch(nodes, handlers),
    watchCsrs: (handlers) => watch(csrs, handlers),
    watchEvents: (handlers) => watch(warningEvents, handlers),
    watchPdbs: (handlers) => watch(disruptionBudgets, handlers),
    async leases(signal) {
      const { entries } = await listKind(http, leases, limits(signal));
      return entries.map(readable);
    },
    health: (signal) => readKubeHealth(http, route, limits(signal)),
    async csr(name, signal) {
      const path = `${csrs.path}/${encodeURIComponent(name)}`;
      return readable(entryOf(csrs, await http.json(path, limits(signal))));
    },
    raw: (path, signal) => http.json(path, limits(signal)),
    write: (method, path, body, signal) => http.write({ method, path, body }, limits(signal)),
    viaServer: route.viaServer,
    onRoute: route.onChange,
    async close() {
      route.close();
      for (const stop of stops) stop();
      stops.clear();
      await proxy.close();
    },
  };
}

function readable<T>(entry: Entry<T>): T {
  if ('error' in entry) throw entry.error;
  return entry.value;
}

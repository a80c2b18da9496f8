import type { KubernetesConnection } from '../model/connection.js';
import { OperatorError } from '../model/errors.js';
import { createBackoff } from './backoff.js';
import type { Clock } from './clock.js';
import { kubeCancelled } from './kube-errors.js';
import { makeProxyDirectory, type ProxyDirectory } from './kube-proxy-directory.js';
import { type RunningProxy, startKubectlProxy } from './kubectl-proxy.js';
import type { Environment } from './tool-environment.js';

export interface KubeProxyWiring {
  readonly connection: KubernetesConnection;
  readonly program: string;
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: () => number;
}

/** One `kubectl proxy` child: it knows every way to authenticate that a kubeconfig may ask for. */
export interface KubeProxy {
  /** Path of its socket once it serves; starts it when it does not run. @throws OperatorError */
  readonly socket: () => Promise<string>;
  /** Its connections to the server are dead: the next call gets a new child. */
  readonly restart: () => void;
  /** Ends the child; the next one leads to this server, or with null to the kubeconfig's. */
  readonly use: (server: string | null) => void;
  readonly close: () => Promise<void>;
}

export function createKubeProxy(wiring: KubeProxyWiring): KubeProxy {
  const { clock } = wiring;
  const backoff = createBackoff({ firstMs: 500, maxMs: 15_000 }, wiring.random);
  const stopping = new Set<Promise<void>>();
  let directory: Promise<ProxyDirectory> | null = null;
  let server: string | null = null;
  let running: Promise<RunningProxy> | null = null;
  let failure: { readonly error: OperatorError; readonly untilMs: number } | null = null;
  let isClosed = false;

  const start = async (): Promise<RunningProxy> => {
    directory ??= makeProxyDirectory(wiring.env);
    const made = await directory;
    return startKubectlProxy({ ...wiring, server, directory: made });
  };

  const begin = (): Promise<RunningProxy> => {
    if (failure !== null && clock.now() < failure.untilMs) throw failure.error;
    const attempt = start();
    running = attempt;
    const suffer = (error: unknown) => {
      if (running !== attempt || !(error instanceof OperatorError)) return;
      running = null;
      failure = { error, untilMs: clock.now() + backoff.nextMs() };
    };
    const follow = async () => {
      const proxy = await attempt;
      proxy.onExit(suffer);
      await proxy.socket;
      failure = null;
      backoff.reset();
    };
    follow().catch(suffer);
    return attempt;
  };

  const stop = () => {
    const proxy = running;
    running = null;
    if (proxy === null) return;
    const end = proxy.then((live) => live.stop()).catch(() => {});
    stopping.add(end);
    void end.then(() => stopping.delete(end));
  };

  return {
    async socket() {
      if (isClosed) throw kubeCancelled('kubectl proxy');
      return await (await (running ?? begin())).socket;
    },
    restart: stop,
    use(next) {
      server = next;
      failure = null;
      backoff.reset();
      stop();
    },
    async close() {
      isClosed = true;
      stop();
      await Promise.all(stopping);
      await directory?.then(
        ({ remove }) => remove(),
        () => {},
      );
    },
  };
}

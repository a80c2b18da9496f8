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
  readonly close: () => Promise<void>;
}

export function createKubeProxy(wiring: KubeProxyWiring): KubeProxy {
  const { clock } = wiring;
  const backoff = createBackoff({ firstMs: 500, maxMs: 15_000 }, wiring.random);
  let directory: Promise<ProxyDirectory> | null = null;
  let running: Promise<RunningProxy> | null = null;
  let stopping: Promise<void> = Promise.resolve();
  let failure: { readonly error: OperatorError; readonly untilMs: number } | null = null;
  let isClosed = false;

  const suffer = (error: OperatorError) => {
    running = null;
    failure = { error, untilMs: clock.now() + backoff.nextMs() };
  };

  const start = async (): Promise<RunningProxy> => {
    await stopping;
    directory ??= makeProxyDirectory(wiring.env);
    return await startKubectlProxy(wiring, await directory);
  };

  const begin = (): Promise<RunningProxy> => {
    if (failure !== null && clock.now() < failure.untilMs) throw failure.error;
    const attempt = start();
    running = attempt;
    attempt.then(
      (proxy) => {
        failure = null;
        backoff.reset();
        proxy.onExit((error) => {
          if (running === attempt) suffer(error);
        });
      },
      (error: unknown) => {
        if (running === attempt && error instanceof OperatorError) suffer(error);
      },
    );
    return attempt;
  };

  const stop = () => {
    const proxy = running;
    running = null;
    stopping = proxy === null ? stopping : proxy.then((live) => live.stop()).catch(() => {});
  };

  return {
    async socket() {
      if (isClosed) throw kubeCancelled('kubectl proxy');
      return (await (running ?? begin())).socketPath;
    },
    restart: stop,
    async close() {
      isClosed = true;
      stop();
      await stopping;
      await directory?.then(
        ({ remove }) => remove(),
        () => {},
      );
    },
  };
}

import type { KubeClient, PveClient, TalosClient, WatchHandlers } from '../clients/types.js';
import type { OperatorError } from '../model/errors.js';

/**
 * Stand where a client could not be made: every reading then says why, and the other layers go on. Without them a
 * broken kubeconfig would look like none at all.
 */
export function refusingTalos(error: OperatorError): TalosClient {
  const refuse = refusal(error);
  return {
    version: refuse,
    list: refuse,
    watch: (_node, _kind, handlers) => refusedWatch(handlers, error),
    etcdMembers: refuse,
    etcdStatus: refuse,
    etcdAlarms: refuse,
    services: refuse,
    systemSample: refuse,
    readFile: refuse,
    mounts: refuse,
    time: refuse,
    activeEndpoint: () => null,
    close: () => undefined,
  };
}

export function refusingKube(error: OperatorError): KubeClient {
  const refuse = refusal(error);
  const watch = <T>(handlers: WatchHandlers<T>) => refusedWatch(handlers, error);
  return {
    watchNodes: watch,
    watchCsrs: watch,
    watchEvents: watch,
    watchPdbs: watch,
    leases: refuse,
    health: refuse,
    csr: refuse,
    raw: refuse,
    write: refuse,
    close: async () => undefined,
  };
}

export function refusingPve(error: OperatorError): PveClient {
  const refuse = refusal(error);
  return {
    cluster: refuse,
    resources: refuse,
    vmConfig: refuse,
    tasks: refuse,
    get: refuse,
    order: refuse,
    taskStatus: refuse,
    close: async () => undefined,
  };
}

const refusal = (error: OperatorError) => (): Promise<never> => Promise.reject(error);

function refusedWatch<T>(handlers: WatchHandlers<T>, error: OperatorError): () => void {
  // Never before the caller has its stop function.
  const timer = setImmediate(() => handlers.onError(error));
  return () => clearImmediate(timer);
}

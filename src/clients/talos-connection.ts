import { ClientError, OperatorError } from '../model/errors.js';
import type { IpAddress } from '../model/ids.js';
import type { Clock } from './clock.js';
import { noAnswer, talosCancelled } from './talos-errors.js';
import { type CallTarget, type GrpcLibrary, type Link, openLink } from './talos-link.js';
import { loadTalosProto, type Procedure, type TalosProto } from './talos-proto.js';
import { createRouter, type Route, type Router } from './talos-router.js';
import { type TalosAccess, talosCertificateProblem } from './talosconfig.js';

export interface TalosClientWiring {
  readonly access: TalosAccess;
  readonly clock: Clock;
  /** 0–1, for jitter. */
  readonly random?: () => number;
  /** Where a node's own apid listens. */
  readonly directPort?: number;
}

/** Loaded libraries and the way to every node. */
export interface TalosConnection {
  readonly proto: TalosProto;
  readonly router: Router;
  /** @throws ClientError unless something with the Talos API answers there. */
  readonly probe: (route: Route, signal?: AbortSignal) => Promise<void>;
}

const APID_PORT = 50_000;
const PROBE_MS = 5_000;

/** The libraries cost 60 ms: they load when the first call needs them, after the first frame. */
export async function connectTalos(wiring: TalosClientWiring): Promise<TalosConnection> {
  const { access, clock, random = Math.random, directPort = APID_PORT } = wiring;
  // CommonJS: bundled, its functions are below `default` only.
  const [{ default: grpc }, proto] = await Promise.all([import('@grpc/grpc-js'), loadTalosProto()]);
  silence(grpc);
  const version = proto.machine('Version');
  const probe = ({ link, target }: Route, signal?: AbortSignal) =>
    probeLink(link, version, target, signal);
  const router = createRouter({
    endpoints: access.endpoints,
    directPort,
    open: async (address) => openLink(grpc, address, access, clock),
    probe: (link) =>
      probe({ link, target: { node: null } }).catch((error: unknown) => {
        throw expiry(access, clock.now()) ?? error;
      }),
    clock,
    random,
  });
  return { proto, router, probe };
}

/** Waiting for a connection counts: a caller gets its answer or an error within its time. */
export function routeWithin(
  router: Router,
  node: IpAddress,
  clock: Clock,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Route> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(talosCancelled(node));
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const stopTimer = clock.after(timeoutMs, () => reject(noAnswer(node, timeoutMs)));
    router
      .route(node)
      .then(resolve, reject)
      .finally(() => {
        stopTimer();
        signal?.removeEventListener('abort', onAbort);
      });
  });
}

/** A refusal is a sign of life: os:etcd:backup may not ask for the version. */
async function probeLink(
  link: Link,
  version: Procedure,
  target: CallTarget,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await link.unary(version, {}, target, { timeoutMs: PROBE_MS, signal });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const lives = error instanceof ClientError && SIGNS_OF_LIFE.includes(error.kind);
    if (!lives) throw error;
  }
}

const SIGNS_OF_LIFE: readonly string[] = ['forbidden', 'unsupported', 'rejected', 'malformed'];

/** Servers end the connection of an expired client in many ways, few of which say why. */
function expiry(access: TalosAccess, nowMs: number): ClientError | null {
  const problem = talosCertificateProblem(access, nowMs);
  return problem === null
    ? null
    : new ClientError('unauthenticated', problem.message, problem.hint);
}

/** grpc-js writes to stderr, into the screen. */
function silence(grpc: GrpcLibrary): void {
  grpc.setLogger({});
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
}

import { status } from '@grpc/grpc-js';
import { talosMinor } from '../../world/talos-version.js';
import type { LabNode } from '../../world/types.js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import { Failure } from '../failure.js';
import { type ClusterNodes, HEALTH_CHECKS } from '../health-checks.js';
import { READERS } from '../roles.js';

/** How often a check that fails is tried again. */
const POLL_MS = 5000;

interface HealthRequest {
  readonly wait_timeout: { readonly seconds: string } | null;
  readonly cluster_info: {
    readonly control_plane_nodes: readonly string[];
    readonly worker_nodes: readonly string[];
  } | null;
}

/** The nodes that the caller names, else those of discovery. */
function nodesOf({ talos }: CallContext, { cluster_info: info }: HealthRequest): ClusterNodes {
  const named = (names: readonly string[]): readonly LabNode[] =>
    names.flatMap((name) => talos.findNode(name) ?? []);
  const controlPlanes = named(info?.control_plane_nodes ?? []);
  const workers = named(info?.worker_nodes ?? []);
  if (controlPlanes.length + workers.length > 0) return { controlPlanes, workers };
  const all = [...talos.world.nodes.values()].filter(({ machine }) => machine.config !== null);
  return {
    controlPlanes: all.filter(({ role }) => role === 'controlplane'),
    workers: all.filter(({ role }) => role === 'worker'),
  };
}

/** One check after the other; the first that never succeeds ends the call. */
class HealthRun {
  readonly #context: CallContext;
  readonly #outlet: StreamOutlet;
  readonly #nodes: ClusterNodes;
  readonly #reject: (failure: Failure) => void;
  readonly #untilMs: number;
  #index = 0;
  #checkStartedAtMs = 0;
  #lastLine = '';

  constructor(
    context: CallContext,
    request: HealthRequest,
    outlet: StreamOutlet,
    reject: (failure: Failure) => void,
  ) {
    this.#context = context;
    this.#outlet = outlet;
    this.#reject = reject;
    this.#nodes = nodesOf(context, request);
    const { clock } = context.talos.world;
    this.#untilMs = clock.monotonicMs() + Number(request.wait_timeout?.seconds ?? 0) * 1000;
    const addresses = [...this.#nodes.controlPlanes, ...this.#nodes.workers].map(({ address }) =>
      JSON.stringify(address),
    );
    outlet.write({ message: `discovered nodes: [${addresses.join(' ')}]` });
    this.#checkStartedAtMs = clock.monotonicMs();
  }

  /** @returns whether the run is over. */
  advance(): boolean {
    const { world } = this.#context.talos;
    for (;;) {
      const check = HEALTH_CHECKS[this.#index];
      if (check === undefined) {
        this.#outlet.end();
        return true;
      }
      this.#report(`${check.name}: ...`);
      const problem = check.run(world, this.#nodes);
      if (problem !== null && problem !== 'SKIP') {
        this.#report(`${check.name}: ${problem}`);
        return this.#isTooLate(check.timeoutMs);
      }
      this.#report(`${check.name}: ${problem ?? 'OK'}`);
      this.#index += 1;
      this.#lastLine = '';
      this.#checkStartedAtMs = world.clock.monotonicMs();
    }
  }

  /** Up to 1.12 every check has a limit of its own. */
  #isTooLate(limitMs: number): boolean {
    const { node, talos } = this.#context;
    const nowMs = talos.world.clock.monotonicMs();
    const ownLimitMs = talosMinor(node.talosVersion) >= 13 ? Number.POSITIVE_INFINITY : limitMs;
    if (nowMs < this.#untilMs && nowMs < this.#checkStartedAtMs + ownLimitMs) return false;
    this.#reject(new Failure(status.UNKNOWN, 'context deadline exceeded'));
    return true;
  }

  #report(text: string): void {
    const isFirstWord = text.endsWith(': ...') && this.#lastLine !== '';
    if (isFirstWord || text === this.#lastLine) return;
    this.#lastLine = text;
    this.#outlet.write({ message: `waiting for ${text}`.trim() });
  }
}

function healthCheck(context: CallContext, message: object, outlet: StreamOutlet): Promise<void> {
  return new Promise((resolve, reject) => {
    const run = new HealthRun(context, message as HealthRequest, outlet, reject);
    if (run.advance()) {
      resolve();
      return;
    }
    const stop = context.talos.world.clock.every(POLL_MS, () => {
      if (!run.advance()) return;
      stop();
      resolve();
    });
    outlet.onClose(() => {
      stop();
      resolve();
    });
  });
}

export const CLUSTER_SERVICE: Service = {
  name: 'cluster.ClusterService',
  file: 'cluster.proto',
  fansOut: true,
  methods: { HealthCheck: { kind: 'stream', roles: READERS, answer: healthCheck } },
};

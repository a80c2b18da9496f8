import { isIP } from 'node:net';
import { status } from '@grpc/grpc-js';
import { talosMinor } from '../../world/talos-version.js';
import type { CallContext, Service, StreamOutlet } from '../calls.js';
import { Failure } from '../failure.js';
import { HEALTH_CHECKS } from '../health-checks.js';
import { type CheckedNode, type ClusterView, type HealthCheck, quoted } from '../health-view.js';
import { worldView } from '../health-world.js';
import { READERS } from '../roles.js';

/** How often a check that fails is tried again. */
const POLL_MS = 5000;
/** The first one that asks Kubernetes may take longer: talos. */
const FIRST_KUBE_CHECK = 'all k8s nodes to report';
const FIRST_KUBE_POLL_MS = 30_000;

interface HealthRequest {
  readonly wait_timeout: { readonly seconds: string; readonly nanos?: number } | null;
  readonly cluster_info: {
    readonly control_plane_nodes: readonly string[];
    readonly worker_nodes: readonly string[];
  } | null;
}

/** The nodes that the caller names, else those of discovery. @throws Failure for what is no address. */
function nodesOf(
  { talos }: CallContext,
  { cluster_info: info }: HealthRequest,
): readonly CheckedNode[] {
  const named = (names: readonly string[], isControlPlane: boolean): readonly CheckedNode[] =>
    names.map((name) => {
      if (isIP(name) !== 0) return { addresses: [name], isControlPlane };
      throw new Failure(status.UNKNOWN, `ParseAddr(${JSON.stringify(name)}): unable to parse IP`);
    });
  const told = [
    ...named(info?.control_plane_nodes ?? [], true),
    ...named(info?.worker_nodes ?? [], false),
  ];
  if (told.length > 0) return told;
  const { vip, nodes } = talos.world;
  const members = [...nodes.values()].filter(({ machine }) => machine.config !== null);
  const checked = members.map(
    ({ address, hostname, role }): CheckedNode => ({
      addresses: vip.holder === hostname ? [address, vip.address] : [address],
      isControlPlane: role === 'controlplane',
    }),
  );
  return checked.sort((a, b) => Number(b.isControlPlane) - Number(a.isControlPlane));
}

/** One check after the other; the first that never succeeds ends the call. */
class HealthRun {
  readonly #context: CallContext;
  readonly #outlet: StreamOutlet;
  readonly #view: ClusterView;
  readonly #untilMs: number;
  #isOver = false;
  #lastLine = '';
  #wake: () => void = () => {};

  constructor(context: CallContext, request: HealthRequest, outlet: StreamOutlet) {
    this.#context = context;
    this.#outlet = outlet;
    const { talos, node } = context;
    const nodes = nodesOf(context, request);
    this.#view = worldView(talos, node, nodes);
    const { seconds = '0', nanos = 0 } = request.wait_timeout ?? {};
    this.#untilMs = this.#nowMs() + Number(seconds) * 1000 + nanos / 1e6;
    const addresses = nodes.map((each) => each.addresses[0]);
    outlet.write({ message: `discovered nodes: ${quoted(addresses)}` });
  }

  #nowMs(): number {
    return this.#context.talos.world.clock.monotonicMs();
  }

  /** Nobody listens any more. */
  stop(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** @throws Failure when a check has not succeeded in time. */
  async run(): Promise<void> {
    for (const check of HEALTH_CHECKS) {
      if (!(await this.#pass(check))) return;
    }
    this.#outlet.end();
  }

  async #pass(check: HealthCheck): Promise<boolean> {
    // Up to 1.12 every check has a limit of its own.
    const isOld = talosMinor(this.#context.node.talosVersion) < 13;
    const limitMs = isOld ? this.#nowMs() + check.timeoutMs : this.#untilMs;
    const untilMs = Math.min(limitMs, this.#untilMs);
    this.#report(`${check.name}: ...`);
    for (;;) {
      const problem = await check.run(this.#view);
      if (this.#isOver) return false;
      this.#report(`${check.name}: ${problem ?? 'OK'}`);
      if (problem === null || problem === 'SKIP') return true;
      const leftMs = untilMs - this.#nowMs();
      if (leftMs <= 0) {
        throw new Failure(status.DEADLINE_EXCEEDED, 'context deadline exceeded');
      }
      const pollMs = check.name === FIRST_KUBE_CHECK ? FIRST_KUBE_POLL_MS : POLL_MS;
      await this.#pause(Math.min(leftMs, pollMs));
      if (this.#isOver) return false;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.talos.world.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #report(text: string): void {
    if (text === this.#lastLine) return;
    this.#lastLine = text;
    this.#outlet.write({ message: `waiting for ${text}`.trim() });
  }
}

async function healthCheck(
  context: CallContext,
  message: object,
  outlet: StreamOutlet,
): Promise<void> {
  const { node } = context;
  if (node.role === 'worker' && talosMinor(node.talosVersion) >= 13) {
    throw new Failure(
      status.UNIMPLEMENTED,
      'cluster health check is only available on control plane nodes',
    );
  }
  const run = new HealthRun(context, message as HealthRequest, outlet);
  outlet.onClose(() => run.stop());
  await run.run();
}

export const CLUSTER_SERVICE: Service = {
  name: 'cluster.ClusterService',
  file: 'cluster.proto',
  fansOut: true,
  methods: { HealthCheck: { kind: 'stream', roles: READERS, answer: healthCheck } },
};

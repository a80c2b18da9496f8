import { status } from '@grpc/grpc-js';
import { stringify } from 'yaml';
import type { CallContext, Method, StreamOutlet } from '../calls.js';
import { Failure } from '../failure.js';
import { gzippedFile } from '../files/archive.js';
import { ADMINS } from '../roles.js';

const YEAR_MS = 365 * 24 * 3_600_000;

/** Peers verify with their own clocks, and the lab's may run ahead of theirs: valid from before the lab began. */
const validFromMs = ({ talos }: CallContext): number =>
  Math.min(talos.world.clock.now(), talos.world.facts.startedAtMs) - 10_000;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** talos: kubeconfig.GenerateAdmin, a client certificate of one year for the cluster's endpoint. */
export function adminKubeconfig(context: CallContext): string {
  const { talos, node } = context;
  const { lab, world } = talos;
  const { certPem, keyPem } = lab.pki.kubeAdmin({
    fromMs: validFromMs(context),
    toMs: world.clock.now() + YEAR_MS,
  });
  const settings = node.machine.config?.settings ?? null;
  const cluster = settings?.clusterName ?? world.facts.clusterName;
  const name = `admin@${cluster}`;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: cluster,
        cluster: {
          server: settings?.endpoint ?? world.facts.kubeEndpoint,
          'certificate-authority-data': base64(lab.pki.kubeCaPem),
        },
      },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(certPem),
          'client-key-data': base64(keyPem),
        },
      },
    ],
    contexts: [{ context: { cluster, namespace: 'default', user: name }, name }],
    'current-context': name,
  });
}

async function kubeconfig(
  context: CallContext,
  _request: object,
  outlet: StreamOutlet,
): Promise<void> {
  if (context.node.role !== 'controlplane') {
    throw new Failure(status.UNIMPLEMENTED, 'kubeconfig is only available on control plane nodes');
  }
  const nowMs = context.talos.world.clock.now();
  const bytes = gzippedFile('kubeconfig', adminKubeconfig(context), nowMs);
  if (!(await outlet.ready())) return;
  outlet.write({ bytes });
  outlet.end();
}

interface ClientRequest {
  readonly roles: readonly string[];
  readonly crt_ttl: { readonly seconds: string; readonly nanos: number } | null;
}

/** A talosconfig for these roles, signed by this cluster. */
function clientConfiguration(context: CallContext, message: object): object {
  const { talos, node } = context;
  const { roles, crt_ttl: ttl } = message as ClientRequest;
  if (node.role !== 'controlplane') {
    throw new Failure(
      status.FAILED_PRECONDITION,
      "client configuration (talosconfig) can't be generated on worker nodes",
    );
  }
  const ttlMs = Number(ttl?.seconds ?? 0) * 1000;
  if (!(ttlMs > 0)) throw new Failure(status.INVALID_ARGUMENT, 'crt_ttl should be positive');
  const { certPem, keyPem } = talos.lab.pki.talosClient(roles, {
    fromMs: validFromMs(context),
    toMs: talos.world.clock.now() + ttlMs,
  });
  const cluster = node.machine.config?.settings?.clusterName ?? talos.world.facts.clusterName;
  const [role] = roles;
  const name = roles.length === 1 ? `${role?.replace(/^os:/, '')}@${cluster}` : cluster;
  const talosconfig = stringify({
    context: name,
    contexts: {
      [name]: {
        endpoints: [],
        ca: base64(talos.lab.pki.talosCaPem),
        crt: base64(certPem),
        key: base64(keyPem),
      },
    },
  });
  return {
    ca: Buffer.from(talos.lab.pki.talosCaPem),
    crt: Buffer.from(certPem),
    key: Buffer.from(keyPem),
    talosconfig: Buffer.from(talosconfig),
  };
}

export const CREDENTIAL_METHODS: Readonly<Record<string, Method>> = {
  Kubeconfig: { kind: 'stream', roles: ADMINS, answer: kubeconfig },
  GenerateClientConfiguration: {
    kind: 'unary',
    isWrapped: true,
    roles: ADMINS,
    answer: clientConfiguration,
  },
};

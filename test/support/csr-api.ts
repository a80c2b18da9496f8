import type { KubeClient, Shell } from '../../src/clients/types.js';
import { ClientError, CommandFailed } from '../../src/model/errors.js';
import type { Csr } from '../../src/model/kubernetes.js';
import { certificatePem } from './certificate-request.js';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface CsrApi {
  readonly kube: KubeClient;
  /** Knows the two kubectl calls that an approval makes. */
  readonly shell: Shell;
  readonly get: (name: string) => Csr;
  readonly all: () => readonly Csr[];
  readonly change: (name: string, values: Partial<Csr>) => void;
  readonly conditions: (name: string) => readonly Condition[];
  readonly ran: readonly string[];
}

export interface CsrApiOptions {
  /** Certificate for an approved request; null: nobody signs. */
  readonly sign?: (csr: Csr) => string | null;
  /** Called before a PUT is judged. */
  readonly beforePut?: (api: CsrApi, name: string) => void;
  readonly healthz?: () => Promise<string>;
}

const NOT_USED = () => Promise.reject(new Error('This part of the API is not used here.'));

/** The certificates part of a Kubernetes API: versions, conflicts, conditions, a signer. */
export function csrApi(
  initial: readonly Csr[],
  { sign = () => certificatePem(), beforePut, healthz = async () => 'ok' }: CsrApiOptions = {},
): CsrApi {
  const csrs = new Map(initial.map((csr) => [csr.name, csr]));
  const conditions = new Map<string, readonly Condition[]>();
  const ran: string[] = [];

  const get = (name: string): Csr => {
    const csr = csrs.get(name);
    if (csr === undefined) throw new ClientError('not-found', `${name} is gone.`, 'Look again.');
    return csr;
  };
  const change = (name: string, values: Partial<Csr>): void => {
    const csr = get(name);
    const resourceVersion = String(Number(csr.resourceVersion) + 1);
    csrs.set(name, { ...csr, resourceVersion, ...values });
  };
  const rawOf = (name: string) => {
    const { uid, resourceVersion } = get(name);
    return {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name, uid, resourceVersion },
      spec: { extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=1'] } },
      status: {},
    };
  };
  const put = (name: string, body: string): void => {
    beforePut?.(api, name);
    const { metadata, status } = JSON.parse(body);
    const csr = get(name);
    if (metadata.uid !== csr.uid || metadata.resourceVersion !== csr.resourceVersion) {
      throw conflict(name);
    }
    conditions.set(name, status.conditions);
    const signed = sign(csr);
    change(name, {
      state: signed === null ? 'approved' : 'issued',
      certificatePem: signed,
      decidedAtMs: 1,
    });
  };

  const api: CsrApi = {
    get,
    change,
    ran,
    all: () => [...csrs.values()],
    conditions: (name) => conditions.get(name) ?? [],
    kube: {
      watchNodes: () => () => undefined,
      watchCsrs: () => () => undefined,
      watchEvents: () => () => undefined,
      watchPdbs: () => () => undefined,
      leases: NOT_USED,
      health: NOT_USED,
      csr: async (name) => get(name),
      raw: async (path) => rawOf(path.split('/').at(-1) ?? ''),
      write: NOT_USED,
      close: async () => undefined,
    },
    shell: {
      async run(argv, { stdin = '' }) {
        ran.push(argv.join(' '));
        const path = argv[argv.indexOf('--raw') + 1] ?? '';
        if (path.endsWith('/proxy/healthz')) return result(await healthz());
        put(path.split('/').at(-2) ?? '', stdin);
        return result('{}');
      },
    },
  };
  return api;
}

const result = (stdout: string) => ({ stdout, stderr: '', durationMs: 1 });

/** As kubectl 1.33 words a 409. */
const conflict = (name: string): CommandFailed =>
  new CommandFailed(
    ['kubectl', 'replace'],
    1,
    `Error from server (Conflict): Operation cannot be fulfilled on certificatesigningrequests.certificates.k8s.io "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    'Try again.',
  );

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '../model/errors.js';
import { type ClientCertificate, readClientCertificate, validityProblem } from './certificate.js';
import { checkShape, type OperatorFile, problemAt, readOperatorFile } from './operator-file.js';

export interface Kubeconfig {
  readonly file: OperatorFile;
  readonly currentContext: string | null;
  readonly contexts: ReadonlyMap<string, KubeContext>;
}

export interface KubeContext {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  /** `https://10.0.0.20:6443`; null when the named cluster is not in the file. */
  readonly server: string | null;
}

/** What we know of the connection without asking kubectl; it authenticates, we only tell. */
export interface KubeAccess {
  readonly contextName: string;
  readonly kubeconfigPath: string;
  readonly server: string;
  readonly caPem: string | null;
  /** Through which the server is reached; null when it is reached directly. */
  readonly proxyUrl: string | null;
  readonly authentication: 'certificate' | 'token' | 'exec' | 'other';
  /** Null unless the user authenticates with a certificate. */
  readonly certificate: ClientCertificate | null;
}

const text = z
  .string()
  .nullish()
  .transform((value) => value || null);

const clusterShape = z.object({
  name: z.string(),
  cluster: z.object({
    server: text,
    'certificate-authority': text,
    'certificate-authority-data': text,
    'insecure-skip-tls-verify': z.boolean().nullish(),
    'proxy-url': text,
  }),
});
const userFields = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  token: text,
  tokenFile: text,
  exec: z.unknown().optional(),
});
const userShape = z.object({ name: z.string(), user: userFields.nullish() });
const contextShape = z.object({
  name: z.string(),
  context: z.object({ cluster: text, user: text }),
});

/** `clusters: null` is what `kubectl config` writes for an empty list. */
const kubeconfigShape = z.object({
  'current-context': text,
  clusters: z.array(clusterShape).nullish(),
  users: z.array(userShape).nullish(),
  contexts: z.array(contextShape).nullish(),
});

type Content = z.infer<typeof kubeconfigShape>;
type User = z.infer<typeof userFields>;

/** @throws ConfigurationError when the file is missing, unreadable or malformed. It is never written. */
export async function readKubeconfig(path: string): Promise<Kubeconfig> {
  const file = await readOperatorFile('kubeconfig', path);
  const content = checkShape(file, kubeconfigShape);
  const servers = new Map(
    (content.clusters ?? []).map(({ name, cluster }) => [name, cluster.server]),
  );
  return {
    file,
    currentContext: content['current-context'],
    contexts: new Map(
      (content.contexts ?? []).map(({ name, context }) => [
        name,
        {
          name,
          cluster: context.cluster ?? '',
          user: context.user ?? '',
          server: servers.get(context.cluster ?? '') ?? null,
        },
      ]),
    ),
  };
}

/**
 * Where this context leads and as whom; without a name the current one.
 * @throws ConfigurationError for an unknown context, cluster or user, a server that is not https, or
 * verification switched off.
 */
export function kubeAccess(config: Kubeconfig, contextName?: string): KubeAccess {
  const { file } = config;
  const content = checkShape(file, kubeconfigShape);
  const context = chooseContext(config, contextName);
  const { server, caPem, proxyUrl } = clusterOf(file, content, context);
  const user = userOf(file, content, context);
  return {
    contextName: context.name,
    kubeconfigPath: file.path,
    server,
    caPem,
    proxyUrl,
    authentication: authenticationOf(user),
    certificate: certificateOf(file, content, context, user),
  };
}

/** Why the client certificate is refused at this moment, as a warning to show; null while it is valid. */
export function kubeCertificateProblem(
  access: KubeAccess,
  nowMs: number,
): ConfigurationError | null {
  const problem = access.certificate === null ? null : validityProblem(access.certificate, nowMs);
  return problem === null
    ? null
    : new ConfigurationError(
        `The client certificate of context "${access.contextName}" in ${access.kubeconfigPath} ${problem}.`,
        'Fetch a new one with `talosctl kubeconfig`.',
      );
}

function chooseContext(
  { file, contexts, currentContext }: Kubeconfig,
  wanted?: string,
): KubeContext {
  const known = [...contexts.keys()];
  const hint =
    known.length === 0
      ? 'Fetch a kubeconfig with `talosctl kubeconfig`.'
      : `Choose one of: ${known.join(', ')}.`;
  const name = wanted ?? currentContext;
  if (name === null) {
    throw problemAt(file, ['current-context'], 'no current context is set.', hint);
  }
  const context = contexts.get(name);
  if (context === undefined) {
    throw problemAt(file, ['contexts'], `there is no context "${name}".`, hint);
  }
  return context;
}

function clusterOf(
  file: OperatorFile,
  content: Content,
  context: KubeContext,
): Pick<KubeAccess, 'server' | 'caPem' | 'proxyUrl'> {
  const index = (content.clusters ?? []).findIndex(({ name }) => name === context.cluster);
  const cluster = content.clusters?.[index]?.cluster;
  const way = ['clusters', index, 'cluster'];
  if (cluster === undefined) {
    throw problemAt(
      file,
      ['contexts'],
      `context "${context.name}" names the cluster "${context.cluster}", which is not in the file.`,
    );
  }
  if (cluster.server === null || !URL.canParse(cluster.server)) {
    throw problemAt(file, [...way, 'server'], `cluster "${context.cluster}" has no server URL.`);
  }
  if (new URL(cluster.server).protocol !== 'https:') {
    throw problemAt(file, [...way, 'server'], `the server ${cluster.server} is not https.`);
  }
  if (cluster['insecure-skip-tls-verify'] === true) {
    throw problemAt(
      file,
      [...way, 'insecure-skip-tls-verify'],
      'verification of the server certificate is switched off.',
      'Replace insecure-skip-tls-verify by certificate-authority-data of the cluster.',
    );
  }
  return {
    server: cluster.server,
    proxyUrl: cluster['proxy-url'],
    caPem: pemOf(file, [...way, 'certificate-authority'], {
      data: cluster['certificate-authority-data'],
      path: cluster['certificate-authority'],
    }),
  };
}

function userOf(file: OperatorFile, content: Content, context: KubeContext): User {
  const entry = (content.users ?? []).find(({ name }) => name === context.user);
  if (entry === undefined) {
    throw problemAt(
      file,
      ['contexts'],
      `context "${context.name}" names the user "${context.user}", which is not in the file.`,
    );
  }
  return entry.user ?? userFields.parse({});
}

function authenticationOf(user: User): KubeAccess['authentication'] {
  if (user['client-certificate-data'] !== null || user['client-certificate'] !== null) {
    return 'certificate';
  }
  if (user.token !== null || user.tokenFile !== null) return 'token';
  return user.exec === undefined || user.exec === null ? 'other' : 'exec';
}

function certificateOf(
  file: OperatorFile,
  content: Content,
  context: KubeContext,
  user: User,
): ClientCertificate | null {
  const index = (content.users ?? []).findIndex(({ name }) => name === context.user);
  const way = ['users', index, 'user', 'client-certificate'];
  const pem = pemOf(file, way, {
    data: user['client-certificate-data'],
    path: user['client-certificate'],
  });
  if (pem === null) return null;
  try {
    return readClientCertificate(pem);
  } catch {
    throw problemAt(file, way, `the client certificate of "${context.user}" cannot be read.`);
  }
}

/** kubectl takes the data over the path and resolves paths against the kubeconfig's folder (client-go). */
function pemOf(
  file: OperatorFile,
  way: readonly PropertyKey[],
  source: { readonly data: string | null; readonly path: string | null },
): string | null {
  if (source.data !== null) return Buffer.from(source.data, 'base64').toString('utf8');
  if (source.path === null) return null;
  const path = resolve(dirname(file.path), source.path);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw problemAt(file, way, `the file ${path} cannot be read.`);
  }
}

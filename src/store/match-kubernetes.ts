import type { KubeContext, Kubeconfig } from '../clients/kubeconfig.js';
import type { Talosconfig } from '../clients/talosconfig.js';
import type { KubernetesConnection } from '../model/connection.js';
import { ConfigurationError } from '../model/errors.js';

interface Candidate {
  readonly context: KubeContext;
  readonly config: Kubeconfig;
}

/**
 * The Kubernetes context of a Talos context. `talosctl kubeconfig` writes `admin@<cluster>`, and `-1`, `-2` behind
 * it when the name is taken (talos@1.12: kubeconfig merge). Then the same cluster name, a server that is one of the
 * endpoints, and last the only pair there is. A guess beyond that could show the nodes of another cluster.
 */
export function matchKubernetes(
  talosContext: string,
  talosconfig: Talosconfig,
  kubeconfigs: readonly Kubeconfig[],
): KubernetesConnection | null {
  const candidates = kubeconfigs.flatMap((config) =>
    [...config.contexts.values()].map((context): Candidate => ({ context, config })),
  );
  const endpoints = talosconfig.contexts.get(talosContext)?.endpoints ?? [];
  const match =
    candidates.find(({ context }) => context.name === `admin@${talosContext}`) ??
    candidates.find(({ context }) => context.name === talosContext) ??
    candidates.find(({ context }) => context.cluster === talosContext) ??
    only(candidates.filter(({ context }) => isRenamed(context.name, talosContext))) ??
    only(candidates.filter(({ context }) => leadsTo(context, endpoints))) ??
    (talosconfig.contexts.size === 1 ? only(candidates) : undefined);
  return match === undefined
    ? null
    : { kubeconfigPath: match.config.file.path, context: match.context.name };
}

/** Why a cluster that none of these contexts was matched to has no Kubernetes; null when there are no files. */
export function withoutContext(kubeconfigs: readonly Kubeconfig[]): ConfigurationError | null {
  const config = kubeconfigs.find(({ contexts }) => contexts.size === 0) ?? kubeconfigs[0];
  if (config === undefined) return null;
  const { file, contexts, currentContext } = config;
  const current =
    currentContext === null ? '' : `, although its current context is "${currentContext}"`;
  const reason =
    contexts.size === 0
      ? `it has no contexts${current}`
      : `none of its contexts (${[...contexts.keys()].join(', ')}) belongs to this cluster`;
  return new ConfigurationError(
    `The kubeconfig ${file.path} cannot be used: ${reason}.`,
    'Fetch a new one with `talosctl kubeconfig`, or name file and context under `kubernetes` in the cluster file.',
  );
}

function isRenamed(name: string, talosContext: string): boolean {
  const start = `admin@${talosContext}-`;
  return name.startsWith(start) && /^\d+$/.test(name.slice(start.length));
}

function leadsTo({ server }: KubeContext, endpoints: readonly string[]): boolean {
  if (server === null || !URL.canParse(server)) return false;
  const { hostname } = new URL(server);
  return endpoints.some((endpoint) => endpoint.replace(/:\d+$/, '') === hostname);
}

const only = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);

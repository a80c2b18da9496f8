import { isIPv6 } from 'node:net';
import type { KubeAccess } from './kubeconfig.js';

/** Other ways to the same cluster, for when the server in the kubeconfig does not answer. */
export interface KubeAlternatives {
  /** `https://10.0.0.20:6443`, as in the kubeconfig. */
  readonly configured: string;
  /** Who must have certified every one of them. */
  readonly caPem: string;
  /** API servers in front of the same etcd; asked anew at every failure. */
  readonly others: () => readonly string[];
}

/** Where kube-apiserver listens on a Talos node unless it is told otherwise. */
const API_PORT = '6443';

/**
 * @param hosts Addresses or names of the control planes.
 * @returns null where a node is no stand-in for the server: behind a proxy, below a path, or certified by nobody
 * that the kubeconfig names.
 */
export function kubeAlternatives(
  { server, caPem, proxyUrl }: Pick<KubeAccess, 'server' | 'caPem' | 'proxyUrl'>,
  hosts: () => readonly string[],
): KubeAlternatives | null {
  const { host, port, pathname } = new URL(server);
  if (caPem === null || proxyUrl !== null || pathname !== '/') return null;
  // A balancer may listen elsewhere than the servers behind it.
  const ports = [...new Set([port || API_PORT, API_PORT])];
  return {
    configured: server,
    caPem,
    others: () => {
      const all = hosts().flatMap((each) => ports.map((one) => `${bracketed(each)}:${one}`));
      return [...new Set(all)]
        .filter((each) => each !== host && isHost(each))
        .map((each) => `https://${each}`);
    },
  };
}

/** An endpoint of Omni is a URL, and no control plane. */
const isHost = (text: string): boolean =>
  URL.canParse(`https://${text}`) && new URL(`https://${text}`).host === text;

const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

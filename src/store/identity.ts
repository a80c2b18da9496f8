import { isIP } from 'node:net';
import type { KubeAccess } from '../clients/kubeconfig.js';
import type { TalosAccess } from '../clients/talosconfig.js';
import type { Connection } from '../model/connection.js';
import { asIpAddress, type IpAddress } from '../model/ids.js';
import type { ClusterIdentity } from '../model/snapshot.js';

/** Who the cluster is, as far as its configuration files tell. */
export function clusterIdentity(
  connection: Connection,
  talos: Pick<TalosAccess, 'endpoints' | 'nodes' | 'certificate'> | null,
  kubernetes: Pick<KubeAccess, 'server' | 'certificate'> | null,
): ClusterIdentity {
  const endpoints = (talos?.endpoints ?? []).map(withoutPort);
  return {
    name: connection.name,
    endpoints,
    kubernetesServer: kubernetes?.server ?? null,
    vip: virtualAddress(connection, endpoints, kubernetes?.server ?? null),
    isProduction: connection.isProduction,
    isReadOnly: connection.isReadOnly,
    pveUrl: connection.proxmox?.url ?? null,
    talosCertificateEndsAtMs: talos?.certificate.endsAtMs ?? null,
    kubernetesCertificateEndsAtMs: kubernetes?.certificate?.endsAtMs ?? null,
    factoryUrl: connection.factoryUrl,
  };
}

/**
 * Set by hand, or the address that Kubernetes is reached at unless that is one of the nodes. What is none of the
 * cluster's (a load balancer) turns out when no control plane is configured for it.
 */
function virtualAddress(
  { vip }: Connection,
  endpoints: readonly string[],
  server: string | null,
): IpAddress | null {
  if (vip !== null) return isIP(vip) === 0 ? null : asIpAddress(vip);
  if (server === null || !URL.canParse(server)) return null;
  const host = new URL(server).hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 || endpoints.includes(host) ? null : asIpAddress(host);
}

function withoutPort(endpoint: string): string {
  const host = endpoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(endpoint) === 0 ? host : endpoint;
}

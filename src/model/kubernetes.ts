import type { IpAddress, NodeName, SmbiosUuid } from './ids.js';

export interface KubeCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface KubeNode {
  readonly name: NodeName;
  readonly uid: string;
  readonly isControlPlane: boolean;
  /** Ready condition; 'Unknown' when the kubelet was lost. */
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly conditions: readonly KubeCondition[];
  readonly isUnschedulable: boolean;
  /** `talos.dev/cordoned`: Talos itself cordoned the node. */
  readonly isCordonedByTalos: boolean;
  readonly taints: readonly { readonly key: string; readonly effect: string }[];
  readonly internalIps: readonly IpAddress[];
  readonly externalIps: readonly IpAddress[];
  /** Addresses of types Hostname, InternalDNS, ExternalDNS. */
  readonly dnsNames: readonly string[];
  readonly kubeletVersion: string;
  /** `Talos (v1.12.4)` */
  readonly osImage: string;
  readonly systemUuid: SmbiosUuid | null;
  readonly bootId: string;
  readonly isBeingDeleted: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A CertificateSigningRequest as the API gave it, with what the approval PUT needs. */
export interface Csr {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAtMs: number;
  readonly signerName: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly usages: readonly string[];
  readonly expirationSeconds: number | null;
  /** PEM text of `spec.request`, decoded from base64. */
  readonly requestPem: string;
  readonly state: 'pending' | 'approved' | 'issued' | 'denied' | 'failed';
  /** Last Approved/Denied transition, null while pending. */
  readonly decidedAtMs: number | null;
  /** PEM of the issued certificate. */
  readonly certificatePem: string | null;
}

export interface KubeEvent {
  readonly uid: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly atMs: number;
  readonly count: number;
}

export interface KubeLease {
  readonly namespace: string;
  readonly name: string;
  readonly holder: string;
  readonly renewedAtMs: number | null;
  readonly durationSeconds: number;
}

export interface KubePdb {
  readonly namespace: string;
  readonly name: string;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
}

/** Result of `/readyz?verbose`. */
export interface KubeHealth {
  readonly isReady: boolean;
  readonly failedChecks: readonly string[];
  /** gitVersion of the API server, `v1.35.0`. */
  readonly serverVersion: string | null;
  /** `https://10.0.0.12:6443` while the kubeconfig's server does not answer and this control plane is asked; else null. */
  readonly viaServer: string | null;
  /** Of the kubeconfig's server while another one is asked; absent: it does not answer. */
  readonly serverState?: KubeServerState | undefined;
}

/** It does not answer · it answers, and is asked again as soon as it has for a while · it comes and goes. */
export type KubeServerState = 'silent' | 'back' | 'unsteady';

/** A call that failed, in the words of a Go client: `rpc error: code = …`. */
export class CallFailed extends Error {
  /** Of a call to several nodes: it failed before any of them was asked, or ran out of time. */
  readonly isWhole: boolean;

  constructor(text: string, isWhole = false) {
    super(text);
    this.isWhole = isWhole;
  }
}

export const LATE_CALL = 'rpc error: code = DeadlineExceeded desc = context deadline exceeded';

/** A machine as discovery or the caller names it. */
export interface CheckedNode {
  /** The first of them is called. */
  readonly addresses: readonly [string, ...string[]];
  readonly isControlPlane: boolean;
}

export interface ServiceFact {
  readonly id: string;
  /** Of the last event; null = none yet. */
  readonly last: { readonly state: string; readonly message: string } | null;
  readonly isHealthy: boolean;
}

export interface MemberFact {
  readonly id: string;
  readonly hostname: string;
  readonly isLearner: boolean;
  readonly peerHosts: readonly string[];
}

/** The part of Kubernetes objects that the checks read. */
export interface KubeFact {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** What a check may ask. Calls fail with CallFailed. */
export interface ClusterView {
  /** Of the program that checks. */
  readonly minor: number;
  readonly nodes: readonly CheckedNode[];
  readonly services: (address: string) => Promise<readonly ServiceFact[]>;
  /** null = of the node that checks. */
  readonly members: (address: string | null) => Promise<readonly MemberFact[]>;
  readonly version: (address: string) => Promise<unknown>;
  readonly memoryKib: (address: string) => Promise<number>;
  /** null = EPHEMERAL is not there. */
  readonly ephemeral: (address: string) => Promise<VolumeFact | null>;
  readonly diagnostics: (address: string) => Promise<readonly string[]>;
  readonly stage: (address: string) => Promise<string>;
  /** `kube-system/kube-apiserver-talos-cp-01` */
  readonly staticPods: (address: string) => Promise<readonly string[]>;
  readonly cniName: () => Promise<string>;
  readonly kube: (resource: KubeListed) => Promise<readonly KubeFact[]>;
}

interface VolumeFact {
  readonly location: string;
  readonly bytes: number;
}

/** Of `kube-system` where the type has namespaces. */
export type KubeListed = 'nodes' | 'pods' | 'daemonsets' | 'deployments';

export interface HealthCheck {
  readonly name: string;
  /** Up to 1.12: how long it may take. */
  readonly timeoutMs: number;
  /** null = fine, `SKIP` = does not apply, else why not. */
  readonly run: (view: ClusterView) => Promise<string | null>;
}

export const list = (words: readonly string[]): string => `[${words.join(' ')}]`;
export const quoted = (words: readonly string[]): string =>
  list(words.map((word) => JSON.stringify(word)));

export const addressOf = ({ addresses }: CheckedNode): string => addresses[0];
export const controlPlanesOf = ({ nodes }: ClusterView): readonly CheckedNode[] =>
  nodes.filter(({ isControlPlane }) => isControlPlane);

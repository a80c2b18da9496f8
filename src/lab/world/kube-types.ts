/** Resources of a CustomResourceDefinition are kept under its own name: `volumes.longhorn.io`. */
export type CustomResource = `${string}.${string}`;

export type KubeResource =
  | CustomResource
  | 'nodes'
  | 'pods'
  | 'namespaces'
  | 'leases'
  | 'events'
  | 'services'
  | 'daemonsets'
  | 'deployments'
  | 'replicasets'
  | 'statefulsets'
  | 'configmaps'
  | 'poddisruptionbudgets'
  | 'certificatesigningrequests'
  | 'secrets'
  | 'serviceaccounts'
  | 'persistentvolumes'
  | 'persistentvolumeclaims'
  | 'storageclasses'
  | 'csidrivers'
  | 'customresourcedefinitions';

/** One Kubernetes object exactly as the API shows it. Replaced on every write, never mutated. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeMetadata;
  readonly [field: string]: unknown;
}

export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly generateName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly controller?: boolean;
  }[];
}

export interface KubeChange {
  readonly revision: number;
  readonly resource: KubeResource;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For DELETED: the last state, with the revision of the deletion. */
  readonly object: KubeObject;
}

export interface KubeStore {
  /** Per resource, by `namespace/name` or `name`. */
  readonly objects: Map<KubeResource, Map<string, KubeObject>>;
  /** The recent changes, oldest first; a watch from before the first of them gets 410. */
  readonly changes: KubeChange[];
  /** Newest revision that is no longer in `changes`. */
  compactedRevision: number;
  /** How often all of it has been replaced: by a bootstrap, or from a snapshot. */
  foundings: number;
}

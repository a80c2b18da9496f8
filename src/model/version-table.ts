import data from '#assets/versions.json' with { type: 'json' };

/** What is known of one Talos minor; see `assets/versions.json` for the sources. */
export interface TalosRelease {
  /** `v1.13.9`: the latest patch when this was written. */
  readonly latest: string;
  /** The oldest minor that its installer takes over from, `1.11`. */
  readonly upgradableFrom: string;
  /** Minors of Kubernetes that its installer accepts. */
  readonly kubernetes: { readonly min: string; readonly max: string };
  /** Line of etcd that it brings, `3.6`. */
  readonly etcd: string;
  /** What every etcd member has to run before; null: anything. */
  readonly needsEtcd: string | null;
  readonly notes: readonly string[];
}

/** By minor, `1.13`. */
export type VersionTable = Readonly<Record<string, TalosRelease>>;

export const VERSION_TABLE: VersionTable = data.talos;

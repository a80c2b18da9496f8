/** How one cluster is reached: what `clusters/<name>.yaml` or discovery gives. Secrets stay in their files. */
export interface Connection {
  readonly name: string;
  /** Where it was found, for people: `~/.talos/config`, `clusters/home.yaml`, `lab`. */
  readonly origin: string;
  readonly isProduction: boolean;
  readonly isReadOnly: boolean;
  readonly talos: TalosConnection | null;
  readonly kubernetes: KubernetesConnection | null;
  readonly proxmox: ProxmoxConnection | null;
  /** Somebody named a Proxmox, and what they wrote cannot be used: a layer that is not known, not one that is not there. */
  readonly brokenProxmox?: { readonly message: string; readonly hint: string } | undefined;
  readonly factoryUrl: string;
  /** Virtual address when it is set by hand; otherwise derived from the Kubernetes endpoint. */
  readonly vip: string | null;
  readonly snapshotDir: string;
  readonly programs: Programs;
  readonly waits: Waits;
}

/** How long runs wait where an operator may know better. */
export interface Waits {
  /** Nothing new may crash on a node for so long before the next one is touched. */
  readonly quietMs: number;
}

export const DEFAULT_WAITS: Waits = { quietMs: 60_000 };

export interface TalosConnection {
  readonly configPath: string;
  readonly context: string;
}

export interface KubernetesConnection {
  readonly kubeconfigPath: string;
  readonly context: string;
}

export interface ProxmoxConnection {
  /** `https://127.0.0.1:8006` */
  readonly url: string;
  /** One line `user@realm!name=uuid`, mode 0600. */
  readonly tokenFile: string;
  readonly caFile: string | null;
  /** SHA-256 of the leaf certificate, colon separated upper-case hex: pins a self-signed one. */
  readonly fingerprint: string | null;
}

/** Paths or names looked up on PATH. */
export interface Programs {
  readonly talosctl: string;
  readonly kubectl: string;
  readonly helm: string;
}

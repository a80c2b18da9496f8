import type { Recovery } from './talos-bootstrap.js';
import type { TalosImage } from './talos-image.js';
import type { SequenceName } from './talos-journal.js';

export type BootEntry = 'A' | 'B';

/** What of a configuration moves the world; everything else is only kept. */
export interface NodeSettings {
  readonly role: 'controlplane' | 'worker';
  /** null = from the network or from the machine's identity. */
  readonly hostname: string | null;
  readonly clusterName: string;
  readonly clusterId: string;
  readonly endpoint: string;
  readonly installDisk: string;
  readonly installImage: string;
  /** Virtual addresses and the links that they shall appear on. */
  readonly vips: readonly { readonly address: string; readonly link: VipLink }[];
  /** `v1.35.0`, from the image of each component. */
  readonly versions: Readonly<Record<KubernetesPart, string>>;
  /** base64 of PEM. */
  readonly talosCa: { readonly crt: string; readonly key: string };
  readonly kubeCa: { readonly crt: string; readonly key: string };
  /** `flannel`, `none`, `custom`. */
  readonly cni: string;
  readonly growsEphemeral: boolean;
  /** null = all of the disk. */
  readonly ephemeralMaxBytes: number | null;
  /** Whether the kubelet asks the cluster for its serving certificate. */
  readonly rotatesServing: boolean;
  /** Of the token that new kubelets introduce themselves with. */
  readonly bootstrapTokenId: string;
  /** Extension services that have their configuration document. */
  readonly extensionConfigs: readonly string[];
}

export type KubernetesPart = 'kubelet' | 'apiServer' | 'controllerManager' | 'scheduler';

export type VipLink =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'selector' };

/** A configuration as it lies on STATE; `text` null = the one that the lab wrote, made when somebody reads it. */
export interface StoredConfig {
  readonly text: string | null;
  readonly settings: NodeSettings | null;
}

/** systemd-boot knows an image by its file. */
export interface InstalledImage extends TalosImage {
  readonly ukiName?: string;
}

/** A disk that Talos has been installed to. It outlives power and system. */
export interface SystemDisk {
  /** Proxmox' name of the disk: `scsi0`. */
  readonly slot: string;
  readonly bootloader: 'sd-boot' | 'grub';
  /** What starts next, and what would start after a rollback: the running image need not be among them. */
  readonly entries: Record<BootEntry, InstalledImage | null>;
  /** What the boot loader starts next. */
  next: BootEntry;
  /**
   * talos: META 0x06 as it lies on the disk, the entry before the last installation until a start of the new one has
   * succeeded; null = not set.
   */
  fallback: string | null;
  /** null = STATE is empty: maintenance mode. */
  config: StoredConfig | null;
  /** null = wiped: made anew at the next boot. */
  ephemeralBytes: number | null;
  hasEtcdData: boolean;
  /** /var/lib/kubelet/pki, on EPHEMERAL. */
  readonly kubeletCertificates: Set<'client' | 'serving'>;
  readonly meta: Map<number, string>;
}

export type Booted =
  | { readonly medium: 'disk'; readonly entry: BootEntry; readonly ukiName: string }
  | { readonly medium: 'iso'; readonly slot: string; readonly ukiName: string };

export interface RunningSequence {
  readonly name: SequenceName;
  readonly actorId: string;
}

/** Everything of a machine that only Talos knows. */
export interface TalosMachine {
  /** null = a blank disk. */
  systemDisk: SystemDisk | null;
  /** Where the running system came from; null = nothing runs. */
  booted: Booted | null;
  /** The running configuration; differs from that on STATE after `staged` and `try`. */
  config: StoredConfig | null;
  sequence: RunningSequence | null;
  /** Ends the trial of a configuration without reverting it. */
  endTrial: (() => void) | null;
  /** Bytes of each disk as the kernel has last seen them. */
  readonly seenDisks: Map<string, number>;
  /** Names of links that exist: `ens18` or `eth0`. */
  linkName: string;
  /** How far this machine's clock is ahead. */
  clockSkewMs: number;
  /** Booted from a medium although a disk carries Talos: it repeats a message and does nothing else. */
  isHalted: boolean;
  /** A recovery snapshot that was uploaded and not used yet. */
  recovery: Recovery | null;
  /** Set in maintenance mode: takes the first configuration. */
  whenConfigured: ((config: StoredConfig) => void) | null;
  /** Versions of Kubernetes' parts that run here; absent = the lab's. */
  readonly kubernetes: Map<KubernetesPart, string>;
  /** Called when the last service that the boot waits for is up. */
  whenUp: (() => void) | null;
}

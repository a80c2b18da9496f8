import type { FactSource } from '../clients/action-facts.js';
import type { KubeClient, PveClient, Shell, TalosClient } from '../clients/types.js';
import type { Snapshot } from '../model/snapshot.js';

/** The cluster as the run process sees it: live, and closed when the run ends. */
export interface RunSession {
  /** The newest. */
  readonly snapshot: () => Snapshot;
  readonly talos: TalosClient | null;
  readonly kube: KubeClient | null;
  readonly pve: PveClient | null;
  /** The API server that answers instead of the kubeconfig's; null while that one does. Reads go there by themselves. */
  readonly viaServer?: () => string | null;
  readonly shell: Shell;
  readonly facts: FactSource;
  readonly close: () => Promise<void>;
}

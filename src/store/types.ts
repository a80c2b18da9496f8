import type { Catalogue } from '../clients/local-files.js';
import type { KubeClient, PveClient, TalosClient } from '../clients/types.js';
import type { HostFacts } from '../model/host.js';
import type { CommandRecord } from '../model/run.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Runs } from '../runs/types.js';
import type { Store } from './store.js';

/** null: not configured; the slots say so. */
export interface SessionClients {
  readonly talos: TalosClient | null;
  readonly kube: KubeClient | null;
  readonly pve: PveClient | null;
}

/** What is read from this host. null: not read here (a run process does not follow the runs). */
export interface SessionPorts {
  readonly runs: Pick<Runs, 'watch' | 'show'> | null;
  /** The snapshot files of the connection's directory. */
  readonly catalogue: ((directory: string) => Promise<Catalogue>) | null;
  readonly host: (() => Promise<HostFacts>) | null;
  /** Commands that this process runs itself; those of runs are added from their journals. */
  readonly commands?: Store<readonly CommandRecord[]>;
}

export type Tool = 'talos' | 'kubernetes' | 'proxmox' | 'host';

/** Everything we know of one cluster, kept fresh while it runs. */
export interface Session {
  readonly snapshots: Store<Snapshot>;
  readonly start: () => void;
  /** Ends every watch and timer. The clients stay open: who made them closes them. */
  readonly stop: () => void;
  /** Reads every poll at once; with `tool` those of one tool. */
  readonly refresh: (tool?: Tool) => void;
  /** `node`: address, row key or name of the machine that is looked at. */
  readonly setFocus: (focus: { readonly screen: string; readonly node: string | null }) => void;
  /** Nobody touches the keyboard: polls slow down, watches and signs of life do not. */
  readonly setIdle: (isIdle: boolean) => void;
  /** Every slot has left 'waiting'. */
  readonly isSettled: () => boolean;
}

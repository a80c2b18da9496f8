import type { EtcdMember } from './etcd.js';
import type { KubeNode } from './kubernetes.js';
import type { Vm } from './proxmox.js';
import type { TalosNode } from './talos.js';

/** Worst first: fail, unknown, warn, wait, ok; `none` = the layer does not apply (a worker has no etcd). */
export type Level = 'fail' | 'unknown' | 'warn' | 'wait' | 'ok' | 'none';

/** One layer of one machine in one word: `running`, `NotReady`, `unreachable`, … */
export interface LayerState {
  readonly level: Level;
  readonly word: string;
  /** A sentence for the detail view; empty when the word says it all. */
  readonly detail: string;
}

/** What ties two layers together. A name alone never does. */
export type JoinProof = 'mac' | 'smbios-uuid' | 'member-id' | 'address' | 'system-uuid';

/** One row of the overview: VM ↔ Talos node ↔ etcd member ↔ Kubernetes node. */
export interface Machine {
  /** Stable across refreshes: `vm:101`, `talos:10.0.0.11`, `etcd:…`, `kube:…`. */
  readonly key: string;
  readonly name: string;
  readonly role: 'control-plane' | 'worker' | 'unknown';
  readonly joinedBy: readonly JoinProof[];
  /** Every layer present is tied to the others by proof: only then may an action target the machine. */
  readonly isProven: boolean;
  readonly vm: Vm | null;
  readonly talos: TalosNode | null;
  readonly member: EtcdMember | null;
  readonly kubernetes: KubeNode | null;
  readonly layers: {
    readonly vm: LayerState;
    readonly talos: LayerState;
    readonly etcd: LayerState;
    readonly kubernetes: LayerState;
  };
  readonly level: Level;
  /** Worst first, plain words. */
  readonly problems: readonly string[];
}

export interface Verdict {
  readonly level: 'ok' | 'warn' | 'fail' | 'unknown';
  /** Names the broken layer: `etcd: 2 of 3 members healthy, can lose 0`. */
  readonly text: string;
}

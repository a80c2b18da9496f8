import { type Placement, parseSize, type Size } from '../world/topology.js';

/** A state to start a lab in. */
export interface Scenario {
  readonly id: string;
  /** One line. */
  readonly help: string;
  readonly size: Size;
  readonly placement?: Placement;
  /** `v1.13.9`: which Talos the machines run; default the lab's. */
  readonly talosVersion?: string;
  /** Proxmox nodes without the cluster: everything is still to be made. */
  readonly isEmpty?: boolean;
  /** DaemonSets that this cluster was built without. */
  readonly without?: readonly string[];
  /** A file in assets/lab/configs: what the machine configurations say besides the usual. */
  readonly configs?: string;
  /** Names of files in assets/lab/addons. */
  readonly addons?: readonly string[];
  /** `lab do` lines that are applied before the first client comes. */
  readonly changes: readonly string[];
  /** Virtual seconds that pass after the changes: consequences are visible from the start. */
  readonly settleSeconds: number;
}

/** Something that operators really met, to rehearse. */
export interface Incident extends Scenario {
  /** One paragraph: what the operator knows when the phone rings. */
  readonly story: string;
  /** What is wrong, for who wants to know. */
  readonly broken: readonly string[];
  /** What would prove that it is repaired. */
  readonly repaired: readonly string[];
}

const HEALTHY = '3+2';

export interface IncidentOrder {
  readonly id: string;
  readonly help: string;
  /** Default `3+2`. */
  readonly size?: string;
  readonly placement?: Placement;
  readonly changes: readonly string[];
  readonly settleSeconds?: number;
  readonly story: string;
  readonly broken: readonly string[];
  readonly repaired: readonly string[];
}

export const sizeOf = (text: string): Size => {
  const size = parseSize(text);
  if (size === null) throw new Error(`${text} is no size.`);
  return size;
};

export const incident = ({
  size = HEALTHY,
  settleSeconds = 0,
  ...order
}: IncidentOrder): Incident => ({
  ...order,
  size: sizeOf(size),
  settleSeconds,
});

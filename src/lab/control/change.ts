import type { LabNode, LabPveHost, LabStorage, LabVm, ServerName, World } from '../world/types.js';
import { LabUsageError, suggest } from './usage-error.js';

/** One thing that `lab do` can make happen. */
export interface Change {
  readonly id: string;
  /** `NODE [crash|graceful]`; empty = none. */
  readonly args: string;
  /** One line. */
  readonly help: string;
  /** Applies it at once. @returns what happened, in one sentence. @throws LabUsageError before anything changed. */
  readonly run: (context: ChangeContext, args: Arguments) => string;
}

export interface ChangeContext {
  readonly world: World;
  /** Writes the lab's talosconfig or kubeconfig anew, its certificate ended an hour ago (or valid again). */
  readonly renewCredential: (
    file: 'talosconfig' | 'kubeconfig',
    isExpired: boolean,
    /** Without endpoints and nodes; talosconfig only. */
    isAimless?: boolean,
  ) => void;
}

/** What D/bin holds. */
export const PROGRAMS = ['talosctl', 'kubectl', 'helm'] as const;

export const SERVERS: readonly ServerName[] = ['talos', 'kube', 'pve', 'factory'];

/** The words after the change's name, taken one after the other. */
export class Arguments {
  #words: readonly string[];

  constructor(
    readonly change: Pick<Change, 'id' | 'args'>,
    words: readonly string[],
  ) {
    this.#words = words;
  }

  isEmpty(): boolean {
    return this.#words.length === 0;
  }

  /** @throws LabUsageError when something is left over. */
  end(): void {
    const [word] = this.#words;
    if (word !== undefined) throw this.error(`Unexpected word "${word}"`);
  }

  word(what: string): string {
    const [first, ...rest] = this.#words;
    if (first === undefined) throw this.error(`${what} is missing`);
    this.#words = rest;
    return first;
  }

  choice<T extends string>(what: string, choices: readonly T[]): T {
    const word = this.word(what);
    const found = choices.find((choice) => choice.toLowerCase() === word.toLowerCase());
    if (found === undefined) {
      throw new LabUsageError(`${this.change.id}: no ${what} "${word}".`, suggest(word, choices));
    }
    return found;
  }

  /** A number within bounds, fractions allowed. */
  number(what: string, low: number, high: number): number {
    const word = this.word(what);
    const value = Number(word.replace(/%$/, ''));
    if (word.trim() === '' || !Number.isFinite(value) || value < low || value > high) {
      throw new LabUsageError(
        `${this.change.id}: ${what} must be a number, not "${word}".`,
        `Give a value from ${low} to ${high}.`,
      );
    }
    return value;
  }

  /** By hostname, address or guest id. */
  node(world: World, role?: LabNode['role']): LabNode {
    const nodes = [...world.nodes.values()].filter(
      (node) => role === undefined || node.role === role,
    );
    const word = this.word('NODE');
    const found = nodes.find(
      ({ hostname, address, vmId }) =>
        hostname === word || address === word || String(vmId) === word,
    );
    if (found !== undefined) return found;
    const kind = role === 'controlplane' ? 'control plane' : 'node';
    throw new LabUsageError(
      `${this.change.id}: this lab has no ${kind} "${word}".`,
      suggest(
        word,
        nodes.map(({ hostname }) => hostname),
      ),
    );
  }

  vm(world: World): LabVm {
    const word = this.word('VMID');
    const found = [...world.vms.values()].find(
      (vm) => String(vm.vmId) === word || vm.config.name === word,
    );
    if (found !== undefined) return found;
    throw new LabUsageError(
      `${this.change.id}: this lab has no VM "${word}".`,
      suggest(word, [...world.vms.keys()].map(String)),
    );
  }

  storage(world: World): LabStorage {
    const isOnly = world.pveHosts.size === 1;
    const nameOf = ({ name, pveNode }: LabStorage): string =>
      isOnly ? name : `${pveNode}/${name}`;
    const name = this.choice('STORAGE', world.storages.map(nameOf));
    const found = world.storages.find((storage) => nameOf(storage) === name);
    if (found === undefined) throw this.error(`no storage ${name}`);
    return found;
  }

  pveHost(world: World): LabPveHost {
    const name = this.choice('PVE node', [...world.pveHosts.keys()]);
    const found = world.pveHosts.get(name);
    if (found === undefined) throw this.error(`no Proxmox node ${name}`);
    return found;
  }

  error(problem: string): LabUsageError {
    const { id, args } = this.change;
    return new LabUsageError(
      `${id}: ${problem}.`,
      `Usage: lab do ${id}${args === '' ? '' : ` ${args}`}.`,
    );
  }
}

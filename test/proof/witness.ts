import type { LabNode, World } from '../../src/lab/world/types.js';
import { kubeNode } from '../soak/sim-nodes.js';

/** What happened in the world, by its name: `boot talos-w-01` → 1. */
export type Effects = ReadonlyMap<string, number>;

export interface Witness {
  readonly effects: () => Effects;
  readonly stop: () => void;
}

/** Counts from the side of the world what a run did; asks none of our own code. */
export function watchWorld(world: World): Witness {
  const counts = new Map<string, number>();
  const seen = new Map<string, { bootId: string; isCordoned: boolean; journal: unknown }>();
  const earlierTasks = new Set(world.pveTasks.map(({ upid }) => upid));
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

  const listen = (node: LabNode): void => {
    node.journal.onLine(({ text }) => {
      if (/installation of \S+ complete/.test(text)) count(`install ${node.hostname}`);
    });
  };
  const isCordoned = (node: LabNode): boolean =>
    kubeNode(world, node.hostname)?.isUnschedulable ?? false;

  /** What a guest boots from; written without a task. */
  const boots = new Map<number, string>();

  const look = (): void => {
    for (const { vmId, config, pending } of world.vms.values()) {
      const now = JSON.stringify([pending.boot ?? config.boot, pending.ide2 ?? config.ide2]);
      if (boots.has(vmId) && boots.get(vmId) !== now) count(`boot order ${vmId}`);
      boots.set(vmId, now);
    }
    for (const node of world.nodes.values()) {
      const before = seen.get(node.hostname);
      const now = { bootId: node.bootId, isCordoned: isCordoned(node), journal: node.journal };
      seen.set(node.hostname, now);
      if (before?.journal !== now.journal) listen(node);
      if (before === undefined) continue;
      if (before.bootId !== now.bootId) count(`boot ${node.hostname}`);
      if (before.isCordoned !== now.isCordoned) {
        count(`${now.isCordoned ? 'cordon' : 'uncordon'} ${node.hostname}`);
      }
    }
    for (const { upid, type, objectId } of world.pveTasks) {
      if (earlierTasks.has(upid)) continue;
      earlierTasks.add(upid);
      count(`task ${type} ${objectId}`);
    }
  };
  look();
  return { effects: () => new Map([...counts].sort()), stop: world.subscribe(look) };
}

export const effectsText = (effects: Effects): string =>
  [...effects].map(([what, times]) => (times === 1 ? what : `${what} ×${times}`)).join(', ') ||
  'nothing';

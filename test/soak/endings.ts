import type { Plan } from '../../src/actions/types.js';
import { installerImage } from '../../src/lab/world/talos-image.js';
import type { World } from '../../src/lab/world/types.js';
import type { JournalLine } from '../../src/runs/types.js';
import { kubeNode } from './sim-nodes.js';

/** What an ending claims must be so in the world, and every ending has a name. */
export function judgeEnd(
  world: World,
  plan: Plan,
  outcome: 'succeeded' | 'failed' | 'cancelled',
  journal: readonly JournalLine[],
): readonly string[] {
  const last = journal.at(-1);
  if (outcome === 'succeeded') return claims(world, plan);
  const state = last?.type === 'failed' || last?.type === 'cancelled' ? last.state : '';
  const hint = last?.type === 'failed' || last?.type === 'cancelled' ? last.hint : '';
  const isBug = last?.type === 'failed' && /unexpected|bug/i.test(last.error);
  return [
    ...(state === '' ? [`it ended as ${outcome} without a named state`] : []),
    ...(hint === '' && last?.type === 'failed' && last.step !== null
      ? ['it failed without a next step']
      : []),
    ...(isBug ? [`a bug of ours: ${last.error}`] : []),
    ...unnamedMarks(world, plan, state),
  ];
}

/** Cordon and drain leave their mark on nodes that they have finished. */
function unnamedMarks(world: World, { action, answers }: Plan, state: string): readonly string[] {
  if (action === 'cordon' || action === 'drain') return [];
  return markedNodes(world, answers)
    .filter((name) => !new RegExp(`\\b${name}: [^.]*\\bmarked\\b`).test(state))
    .map((name) => `${name} was left with our mark, and the end does not name it: ${state}`);
}

const markedNodes = (world: World, { pinned = '{}' }: Plan['answers']): readonly string[] => {
  const { mark } = JSON.parse(pinned) as { readonly mark?: string };
  return [...world.nodes.keys()].filter(
    (name) => mark !== undefined && kubeNode(world, name)?.mark === mark,
  );
};

interface PinnedTarget {
  readonly name: string;
  readonly bootId?: string;
  readonly image?: string;
}

function claims(world: World, plan: Plan): readonly string[] {
  const pinned = JSON.parse(plan.answers.pinned ?? '{}') as {
    readonly mark?: string;
    readonly sizeBytes?: number;
    readonly targets?: readonly PinnedTarget[];
  };
  const left = [...world.nodes.keys()].filter((name) => {
    const mark = kubeNode(world, name)?.mark;
    return (
      mark != null && mark === pinned.mark && plan.action !== 'cordon' && plan.action !== 'drain'
    );
  });
  return [
    ...left.map((name) => `${name} was left with our mark by a run that succeeded`),
    ...(pinned.targets ?? []).flatMap((target) => claimsOf(world, plan.action, target)),
  ];
}

function claimsOf(world: World, action: string, target: PinnedTarget): readonly string[] {
  const node = world.nodes.get(target.name);
  if (node === undefined) return [`${target.name} is gone`];
  const kube = kubeNode(world, target.name);
  switch (action) {
    case 'upgrade-talos': {
      const image = target.image === undefined ? null : installerImage(world, target.image);
      return image === null || node.talosVersion === image.talosVersion
        ? []
        : [`${target.name} runs ${node.talosVersion}, said to run ${image.talosVersion}`];
    }
    case 'disarm-node': {
      const disk = node.machine.systemDisk;
      const next = disk?.entries[disk.next]?.talosVersion;
      return next === node.talosVersion
        ? []
        : [`${target.name} runs ${node.talosVersion} and starts ${next} next`];
    }
    case 'reboot-node':
    case 'resize-ephemeral':
      return node.bootId === target.bootId ? [`${target.name} was not rebooted`] : [];
    case 'cordon':
    case 'drain':
      return kube?.isUnschedulable === true ? [] : [`${target.name} is schedulable`];
    case 'uncordon':
      return kube?.isUnschedulable === false ? [] : [`${target.name} is not schedulable`];
    default:
      return [];
  }
}

import { formatList } from '../../model/format.js';
import { ALL } from '../all.js';
import { type NodeTarget, resolveTargets } from '../node-target.js';
import { resolveWork, type WorkTarget } from '../node-work.js';
import { refusal, usageError } from '../refusal.js';
import type { Answers, PlanContext, Refusal } from '../types.js';
import { refuseStraySchematics, type Wish, wishOf } from './answers.js';
import { refuseArmed } from './armed.js';
import { type ImageVerdict, type Running, runningOf, verdictOf } from './detect.js';
import { type ChosenImage, chooseImage } from './image.js';
import { arrange } from './order.js';
import type { Upgrade } from './target.js';
import { judgeVersions, pathOf, refuseSkew } from './versions.js';

/** What was found about one node, for the preview. */
export interface Found {
  readonly target: NodeTarget;
  readonly running: Running;
  readonly verdict: ImageVerdict;
  readonly image: ChosenImage;
}

export interface Choice {
  readonly upgrade: Upgrade;
  readonly found: readonly Found[];
  /** They run the version and the schematic already. */
  readonly skipped: readonly NodeTarget[];
  readonly notes: readonly string[];
}

/** Everything that planning decides on live data. */
export function choose(context: PlanContext, version: string): Choice | Refusal {
  const { answers } = context;
  const wish = wishOf(answers, version);
  if ('kind' in wish) return wish;
  const targets = resolveTargets(context, answers.node ?? ALL);
  if ('kind' in targets) return targets;
  const stray = refuseStraySchematics(wish, targets);
  if (stray !== null) return stray;
  const looked = lookAt(context, targets);
  if ('kind' in looked) return looked;
  const notes = judgeVersions(context, wish, looked);
  if ('kind' in notes) return notes;
  const found = chooseImages(context, wish, looked);
  if ('kind' in found) return found;
  const pending = found.filter((each) => !isThere(each, wish));
  if (pending.length === 0) {
    return refusal(
      `${formatList(targets.map(({ name }) => name))} ${targets.length === 1 ? 'runs' : 'run'} ${wish.version} with that schematic already.`,
      'There is nothing to do.',
    );
  }
  const refused =
    (wish.isArmedIgnored
      ? null
      : refuseArmed(
          context,
          pending.map(({ target }) => target.name),
        )) ??
    firstRefusal(pending, ({ target, running }) => refuseSkew(context, target, running, wish)) ??
    firstRefusal(pending, (each) => refuseKernelArguments(context, wish, each));
  if (refused !== null) return refused;
  const upgrade = workOn(context, wish, pending);
  if ('kind' in upgrade) return upgrade;
  const skipped = found.filter((each) => isThere(each, wish)).map(({ target }) => target);
  return { upgrade, found: pending, skipped, notes };
}

interface Looked {
  readonly target: NodeTarget;
  readonly running: Running;
}

function lookAt(context: PlanContext, targets: readonly NodeTarget[]): readonly Looked[] | Refusal {
  const looked: Looked[] = [];
  for (const target of targets) {
    const running = runningOf(context, target);
    if ('kind' in running) return running;
    looked.push({ target, running });
  }
  return looked;
}

function chooseImages(
  context: PlanContext,
  wish: Wish,
  looked: readonly Looked[],
): readonly Found[] | Refusal {
  const found: Found[] = [];
  for (const { target, running } of looked) {
    const verdict = verdictOf(running);
    const image = chooseImage(context, target, { running, verdict, wish });
    if ('kind' in image) return image;
    found.push({ target, running, verdict, image });
  }
  return found;
}

const isThere = ({ running, image }: Found, { version }: Wish): boolean =>
  running.tag === version && running.schematic === image.schematic;

function firstRefusal(
  found: readonly Found[],
  refuse: (each: Found) => Refusal | null,
): Refusal | null {
  for (const each of found) {
    const refused = refuse(each);
    if (refused !== null) return refused;
  }
  return null;
}

/** talos@1.13: the call that installs does not pass them on where GRUB starts the node. */
function refuseKernelArguments(
  context: PlanContext,
  wish: Wish,
  { target, running }: Found,
): Refusal | null {
  const isAtStake = running.hasExtraKernelArgs === true && running.isUki === false;
  if (!isAtStake || pathOf(context, running, wish) !== 'split') return null;
  return refusal(
    `${target.name} has extra kernel arguments in its configuration, which the new way to upgrade would lose.`,
    'Move them into the schematic, or set path=legacy.',
    'G-IMAGE',
  );
}

function workOn(context: PlanContext, wish: Wish, pending: readonly Found[]): Upgrade | Refusal {
  const { answers } = context;
  const work = resolveWork(context, {
    nodes: pending.map(({ target }) => target.name).join(','),
    drain: answers.drain,
    snapshot: answers.snapshot ?? 'yes',
    action: 'upgrade-talos',
  });
  if ('kind' in work) return work;
  const arranged = arrange(work.targets, answers);
  if ('kind' in arranged) return arranged;
  const targets = arranged.flatMap((target) => upgradeTargetOf(context, wish, pending, target));
  if (targets.length !== arranged.length) {
    return usageError('A node was resolved twice.', 'Name every node once.');
  }
  return { ...work, version: wish.version, drainTimeoutMs: wish.drainTimeoutMs, targets };
}

function upgradeTargetOf(
  context: PlanContext,
  wish: Wish,
  pending: readonly Found[],
  target: WorkTarget,
): Upgrade['targets'] {
  const found = pending.find((each) => each.target.address === target.address);
  if (found === undefined) return [];
  const { running, image } = found;
  return [
    {
      ...target,
      from: running.tag,
      image: image.reference,
      schematic: image.schematic,
      extensions: [...image.extensions],
      path: pathOf(context, running, wish),
    },
  ];
}

export const versionAnswer = ({ version }: Answers): string | null => {
  const text = version?.trim() ?? '';
  return text === '' ? null : text;
};

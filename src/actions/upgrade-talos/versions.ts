import { formatList } from '../../model/format.js';
import { freshValue, knownValue } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import { recommendedTarget, upgradeTargets } from '../../model/version-choice.js';
import {
  isMinorAtLeast,
  judgeUpgrade,
  parseVersion,
  talosctlSkew,
} from '../../model/version-plan.js';
import type { NodeTarget } from '../node-target.js';
import { refusal, usageError } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';
import type { Wish } from './answers.js';
import type { Running } from './detect.js';
import type { UpgradePath } from './target.js';

/** Of all API servers and kubelets; undefined while one of them is not known. */
function kubernetesVersions({ kubeHealth, kubeNodes }: Snapshot): readonly string[] | undefined {
  const server = freshValue(kubeHealth)?.serverVersion;
  const nodes = freshValue(kubeNodes);
  return server == null || nodes === undefined
    ? undefined
    : [server, ...nodes.map(({ kubeletVersion }) => kubeletVersion)];
}

const etcdVersions = ({ talosNodes }: Snapshot): readonly string[] =>
  [...talosNodes.values()].flatMap(({ etcd }) => knownValue(etcd)?.protocolVersion ?? []);

const availableVersions = ({ facts }: PlanContext): readonly string[] =>
  freshValue(facts.inspection.factory)?.versions ?? [];

/** Notes when every step is legal, otherwise the first reason against one. */
export function judgeVersions(
  context: PlanContext,
  { version }: Wish,
  all: readonly { readonly target: NodeTarget; readonly running: Running }[],
): readonly string[] | Refusal {
  const kubernetes = kubernetesVersions(context.snapshot);
  if (kubernetes === undefined) {
    return refusal(
      'The versions of Kubernetes in the cluster are not known.',
      'Wait until the Kubernetes API answers.',
      'G-PATH',
    );
  }
  const etcd = etcdVersions(context.snapshot);
  const notes: string[] = [];
  for (const { target, running } of all) {
    const verdict = judgeUpgrade({
      current: running.tag,
      target: version,
      kubernetes,
      etcd,
      available: availableVersions(context),
    });
    if (verdict.kind === 'illegal') {
      const { why, reason, hint } = verdict;
      if (why === 'malformed') return usageError(reason, hint);
      return refusal(all.length === 1 ? reason : `${target.name}: ${reason}`, hint, 'G-PATH');
    }
    notes.push(...verdict.notes);
  }
  return [...new Set(notes)];
}

const tagsOf = ({ talosNodes }: Snapshot): readonly string[] =>
  [...talosNodes.values()].flatMap(({ version }) => knownValue(version)?.tag ?? []);

/** Which of these is best for every node; null while that is not known. */
export function recommendedOf(context: PlanContext, choices: readonly string[]): string | null {
  const kubernetes = kubernetesVersions(context.snapshot);
  if (kubernetes === undefined) return null;
  const etcd = etcdVersions(context.snapshot);
  const available = availableVersions(context);
  return recommendedTarget(
    choices,
    tagsOf(context.snapshot).map((current) => ({ current, kubernetes, etcd, available })),
  );
}

/** Which versions may be asked for, newest first: what the oldest node can take. */
export function choicesOf(context: PlanContext): readonly string[] {
  const tags = tagsOf(context.snapshot);
  const available = availableVersions(context);
  const lists = tags.map((tag) => upgradeTargets(tag, available));
  const [first = [], ...others] = lists;
  return first.filter((each) => others.every((list) => list.includes(each)));
}

/** Why there is nothing to choose from. */
export function refuseWithoutChoice(context: PlanContext): Refusal {
  const tags = [...new Set(tagsOf(context.snapshot))];
  if (tags.length === 0) {
    return refusal('What the nodes run has not been read yet.', 'Wait a moment.');
  }
  const strange = tags.filter((tag) => parseVersion(tag) === null);
  if (strange.length > 0) {
    return refusal(
      `${formatList(strange)} is no release of Talos: where its nodes can go is not known.`,
      'Upgrade them by hand, or name the other nodes: set version and node.',
      'G-PATH',
    );
  }
  const available = availableVersions(context);
  if (tags.some((tag) => upgradeTargets(tag, available).length > 0)) {
    return refusal(
      'There is no version that every node can go to in one step.',
      'Upgrade the older nodes first: set version and node.',
      'G-PATH',
    );
  }
  return refusal(
    `Every node already runs the newest known version of Talos: ${formatList(tags)}.`,
    context.facts.inspection.factory.state === 'fresh'
      ? `There is nothing to upgrade; for another schematic set version=${tags[0]} and schematic or extensions.`
      : 'The Image Factory has not told what it has: set version to go to one that is not listed here.',
  );
}

/** A client that is too far away may use calls that the node lacks (operations G-BIN), before or after. */
export function refuseSkew(
  { facts }: PlanContext,
  { name }: NodeTarget,
  { tag }: Running,
  { version }: Wish,
): Refusal | null {
  const { talosctl } = facts;
  if (talosctl.state !== 'usable') return null;
  const far = [tag, version].find((each) => {
    const skew = talosctlSkew(talosctl.version, each);
    return skew === null || Math.abs(skew) > 1;
  });
  if (far === undefined) return null;
  return refusal(
    `talosctl ${talosctl.version} is more than a minor version away from ${far}, which ${name} ${far === tag ? 'runs' : 'would run'}.`,
    `Install talosctl ${tag}, or set its path in the settings.`,
    'G-BIN',
  );
}

/** The first minor whose nodes and talosctl know the parts of an upgrade (talos reference 4.1). */
const SPLIT_MINOR = 13;

export function pathOf(
  { facts }: PlanContext,
  { tag }: Running,
  { isLegacyForced }: Wish,
): UpgradePath {
  const { talosctl } = facts;
  const isAble = talosctl.state === 'usable' && isMinorAtLeast(talosctl.version, SPLIT_MINOR);
  if (!isAble || !isMinorAtLeast(tag, SPLIT_MINOR)) return 'legacy';
  return isLegacyForced ? 'forced-legacy' : 'split';
}

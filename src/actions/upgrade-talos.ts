import type { IpAddress } from '../model/ids.js';
import type { ConfigMode } from '../model/inspection.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { ALL } from './all.js';
import { againStep } from './etcd-snapshot/again.js';
import { configGate } from './gates/config.js';
import { ephemeralGate } from './gates/ephemeral.js';
import { imageGate } from './gates/image.js';
import { askForNodes, missingForNodes, refuseWithoutMeans } from './node-asked.js';
import { type NodeJob, planWork, worldOf } from './node-plan.js';
import { type NodeTarget, resolveTargets, wantsFor } from './node-target.js';
import { isControlPlane, isOutage, isResolved, namesText } from './node-work.js';
import { PINNED, pin, unpin } from './pinned.js';
import { rebootedSince } from './steps/reboot.js';
import type { Action, Answers, Form, Plan, PlanContext, Question, Refusal } from './types.js';
import { schematicAnswer, wishOf } from './upgrade-talos/answers.js';
import { choose, versionAnswer } from './upgrade-talos/choose.js';
import { upgradeOptions } from './upgrade-talos/options.js';
import { previewLines } from './upgrade-talos/preview.js';
import { factoryHost, parseReference, referenceText } from './upgrade-talos/reference.js';
import { armStep, proofStep, pullStep, startStep, upgradeStep } from './upgrade-talos/steps.js';
import { type Upgrade, type UpgradeTarget, upgradeSchema } from './upgrade-talos/target.js';
import { choicesOf, recommendedOf, refuseWithoutChoice } from './upgrade-talos/versions.js';

/** Level 3 with a control plane or with several nodes, 2 for one worker. */
export const upgradeTalos: Action = {
  id: 'upgrade-talos',
  title: 'Upgrade Talos',
  description:
    'Moves nodes to a Talos version or schematic, keeping their extensions: snapshot first, one node at a time, each proven before the next.',
  key: 'U',
  level: 3,
  answerNames: [
    'version',
    'node',
    'canary',
    'order',
    'schematic',
    'extensions',
    'flavour',
    'path',
    'drain',
    'timeout',
    'snapshot',
    'armed',
  ],
  wants,
  missing,
  options: (context) => upgradeOptions(context, versionQuestion(context)),
  plan,
};

function wants(snapshot: Snapshot, answers: Answers) {
  const pinned = unpin(upgradeSchema, answers);
  if (pinned !== null) {
    const targets = 'kind' in pinned ? [] : pinned.targets;
    return {
      ...wantsFor(snapshot, targets, { images: targets.map(({ image }) => image) }),
      configs: targets.flatMap(({ address, image }) =>
        configWant(address, parseReference(image)?.platform),
      ),
    };
  }
  const resolved = resolveTargets({ snapshot }, answers.node ?? ALL);
  const targets = 'kind' in resolved ? [] : resolved;
  return {
    ...wantsFor(snapshot, targets, {
      images: targets.flatMap((target) => imagesFor(snapshot, answers, target)),
      factoryVersion: runningTag(snapshot),
    }),
    configs:
      versionAnswer(answers) === null
        ? []
        : targets.flatMap(({ address }) => configWant(address, platformOf(snapshot, address))),
  };
}

/** Talos itself validates by its platform (talos: runtime/v1alpha1/platform): what is a cloud has nothing to install. */
const configWant = (node: IpAddress, platform: string | undefined) =>
  platform === undefined ? [] : [{ node, mode: MODES[platform] ?? ('cloud' as const) }];

const MODES: Readonly<Record<string, ConfigMode>> = { metal: 'metal', container: 'container' };

function platformOf({ talosNodes }: Snapshot, address: IpAddress): string | undefined {
  const node = talosNodes.get(address);
  return node === undefined ? undefined : knownValue(node.version)?.platform;
}

/** Secure Boot is known after the inspection only: both are asked for. */
function imagesFor(snapshot: Snapshot, answers: Answers, target: NodeTarget): readonly string[] {
  const version = versionAnswer(answers);
  const wish = version === null ? null : wishOf(answers, version);
  const node = snapshot.talosNodes.get(target.address);
  const platform = platformOf(snapshot, target.address);
  if (wish === null || 'kind' in wish || node === undefined || platform === undefined) return [];
  const schematic = schematicAnswer(wish, target) ?? knownValue(node.image)?.schematic ?? null;
  if (schematic === null) return [];
  const host = factoryHost(snapshot.cluster.factoryUrl);
  return [false, true].map((isSecureBoot) =>
    referenceText({ host, platform, isSecureBoot, schematic, tag: wish.version }),
  );
}

/** Any version that surely exists: the factory tells the others along with it. */
const runningTag = ({ talosNodes }: Snapshot): string | null =>
  [...talosNodes.values()].flatMap(({ version }) => knownValue(version)?.tag ?? [])[0] ?? null;

function missing(snapshot: Snapshot, answers: Answers): readonly string[] {
  if (answers[PINNED] !== undefined) return [];
  const silent = [...snapshot.talosNodes.values()].filter(
    ({ version, image }) => version.state === 'waiting' || image.state === 'waiting',
  );
  return [
    ...missingForNodes(snapshot, answers),
    ...silent.map(({ address }) => `the image of ${address}`),
    ...(snapshot.kubeHealth.state === 'waiting' ? ['the version of Kubernetes'] : []),
    // They alone tell which nodes are armed.
    ...(snapshot.runs.state === 'waiting' ? ['the runs of this host'] : []),
  ];
}

function plan(context: PlanContext): Plan | Refusal | Form {
  const refused = refuseWithoutMeans(context);
  if (refused !== null) return refused;
  const { answers } = context;
  const pinned = unpin(upgradeSchema, answers);
  if (pinned !== null) {
    return 'kind' in pinned ? pinned : planUpgrade(context, pinned, { answers, lines: [] });
  }
  const version = versionAnswer(answers);
  if (version === null) return askForVersion(context);
  const choice = choose(context, version);
  if ('kind' in choice) return choice;
  const { upgrade } = choice;
  const isFixed = isResolved(upgrade) && context.facts.talosctl.state === 'usable';
  return planUpgrade(context, upgrade, {
    answers: isFixed ? { ...answers, [PINNED]: pin(upgradeSchema, upgrade) } : answers,
    lines: previewLines(choice),
  });
}

function askForVersion(context: PlanContext): Form | Refusal {
  const versions = choicesOf(context);
  if (versions.length === 0) return refuseWithoutChoice(context);
  const nodes = askForNodes(context, 'Upgrade Talos');
  return {
    ...nodes,
    questions: [
      versionQuestion(context),
      ...nodes.questions.map((question) => ({ ...question, suggestion: ALL })),
    ],
  };
}

function versionQuestion(context: PlanContext): Question {
  const versions = choicesOf(context);
  const recommended = recommendedOf(context, versions);
  return {
    name: 'version',
    label: 'Talos version',
    kind: 'choice',
    choices: versions.map((value) => ({
      value,
      label: value === recommended ? `${value} (recommended)` : value,
    })),
    suggestion: recommended ?? '',
    // Never by default: where the cluster goes is the operator's to say.
    isToBeSaid: true,
    problem: null,
  };
}

function planUpgrade(
  context: PlanContext,
  upgrade: Upgrade,
  { answers, lines }: Pick<Plan, 'answers' | 'lines'>,
): Plan {
  const planned = planWork(context, upgrade, jobOf(context, upgrade), {
    action: upgradeTalos.id,
    answers,
    summary: `Upgrade Talos to ${upgrade.version}: ${namesText(upgrade)}`,
    lines,
    // talos@1.12 to 1.14: Upgrade and LifecycleService are for os:admin alone, unlike Reboot.
    roles: ['os:admin'],
    undo: 'rollback-node starts the installation of before, one node at a time, as long as etcd has not moved to a newer line.',
    awayText:
      'one node at a time, each for about 2–6 minutes; the Kubernetes API goes on through the others',
  });
  const isGrave = planned.level === 3 || upgrade.targets.some(isControlPlane) || isOutage(upgrade);
  return isGrave ? { ...planned, level: 3, confirmName: context.connection.name } : planned;
}

function jobOf(context: PlanContext, upgrade: Upgrade): NodeJob<UpgradeTarget> {
  const world = worldOf(context, upgrade);
  const passed = (target: UpgradeTarget) => rebootedSince(target, target.bootId);
  return {
    passed,
    ...(upgrade.drainTimeoutMs === null ? {} : { drainTimeoutMs: upgrade.drainTimeoutMs }),
    gates: (target) => (live) => [
      imageGate(live, target.image),
      configGate(live, target, upgrade.version),
      ephemeralGate(live, target),
    ],
    before: (target, gates) => [
      ...(upgrade.snapshot !== null && isControlPlane(target)
        ? [againStep(world, target, upgrade.snapshot, passed(target))]
        : []),
      ...(target.path === 'split' ? [pullStep(world, target), armStep(world, target, gates)] : []),
    ],
    core: (target, gates) =>
      target.path === 'split'
        ? [startStep(world, target, gates), proofStep(target)]
        : [upgradeStep(world, target, gates), proofStep(target)],
  };
}

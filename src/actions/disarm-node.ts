import { formatList } from '../model/format.js';
import type { NodeName } from '../model/ids.js';
import { machinesOf } from '../model/machines.js';
import type { Snapshot } from '../model/snapshot.js';
import { disarmStep } from './disarm-node/step.js';
import {
  type Disarm,
  type DisarmTarget,
  disarmSchema,
  disarmTarget,
  imagesOf,
} from './disarm-node/target.js';
import { automationGate } from './gates/automation.js';
import { ephemeralGate } from './gates/ephemeral.js';
import { imageGate } from './gates/image.js';
import { machinesGate } from './gates/machines.js';
import { ownGate } from './gates/own.js';
import { programGate } from './gates/programs.js';
import { directEndpoints, roleGate, talosconfigGate } from './gates/talosconfig.js';
import { askForNodes, missingForNodes, refuseWithoutMeans } from './node-asked.js';
import { unreadGate } from './node-plan.js';
import { resolveTargets, wantsFor } from './node-target.js';
import { isResolved } from './node-work.js';
import { PINNED, pin, unpin } from './pinned.js';
import { gatesForAll } from './steps/node-gates.js';
import type { Gates } from './steps/world.js';
import type { Action, Answers, Form, Gate, Plan, PlanContext, Refusal } from './types.js';
import { armedBy } from './upgrade-talos/armed.js';
import { pullStep } from './upgrade-talos/steps.js';

/** Level 2: nothing is taken away, but the boot loader of the node is written. */
export const disarmNode: Action = {
  id: 'disarm-node',
  title: 'Disarm nodes',
  description:
    'Takes back an installation that waits for the next boot: writes the running version of Talos again as what starts next, without a reboot.',
  key: null,
  level: 2,
  answerNames: ['node'],
  options: (context) => askForArmed(context).questions,
  wants,
  missing,
  plan,
};

function wants(snapshot: Snapshot, answers: Answers) {
  const pinned = unpin(disarmSchema, answers);
  if (pinned !== null) {
    const targets = 'kind' in pinned ? [] : pinned.targets;
    return wantsFor(snapshot, targets, { images: targets.map(({ image }) => image) });
  }
  const resolved = answers.node === undefined ? [] : resolveTargets({ snapshot }, answers.node);
  const targets = 'kind' in resolved ? [] : resolved;
  return wantsFor(snapshot, targets, {
    images: targets.flatMap((target) => imagesOf(snapshot, target)),
  });
}

function missing(snapshot: Snapshot, answers: Answers): readonly string[] {
  if (answers[PINNED] !== undefined) return [];
  const silent = [...snapshot.talosNodes.values()].filter(
    ({ version, image }) => version.state === 'waiting' || image.state === 'waiting',
  );
  return [
    ...missingForNodes(snapshot, answers),
    ...silent.map(({ address }) => `the image of ${address}`),
    ...(snapshot.runs.state === 'waiting' ? ['the runs of this host'] : []),
  ];
}

function plan(context: PlanContext): Plan | Refusal | Form {
  const refused = refuseWithoutMeans(context);
  if (refused !== null) return refused;
  const { answers } = context;
  const pinned = unpin(disarmSchema, answers);
  if (pinned !== null) return 'kind' in pinned ? pinned : planDisarm(context, pinned, answers);
  if (answers.node === undefined) return askForArmed(context);
  const resolved = resolveTargets(context, answers.node);
  if ('kind' in resolved) return resolved;
  const targets: DisarmTarget[] = [];
  for (const target of resolved) {
    const found = disarmTarget(context, target);
    if ('kind' in found) return found;
    targets.push(found);
  }
  const disarm: Disarm = { endpoints: directEndpoints(context), targets };
  return planDisarm(
    context,
    disarm,
    isResolved(disarm) ? { ...answers, [PINNED]: pin(disarmSchema, disarm) } : answers,
  );
}

/** The ones that a run of this host has armed are suggested; nobody else knows of others. */
function askForArmed(context: PlanContext): Form {
  const { snapshot, connection } = context;
  const armed = machinesOf(snapshot).flatMap(({ kubernetes }) =>
    kubernetes !== null && armedBy(snapshot, connection.name, kubernetes.name) !== null
      ? [kubernetes.name]
      : [],
  );
  const form = askForNodes(context, 'Disarm nodes');
  return {
    ...form,
    questions: form.questions.map((question) => ({
      ...question,
      suggestion: armed.join(','),
      choices: question.choices.map((choice) =>
        armed.some((name) => name === choice.value)
          ? { ...choice, label: `${choice.label}, armed` }
          : choice,
      ),
    })),
  };
}

const gatesOf =
  (target: DisarmTarget): Gates =>
  (context) => [
    ownGate(context, target),
    machinesGate(context, [target]),
    imageGate(context, target.image),
    ephemeralGate(context, target),
    automationGate(context),
  ];

function planDisarm(context: PlanContext, disarm: Disarm, answers: Plan['answers']): Plan {
  const { connection } = context;
  const { targets, endpoints } = disarm;
  const world = { connection, endpoints };
  const names = targets.map(({ name }) => name);
  const steps = targets.flatMap((target) => [
    pullStep(world, target),
    disarmStep(world, target, gatesOf(target)),
  ]);
  return {
    kind: 'plan',
    action: disarmNode.id,
    answers,
    level: disarmNode.level,
    summary: `Disarm ${formatList(names, 8)}: what runs now starts next`,
    lines: targets.flatMap((target) => linesOf(context, target)),
    gates: [
      ...toolGates(context, targets),
      ...gatesForAll(context, targets.map(gatesOf)),
      ...(isResolved(disarm) ? [] : [unreadGate(disarm)]),
    ],
    steps,
    expectedMs: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    downtime: 'none: nothing is restarted',
    ifConsoleDies:
      'The run finishes the step it is in and pauses before the next node, unless it was told to keep going.',
    undo: 'upgrade-talos installs the other version again.',
    confirmName: null,
  };
}

function toolGates(context: PlanContext, [first]: readonly DisarmTarget[]): readonly Gate[] {
  const { talosRoles, talosctl } = context.facts;
  const role = roleGate(talosRoles, ['os:admin']);
  return [
    talosconfigGate(context, 0),
    ...(role === null ? [] : [role]),
    programGate('talosctl', talosctl, { cluster: first?.version ?? null, maxMinors: 1 }),
  ];
}

function linesOf(context: PlanContext, { name, version, image }: DisarmTarget): readonly string[] {
  return [
    `${name}: ${version} runs, and is what starts next; ${armedText(context, name)}`,
    `   image ${image}`,
    // talos@1.13 (bootloader/sdboot, bootloader/grub): the entry that would start next is the one that is kept.
    '   what was to start stays as the other boot entry: rollback-node would start it',
    ...(isCordoned(context, name) ? ['   it is cordoned and stays so: free it with uncordon'] : []),
  ];
}

function armedText({ snapshot, connection }: PlanContext, name: NodeName): string {
  const run = armedBy(snapshot, connection.name, name);
  return run === null ? 'no run of this host has armed it' : `run ${run.id} has armed it`;
}

const isCordoned = ({ snapshot }: PlanContext, name: NodeName): boolean =>
  machinesOf(snapshot).some(
    ({ kubernetes }) => kubernetes?.name === name && kubernetes.isUnschedulable,
  );

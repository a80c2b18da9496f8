import { formatList } from '../model/format.js';
import { privilegesGate } from './gates/privileges.js';
import { sameBootGate } from './gates/same-boot.js';
import { askForNodes, missingForNodes, refuseWithoutMeans, wantsForNodes } from './node-asked.js';
import { type NodeJob, planWork, worldOf } from './node-plan.js';
import { nodeWords } from './node-target.js';
import { isResolved, namesText, resolveWork } from './node-work.js';
import { nodeOptions, optionTargets, workOptions } from './options.js';
import { PINNED, pin, unpin } from './pinned.js';
import { refusal, usageError } from './refusal.js';
import { diskGate, layoutGate, snapshotsGate, storageGates } from './resize-ephemeral/gates.js';
import { sizeQuestion } from './resize-ephemeral/present.js';
import { resizeLines } from './resize-ephemeral/preview.js';
import { growthLacking } from './resize-ephemeral/proof.js';
import { parseSizeGib } from './resize-ephemeral/size.js';
import { grown, resizeStep, seeStep } from './resize-ephemeral/steps.js';
import {
  type GrowingTarget,
  growingTarget,
  isLarge,
  largeText,
  type ResizeWork,
  resizeSchema,
} from './resize-ephemeral/target.js';
import { rebootStep } from './steps/reboot.js';
import type { Action, Form, Plan, PlanContext, Question, Refusal } from './types.js';

/** Level 2 for one node; several, or the only control plane, make it 3. A disk never shrinks again. */
export const resizeEphemeral: Action = {
  id: 'resize-ephemeral',
  title: 'Grow EPHEMERAL',
  description:
    'Grows the system disk of nodes in Proxmox, reboots them one after the other and proves that EPHEMERAL and the kubelet have the new size.',
  key: 'R',
  level: 2,
  answerNames: ['node', 'size', 'drain', 'snapshot', 'large'],
  wants: wantsForNodes,
  missing: missingForNodes,
  options: (context) => [
    ...nodeOptions(context),
    sizeQuestion(context),
    ...workOptions(context, optionTargets(context)),
    LARGE,
  ],
  plan,
};

const LARGE: Question = {
  name: 'large',
  label: 'A size of more than four times the present one',
  kind: 'choice',
  choices: [
    { value: 'no', label: 'no' },
    { value: 'yes', label: 'yes, so large' },
  ],
  suggestion: 'no',
  problem: null,
};

function plan(context: PlanContext): Plan | Refusal | Form {
  const refused = refuseWithoutMeans(context) ?? refuseWithoutProxmox(context);
  if (refused !== null) return refused;
  const { answers } = context;
  const pinned = unpin(resizeSchema, answers);
  if (pinned !== null) return 'kind' in pinned ? pinned : planResize(context, pinned, answers);
  if (answers.node === undefined)
    return askForNodes(context, resizeEphemeral.title, [sizeQuestion(context)]);
  if (answers.size === undefined) {
    return {
      kind: 'form',
      title: `${resizeEphemeral.title} of ${formatList(nodeWords(answers.node))}`,
      questions: [sizeQuestion(context)],
    };
  }
  const sizeGib = parseSizeGib(answers.size);
  if (typeof sizeGib !== 'number') return sizeGib;
  const work = resolveWork(context, {
    nodes: answers.node,
    drain: answers.drain,
    snapshot: answers.snapshot,
    action: resizeEphemeral.id,
  });
  if ('kind' in work) return work;
  const targets: GrowingTarget[] = [];
  for (const target of work.targets) {
    const growing = growingTarget(context, target, sizeGib);
    if ('kind' in growing) return growing;
    targets.push(growing);
  }
  const resize: ResizeWork = { ...work, targets, sizeGib };
  return (
    askIfLarge(resize, answers.large) ??
    planResize(
      context,
      resize,
      isResolved(resize) ? { ...answers, [PINNED]: pin(resizeSchema, resize) } : answers,
    )
  );
}

const refuseWithoutProxmox = ({ connection }: PlanContext): Refusal | null =>
  connection.proxmox === null
    ? refusal(
        `No Proxmox is configured for ${connection.name}: its disks cannot be grown from here.`,
        'Name the Proxmox API and its token in the settings of the cluster.',
        'G-OWN',
      )
    : null;

function askIfLarge(work: ResizeWork, answer: string | undefined): Form | Refusal | null {
  if (!isLarge(work) || answer === 'yes') return null;
  if (answer !== undefined) {
    return usageError(
      `${largeText(work)}.`,
      'Choose a smaller size, or confirm the large one with large=yes.',
    );
  }
  return {
    kind: 'form',
    title: largeText(work),
    questions: [{ ...LARGE, label: 'Is it meant?' }],
  };
}

function planResize(context: PlanContext, work: ResizeWork, answers: Plan['answers']): Plan {
  const { sizeGib } = work;
  const world = worldOf(context, work);
  const job: NodeJob<GrowingTarget> = {
    passed: grown,
    before: (target, gates) => [
      resizeStep(target, sizeGib, (now) => [
        ...gates(now),
        sameBootGate(now, target),
        diskGate(now, target),
        ...storageGates(now, { ...work, targets: [target] }),
      ]),
      seeStep(target, sizeGib),
    ],
    core: (target, gates) => [
      rebootStep(world, target, {
        bootId: target.bootId,
        gates,
        alsoWanted: growthLacking(target, sizeGib),
      }),
    ],
    gates: (target) => (now) => [
      layoutGate(now, target, sizeGib),
      snapshotsGate(now, target),
      privilegesGate(now, target, { guest: ['VM.Config.Disk'], storage: target.storage }),
    ],
  };
  const planned = planWork(context, work, job, {
    action: resizeEphemeral.id,
    answers,
    summary: `Grow the system disk of ${namesText(work)} to ${sizeGib} GiB`,
    lines: resizeLines(context, work),
    undo: 'None: a disk never shrinks. For a smaller one replace the node.',
    awayText: 'one node at a time, each reboots and is away for about 2–5 minutes',
  });
  return {
    ...planned,
    gates: [
      ...planned.gates,
      ...work.targets.map((target) => diskGate(context, target)),
      ...storageGates(context, work),
    ],
  };
}

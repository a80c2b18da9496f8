import { z } from 'zod';
import { askForNodes, missingForNodes, refuseWithoutMeans, wantsForNodes } from './node-asked.js';
import { type NodeJob, planWork, worldOf } from './node-plan.js';
import {
  isResolved,
  type NodeWork,
  namesText,
  resolveWork,
  type WorkTarget,
  workShape,
  workTargetSchema,
} from './node-work.js';
import { nodeOptions, optionTargets, workOptions } from './options.js';
import { PINNED, pin, unpin } from './pinned.js';
import { usageError } from './refusal.js';
import { type RebootMode, rebootedSince, rebootStep } from './steps/reboot.js';
import type { Action, Form, Plan, PlanContext, Question, Refusal } from './types.js';

/** Level 2 for one node; several, or the only control plane, make it 3. */
export const rebootNode: Action = {
  id: 'reboot-node',
  title: 'Reboot nodes',
  description:
    'Reboots one node, several or all, one after the other: cordon, drain, reboot, proof of the new boot, uncordon.',
  key: null,
  level: 2,
  answerNames: ['node', 'mode', 'drain', 'snapshot'],
  wants: wantsForNodes,
  missing: missingForNodes,
  options: (context) => [
    ...nodeOptions(context),
    MODE_QUESTION,
    ...workOptions(context, optionTargets(context)),
  ],
  plan,
};

const MODES = ['default', 'powercycle'] as const satisfies readonly RebootMode[];

const MODE_QUESTION: Question = {
  name: 'mode',
  label: 'How it starts again',
  kind: 'choice',
  choices: [
    { value: 'default', label: 'the running kernel starts the next one (kexec)' },
    { value: 'powercycle', label: 'through the firmware, slower' },
  ],
  suggestion: 'default',
  problem: null,
};

const schema = z.strictObject({
  ...workShape,
  mode: z.enum(MODES),
  targets: z.array(workTargetSchema).min(1),
});

interface Reboot extends NodeWork {
  readonly mode: RebootMode;
}

function plan(context: PlanContext): Plan | Refusal | Form {
  const refused = refuseWithoutMeans(context);
  if (refused !== null) return refused;
  const { answers } = context;
  const pinned = unpin(schema, answers);
  if (pinned !== null) return 'kind' in pinned ? pinned : planReboot(context, pinned, answers);
  if (answers.node === undefined) return askForNodes(context, rebootNode.title, [MODE_QUESTION]);
  const mode = MODES.find((each) => each === (answers.mode ?? 'default'));
  if (mode === undefined) {
    return usageError(
      `${answers.mode} is no way to reboot.`,
      `Set mode to one of: ${MODES.join(', ')}.`,
    );
  }
  const work = resolveWork(context, {
    nodes: answers.node,
    drain: answers.drain,
    snapshot: answers.snapshot,
    action: rebootNode.id,
  });
  if ('kind' in work) return work;
  const reboot: Reboot = { ...work, mode };
  return planReboot(
    context,
    reboot,
    isResolved(work) ? { ...answers, [PINNED]: pin(schema, reboot) } : answers,
  );
}

/** Neither a kexec nor a reset of the guest brings pending changes of Proxmox in (talos reference 4.2). */
const QEMU_GOES_ON = 'QEMU itself goes on: what waits in Proxmox for a cold start still waits';

function planReboot(context: PlanContext, work: Reboot, answers: Plan['answers']): Plan {
  const world = worldOf(context, work);
  const job: NodeJob<WorkTarget> = {
    passed: (target) => rebootedSince(target, target.bootId),
    core: (target, gates) => [
      rebootStep(world, target, { bootId: target.bootId, mode: work.mode, gates }),
    ],
  };
  return planWork(context, work, job, {
    action: rebootNode.id,
    answers,
    summary: `Reboot ${namesText(work)}${work.mode === 'powercycle' ? ' without kexec' : ''}`,
    lines: work.mode === 'powercycle' ? [QEMU_GOES_ON] : [],
    undo: 'A reboot cannot be undone; a node that stays cordoned is freed with uncordon.',
    awayText: 'one node at a time, each for about 2–5 minutes; the Kubernetes API goes on',
  });
}

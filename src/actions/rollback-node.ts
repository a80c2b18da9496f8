import { z } from 'zod';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { talosctlArgv } from './argv.js';
import { askForNodes, missingForNodes, refuseWithoutMeans, wantsForNodes } from './node-asked.js';
import { type NodeJob, planWork, worldOf } from './node-plan.js';
import {
  isResolved,
  type NodeWork,
  resolveWork,
  type WorkTarget,
  workShape,
  workTargetSchema,
} from './node-work.js';
import { nodeOptions, optionTargets, workOptions } from './options.js';
import { PINNED, pin, unpin } from './pinned.js';
import { refusal, usageError } from './refusal.js';
import { rollbackStep, versionNow } from './rollback-node/step.js';
import { refuseVersions, VERSION } from './rollback-node/versions.js';
import { uncordonSteps } from './steps/uncordon.js';
import type { Action, Form, Plan, PlanContext, Question, Refusal } from './types.js';

/** Level 2; the only control plane makes it 3. One node at a time: what went wrong there is looked at first. */
export const rollbackNode: Action = {
  id: 'rollback-node',
  title: 'Roll a node back',
  description:
    'Boots the Talos that a node ran before its last upgrade, and proves that it is the version that was expected.',
  key: null,
  level: 2,
  answerNames: ['node', 'to', 'drain', 'snapshot'],
  wants: wantsForNodes,
  missing: missingForNodes,
  options: (context) => [
    ...nodeOptions(context),
    toQuestion(''),
    ...workOptions(context, optionTargets(context)),
  ],
  plan,
};

const schema = z.strictObject({
  ...workShape,
  from: z.string().regex(VERSION),
  to: z.string().regex(VERSION),
  targets: z.array(workTargetSchema).length(1),
});

interface Rollback extends NodeWork {
  readonly from: string;
  readonly to: string;
}

function plan(context: PlanContext): Plan | Refusal | Form {
  const refused = refuseWithoutMeans(context);
  if (refused !== null) return refused;
  const { answers } = context;
  const pinned = unpin(schema, answers);
  if (pinned !== null) return 'kind' in pinned ? pinned : planRollback(context, pinned, answers);
  if (answers.node === undefined) return askForNodes(context, rollbackNode.title, [toQuestion('')]);
  const work = resolveWork(context, {
    nodes: answers.node,
    drain: answers.drain,
    snapshot: answers.snapshot,
    action: rollbackNode.id,
  });
  if ('kind' in work) return work;
  const [target, second] = work.targets;
  if (target === undefined || second !== undefined) {
    return usageError('A rollback takes one node.', 'Name one, and look at it before the next.');
  }
  const from = versionOf(context.snapshot, target);
  if (from === null) {
    return refusal(
      `The version of ${target.name} is not known.`,
      'Wait until it answers.',
      'G-MACH',
    );
  }
  if (answers.to === undefined) return askTo(context, target, from);
  const wrong = refuseVersions(context, target, { from, to: answers.to });
  if (wrong !== null) return wrong;
  const rollback: Rollback = { ...work, from, to: answers.to };
  return planRollback(
    context,
    rollback,
    isResolved(work) ? { ...answers, [PINNED]: pin(schema, rollback) } : answers,
  );
}

/** No resource of Talos tells what the previous boot entry holds: the operator has to know what he goes back to. */
const toQuestion = (suggestion: string): Question => ({
  name: 'to',
  label: 'Talos version that it ran before, such as v1.12.6',
  kind: 'text',
  choices: [],
  suggestion,
  problem: null,
});

const askTo = (context: PlanContext, target: WorkTarget, from: string): Form => ({
  kind: 'form',
  title: `${rollbackNode.title}: ${target.name} runs ${from}`,
  questions: [toQuestion(previousOf(context.snapshot, target, from))],
});

/** What the catalogue of snapshots remembers of this node. */
function previousOf({ catalogue }: Snapshot, { name }: WorkTarget, from: string): string {
  return (
    (knownValue(catalogue) ?? [])
      .filter(({ sourceNode, talosVersion }) => sourceNode === name && talosVersion !== from)
      .toSorted((a, b) => b.takenAtMs - a.takenAtMs)[0]?.talosVersion ?? ''
  );
}

function versionOf({ talosNodes }: Snapshot, { address }: WorkTarget): string | null {
  const node = talosNodes.get(address);
  return node === undefined ? null : (knownValue(node.version)?.tag ?? null);
}

function planRollback(context: PlanContext, work: Rollback, answers: Plan['answers']): Plan {
  const world = worldOf(context, work);
  const job: NodeJob<WorkTarget> = {
    passed: (target) => async (now) => {
      const tag = await versionNow(target, now);
      return tag === work.to ? `runs ${tag}` : null;
    },
    core: (target, gates) => [
      rollbackStep(target, {
        argv: talosctlArgv(world, target.address, 'rollback'),
        bootId: target.bootId,
        gates,
        from: work.from,
        to: work.to,
        giveBack: uncordonSteps(world, target),
      }),
    ],
  };
  return planWork(context, work, job, {
    action: rollbackNode.id,
    answers,
    summary: `Roll ${work.targets.map(({ name }) => name).join()} back from ${work.from} to ${work.to}`,
    lines: [
      'neither the machine config nor etcd nor Kubernetes goes back with it',
      `whether the previous boot entry holds ${work.to} is known only after the boot`,
      // talos@1.12 to 1.14: BOOT and EFI are mounted only while the boot loader is asked; BootedEntry names what runs.
      'whether there is an earlier image at all can only be seen by asking for it, after the drain',
      'if there is none, nothing is changed on its disk, and the node is uncordoned and unmarked at once, with the commands at the end of this plan',
    ],
    // talos@1.12 to 1.14: Rollback is for os:admin alone, unlike Reboot.
    roles: ['os:admin'],
    undo: `Roll it back again: ${work.from} is the previous entry then.`,
    awayText: 'the node reboots and is away for about 2–5 minutes; the Kubernetes API goes on',
  });
}

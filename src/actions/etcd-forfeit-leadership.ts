import { formatList } from '../model/format.js';
import { leadText, refuseFollowers } from './etcd-forfeit-leadership/leader.js';
import { programGate, refuseWithoutProgram } from './gates/programs.js';
import { missingForNodes, wantsForNodes } from './node-asked.js';
import { versionOf } from './node-plan.js';
import { type NodeTarget, nodeWords, resolveTargets } from './node-target.js';
import { nodeOptions } from './options.js';
import { PINNED } from './pinned.js';
import { usageError } from './refusal.js';
import { planScheduling } from './schedulable.js';
import { forfeitStep } from './steps/forfeit.js';
import type { Action, Form, Plan, PlanContext, Refusal } from './types.js';

/** Level 1: another member takes over at once, and the node can be given the lead again. */
export const etcdForfeitLeadership: Action = {
  id: 'etcd-forfeit-leadership',
  title: "Move etcd's leadership away",
  description: 'Lets another member lead etcd, before its leader goes down for a while.',
  key: null,
  level: 1,
  answerNames: ['node'],
  wants: wantsForNodes,
  missing: missingForNodes,
  options: (context) => nodeOptions(context),
  plan,
};

function plan(context: PlanContext): Plan | Refusal | Form {
  const { talosctl } = context.facts;
  const without = refuseWithoutProgram(talosctl);
  if (without !== null) return without;
  const planned = planScheduling(
    context,
    {
      action: etcdForfeitLeadership,
      summary: (names) => `Move etcd's leadership away from ${names}`,
      line: (target, now) => leadText(now, target),
      undo: 'The other member can be asked in the same way; etcd chooses who follows.',
    },
    (world, target) =>
      target.role === 'worker' ? [] : [forfeitStep(world, target, { isWanted: true })],
  );
  if (planned.kind !== 'plan') return planned;
  if (planned.steps.length === 0) {
    const names = nodeWords(planned.answers.node ?? 'the node');
    return usageError(
      `${formatList(names)} ${names.length === 1 ? 'has' : 'have'} no etcd member.`,
      'Name a control plane.',
    );
  }
  const resolved = resolveTargets(context, planned.answers.node ?? '');
  const targets = 'kind' in resolved ? [] : resolved;
  const cluster = versionOf(context.snapshot, targets);
  const fit = programGate('talosctl', talosctl, { cluster, maxMinors: 1 });
  const plan = { ...planned, gates: [...planned.gates, fit] };
  return refuseIdle(context, plan, targets) ?? plan;
}

/** A plan that was confirmed stays the same when the lead moves; and what is wrong with a node is said first. */
function refuseIdle(
  context: PlanContext,
  { gates }: Plan,
  targets: readonly NodeTarget[],
): Refusal | null {
  const isSettled = context.answers[PINNED] !== undefined || targets.length === 0;
  return isSettled || gates.some(({ state }) => state !== 'green')
    ? null
    : refuseFollowers(context, targets);
}

import { z } from 'zod';
import { askForNodes, missingForNodes, refuseWithoutKubectl, wantsForNodes } from './node-asked.js';
import { drainLines } from './node-plan.js';
import { hasRefuge } from './node-work.js';
import { EVICTIONS, nodeOptions } from './options.js';
import { PINNED, pin, unpin } from './pinned.js';
import { usageError } from './refusal.js';
import { cordonText, kubectlGate, resolveScheduling, schedulingShape } from './schedulable.js';
import { cordonSteps } from './steps/cordon.js';
import { type DrainOptions, drainStep } from './steps/drain.js';
import { gatesForAll, nodeGates } from './steps/node-gates.js';
import type { StepWorld } from './steps/world.js';
import type { Action, ActionLevel, Form, Plan, PlanContext, Refusal } from './types.js';

/** Level 2 for one node, 3 for several. */
export const drain: Action = {
  id: 'drain',
  title: 'Drain nodes',
  description:
    'Cordons nodes and moves their pods away, one node after the other; they stay cordoned until uncordon.',
  key: null,
  level: 2,
  answerNames: ['node', 'drain'],
  wants: wantsForNodes,
  missing: missingForNodes,
  options: (context) => [...nodeOptions(context), CHOICE_QUESTION],
  plan,
};

const CHOICES = ['evict', 'disable-eviction'] as const satisfies readonly DrainOptions['choice'][];

const schema = z.strictObject({ ...schedulingShape, choice: z.enum(CHOICES) });

type Draining = z.infer<typeof schema>;

function plan(context: PlanContext): Plan | Refusal | Form {
  const refused = refuseWithoutKubectl(context);
  if (refused !== null) return refused;
  const { answers } = context;
  const pinned = unpin(schema, answers);
  if (pinned !== null) return 'kind' in pinned ? pinned : planDraining(context, pinned);
  if (answers.node === undefined) return askForNodes(context, drain.title, [CHOICE_QUESTION]);
  const choice = CHOICES.find((each) => each === (answers.drain ?? 'evict'));
  if (choice === undefined) {
    return usageError(
      `${answers.drain} is no way to drain.`,
      `Set drain to one of: ${CHOICES.join(', ')}.`,
    );
  }
  const scheduling = resolveScheduling(context, answers.node, drain.id);
  if ('kind' in scheduling) return scheduling;
  return planDraining(context, { ...scheduling, choice });
}

const CHOICE_QUESTION = {
  name: 'drain',
  label: 'How pods leave',
  kind: 'choice',
  choices: EVICTIONS,
  suggestion: 'evict',
  problem: null,
} as const;

function planDraining(context: PlanContext, draining: Draining): Plan {
  const { mark, endpoints, targets, choice } = draining;
  const world: StepWorld = { connection: context.connection, endpoints, mark };
  const options = { mark, drain: choice, isRestarted: false };
  const steps = targets.flatMap((target) => {
    const gates = nodeGates(target, options);
    return [...cordonSteps(world, target, { gates }), drainStep(world, target, { gates, choice })];
  });
  const level: ActionLevel = targets.length > 1 ? 3 : 2;
  const names = targets.map(({ name }) => name).join(', then ');
  return {
    kind: 'plan',
    action: drain.id,
    answers: { ...context.answers, [PINNED]: pin(schema, draining) },
    level,
    summary: `Drain ${names}${choice === 'evict' ? '' : ' in spite of disruption budgets'}`,
    lines: [
      ...targets.flatMap((target) => [
        `${target.name} is ${cordonText(context, target)}`,
        ...drainLines(context, target, choice),
      ]),
      ...(targets.every((target) => hasRefuge(context, target))
        ? []
        : ['there is no other node: what leaves waits until this one is uncordoned']),
    ],
    gates: [
      kubectlGate(context),
      ...gatesForAll(
        context,
        targets.map((target) => nodeGates(target, options)),
      ),
    ],
    steps,
    expectedMs: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    downtime: 'pods start again elsewhere; those that have no place wait',
    ifConsoleDies: 'kubectl drain goes on by itself; the run proves it when it is resumed.',
    undo: 'Uncordon the nodes; pods come back as the scheduler decides.',
    confirmName: level === 3 ? context.connection.name : null,
  };
}

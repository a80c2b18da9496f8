import { z } from 'zod';
import { MARK_KEY } from '../model/cordon-mark.js';
import { freshValue } from '../model/reading.js';
import { stampOf } from './etcd-snapshot/target.js';
import { ownGate } from './gates/own.js';
import { programGate } from './gates/programs.js';
import { directEndpoints } from './gates/talosconfig.js';
import { askForNodes, refuseWithoutKubectl } from './node-asked.js';
import { type NodeTarget, nodeTargetSchema, resolveTargets } from './node-target.js';
import { PINNED, pin, unpin } from './pinned.js';
import { gatesForAll } from './steps/node-gates.js';
import { cordonerText } from './steps/node-now.js';
import type { StepWorld } from './steps/world.js';
import type { Action, Form, Gate, Plan, PlanContext, Refusal } from './types.js';

/** What cordon, uncordon and drain pin: no boot, no order, no snapshot. */
export const schedulingShape = {
  mark: z.string().regex(/^[0-9TZ]+-[a-z-]+$/),
  endpoints: z.array(z.string().regex(/^[0-9A-Za-z.:[\]-]+$/)),
  targets: z.array(nodeTargetSchema).min(1),
};

const schema = z.strictObject(schedulingShape);

export type Scheduling = z.infer<typeof schema>;

export interface SchedulingWords {
  readonly action: Pick<Action, 'id' | 'level' | 'title'>;
  readonly summary: (names: string) => string;
  readonly line: (target: NodeTarget, context: PlanContext) => string;
  readonly undo: string;
}

/** Asks, resolves or rebuilds, and hands what is pinned to `build`. */
export function planScheduling(
  context: PlanContext,
  words: SchedulingWords,
  build: (world: StepWorld, target: NodeTarget) => Plan['steps'],
): Plan | Refusal | Form {
  const refused = refuseWithoutKubectl(context);
  if (refused !== null) return refused;
  const { answers } = context;
  const known = unpin(schema, answers);
  if (known !== null && 'kind' in known) return known;
  if (known === null && answers.node === undefined) return askForNodes(context, words.action.title);
  const scheduling = known ?? resolveScheduling(context, answers.node ?? '', words.action.id);
  if ('kind' in scheduling) return scheduling;
  const { mark, endpoints, targets } = scheduling;
  const world: StepWorld = { connection: context.connection, endpoints, mark };
  const steps = targets.flatMap((target) => build(world, target));
  return {
    kind: 'plan',
    action: words.action.id,
    answers: { ...answers, [PINNED]: pin(schema, scheduling) },
    level: words.action.level,
    summary: words.summary(targets.map(({ name }) => name).join(', ')),
    lines: targets.map((target) => words.line(target, context)),
    gates: [
      kubectlGate(context),
      ...gatesForAll(
        context,
        targets.map((target) => (now) => [ownGate(now, target)]),
      ),
    ],
    steps,
    expectedMs: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    downtime: 'none',
    ifConsoleDies: 'The run goes on by itself.',
    undo: words.undo,
    confirmName: null,
  };
}

export const kubectlGate = ({ facts }: PlanContext): Gate =>
  programGate('kubectl', facts.kubectl, null);

export function resolveScheduling(
  context: PlanContext,
  nodes: string,
  action: string,
): Scheduling | Refusal {
  const targets = resolveTargets(context, nodes);
  if ('kind' in targets) return targets;
  return {
    mark: `${stampOf(context.nowMs)}-${action}`,
    endpoints: [...directEndpoints(context)],
    targets: [...targets],
  };
}

/** `schedulable`, `cordoned by 20261120T101500Z-drain`; what Kubernetes said last. */
export function cordonText({ snapshot }: PlanContext, { name }: NodeTarget): string {
  const node = freshValue(snapshot.kubeNodes)?.find((each) => each.name === name);
  if (node === undefined) return 'not known at the moment';
  if (!node.isUnschedulable) return 'schedulable';
  const mark = node.annotations[MARK_KEY] ?? null;
  return `cordoned by ${cordonerText({ ...node, mark })}`;
}

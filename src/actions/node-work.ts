import { z } from 'zod';
import { formatList } from '../model/format.js';
import { machinesOf } from '../model/machines.js';
import { quorumState } from '../model/quorum.js';
import { readingError } from '../model/reading.js';
import { type FirstSnapshot, firstSnapshot, firstSnapshotSchema } from './etcd-snapshot/first.js';
import { stampOf } from './etcd-snapshot/target.js';
import { directEndpoints } from './gates/talosconfig.js';
import { crashingWorkloads } from './gates/workloads.js';
import { refuseLostHost } from './lost-host.js';
import { orderTargets } from './node-order.js';
import { type NodeTarget, nodeTargetSchema, resolveTargets } from './node-target.js';
import { refusal, usageError } from './refusal.js';
import type { DrainChoice } from './steps/drain.js';
import type { PlanContext, Refusal } from './types.js';

const DRAIN_CHOICES = [
  'evict',
  'disable-eviction',
  'skip',
] as const satisfies readonly DrainChoice[];

/** A node on its way through a run. */
export const workTargetSchema = nodeTargetSchema.extend({
  /** Of before; empty while it has not been read: then nothing is pinned. */
  bootId: z.string().regex(/^[0-9A-Za-z-]{0,64}$/),
  /** It was cordoned before, by whomever: it stays so. */
  isLeftCordoned: z.boolean(),
  /** Why it has its place in the order. */
  reason: z.string(),
});

export type WorkTarget = z.infer<typeof workTargetSchema>;

export const workShape = {
  mark: z.string().regex(/^[0-9TZ]+-[a-z-]+$/),
  endpoints: z.array(z.string().regex(/^[0-9A-Za-z.:[\]-]+$/)).readonly(),
  /** etcd members with a vote: one makes it an outage. */
  voters: z.int().min(0),
  drain: z.enum(DRAIN_CHOICES),
  snapshot: firstSnapshotSchema.nullable(),
  /** Workloads that crashed before: not what a node is held back for. */
  crashing: z.array(z.string()).readonly(),
};

/** What a run on nodes pins, whatever it does to them. */
export interface NodeWork<T extends WorkTarget = WorkTarget> {
  readonly mark: string;
  readonly endpoints: readonly string[];
  readonly voters: number;
  readonly drain: DrainChoice;
  readonly snapshot: FirstSnapshot | null;
  readonly crashing: readonly string[];
  /** In the order of the work. */
  readonly targets: readonly T[];
}

export interface WorkAnswers {
  readonly nodes: string;
  readonly drain: string | undefined;
  readonly snapshot: string | undefined;
  /** Of the action: part of the mark. */
  readonly action: string;
}

/** Everything that planning decides on live data, in the order of the work. */
export function resolveWork(
  context: PlanContext,
  { nodes, drain, snapshot, action }: WorkAnswers,
): NodeWork | Refusal {
  const resolved = resolveTargets(context, nodes);
  if ('kind' in resolved) return resolved;
  const hasControlPlane = resolved.some(isControlPlane);
  const { voters, members } = quorumState(context.snapshot);
  const learners = members.flatMap(({ member }) => (member.isLearner ? [member.hostname] : []));
  const split = hasControlPlane ? refuseTwoVoters(voters, learners, resolved) : null;
  if (split !== null) return split;
  const drainChoice = chooseDrain(context, drain, resolved);
  if (typeof drainChoice !== 'string') return drainChoice;
  const first = chooseSnapshot(context, snapshot, hasControlPlane);
  if (first !== null && 'kind' in first) return first;
  const targets: WorkTarget[] = [];
  for (const { target, reason } of orderTargets(context, resolved)) {
    const bootId = refuseLostHost(context.snapshot, target) ?? bootIdOf(context, target);
    if (typeof bootId !== 'string') return bootId;
    targets.push({
      ...target,
      bootId,
      isLeftCordoned: isLeftCordoned(context, target),
      reason,
    });
  }
  return {
    mark: `${stampOf(context.nowMs)}-${action}`,
    endpoints: directEndpoints(context),
    voters,
    drain: drainChoice,
    snapshot: first,
    crashing: crashingWorkloads(context),
    targets,
  };
}

/** Nodes with the boot that they are in, empty while it is not known. */
export interface Bootable {
  readonly targets: readonly (NodeTarget & { readonly bootId: string })[];
}

/** Whether everything was read that a plan pins; until then it is a preview that its gates keep closed. */
export const isResolved = ({ targets }: Bootable): boolean =>
  targets.every(({ bootId }) => bootId !== '');

export const isControlPlane = ({ role }: NodeTarget): boolean => role === 'control-plane';

/** Without the one member there is no etcd and no Kubernetes API. */
export const isOutage = ({ voters, targets }: NodeWork): boolean =>
  voters === 1 && targets.some(isControlPlane);

/** `cp-1`, `cp-1, then cp-2` */
export const namesText = ({ targets }: NodeWork): string =>
  targets.map(({ name }) => name).join(', then ');

function refuseTwoVoters(
  voters: number,
  learners: readonly string[],
  targets: readonly NodeTarget[],
): Refusal | null {
  if (voters !== 2) return null;
  const names = formatList(targets.filter(isControlPlane).map(({ name }) => name));
  return refusal(
    `etcd has two voters: without ${names} it stops, and with it Kubernetes.`,
    learners.length === 0
      ? 'Add a third control plane first, or name workers only.'
      : `Wait until ${formatList(learners)} votes: it is a learner. Or name workers only.`,
    'G-ETCD',
  );
}

function chooseDrain(
  context: PlanContext,
  answer: string | undefined,
  targets: readonly NodeTarget[],
): DrainChoice | Refusal {
  if (answer === undefined) return usualDrain(context, targets);
  const found = DRAIN_CHOICES.find((choice) => choice === answer);
  return (
    found ??
    usageError(`${answer} is no way to drain.`, `Set drain to one of: ${DRAIN_CHOICES.join(', ')}.`)
  );
}

/** When nothing is said: pods that have nowhere to go stay. */
export const usualDrain = (context: PlanContext, targets: readonly NodeTarget[]): DrainChoice =>
  targets.every((target) => hasRefuge(context, target)) ? 'evict' : 'skip';

/** When nothing is said. */
export const usualSnapshot = (hasControlPlane: boolean): 'yes' | 'no' =>
  hasControlPlane ? 'yes' : 'no';

/** One machine alone. */
export const isOnlyMachine = ({ snapshot }: PlanContext): boolean =>
  machinesOf(snapshot).filter(({ talos, kubernetes }) => talos ?? kubernetes).length <= 1;

/**
 * Whether another node takes ordinary pods. Without one an eviction only makes them wait, and a disruption budget
 * that waits for their replacement never lets the next one go.
 */
export const hasRefuge = ({ snapshot }: PlanContext, { name, address }: NodeTarget): boolean =>
  machinesOf(snapshot).some(
    ({ talos, kubernetes }) =>
      (talos ?? kubernetes) &&
      kubernetes?.name !== name &&
      talos?.address !== address &&
      // Kubernetes' own taints come and go with a cordon or a reboot.
      !kubernetes?.taints.some(
        ({ key, effect }) =>
          effect !== 'PreferNoSchedule' && !key.startsWith('node.kubernetes.io/'),
      ),
  );

function chooseSnapshot(
  context: PlanContext,
  answer: string | undefined,
  hasControlPlane: boolean,
): FirstSnapshot | null | Refusal {
  if (answer !== undefined && answer !== 'yes' && answer !== 'no') {
    return usageError(`${answer} is no answer to snapshot.`, 'Set snapshot to yes or no.');
  }
  return (answer ?? usualSnapshot(hasControlPlane)) === 'yes' ? firstSnapshot(context) : null;
}

/** Empty while it is on its way. */
export function bootIdOf({ facts }: PlanContext, { address, name }: NodeTarget): string | Refusal {
  const reading = facts.inspection.nodes.get(address);
  if (reading === undefined || reading.state === 'waiting') return '';
  const error = readingError(reading);
  if (error !== undefined) {
    return refusal(`The boot id of ${name} cannot be read: ${error.message}`, error.hint, 'G-MACH');
  }
  return (
    ('value' in reading ? reading.value.bootId : null) ??
    refusal(
      `${name} does not tell its boot id: a reboot could not be proven.`,
      'Use a talosconfig with role os:admin; os:operator is enough from Talos 1.14 on.',
      'G-ROLE',
    )
  );
}

function isLeftCordoned({ snapshot }: PlanContext, { address }: NodeTarget): boolean {
  const node = machinesOf(snapshot).find(({ talos }) => talos?.address === address)?.kubernetes;
  return node?.isUnschedulable === true;
}

import { formatCount, formatList, inNumber } from '../model/format.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { firstSnapshotSteps } from './etcd-snapshot/first.js';
import { directoryGate, spaceGate } from './gates/disk.js';
import { drainPreview } from './gates/drain.js';
import { programGate } from './gates/programs.js';
import { sameBootGate } from './gates/same-boot.js';
import { snapshotGate } from './gates/snapshot.js';
import { roleGate, talosconfigGate } from './gates/talosconfig.js';
import type { NodeTarget } from './node-target.js';
import {
  type Bootable,
  hasRefuge,
  isControlPlane,
  isOnlyMachine,
  isOutage,
  isResolved,
  type NodeWork,
  type WorkTarget,
} from './node-work.js';
import { cordonSteps } from './steps/cordon.js';
import { type DrainOptions, drainStep } from './steps/drain.js';
import { forfeitStep } from './steps/forfeit.js';
import { gatesForAll, nodeGates, settledGates } from './steps/node-gates.js';
import { createQuiet, type Quiet } from './steps/quiet.js';
import { settleStep } from './steps/settle.js';
import { uncordonSteps } from './steps/uncordon.js';
import type { Gates, Passed, StepWorld } from './steps/world.js';
import type { ActionLevel, Gate, Plan, PlanContext, Step } from './types.js';

/** What an action does to each node, between cordon and uncordon. */
export interface NodeJob<T extends WorkTarget> {
  /** Evidence that a node is done, for the steps that prepare it. */
  readonly passed: (target: T) => Passed;
  /** Before the node is cordoned. */
  readonly before?: (target: T, gates: Gates) => readonly Step[];
  readonly core: (target: T, gates: Gates) => readonly Step[];
  /** Absent: as long as talosctl would. */
  readonly drainTimeoutMs?: number;
  /** Besides the gates of every node that goes down. */
  readonly gates?: (target: T) => Gates;
}

export const worldOf = ({ connection }: PlanContext, work: NodeWork): StepWorld => ({
  connection,
  endpoints: work.endpoints,
  mark: work.mark,
});

const gatesFor =
  <T extends WorkTarget>({ mark, drain }: NodeWork, job: NodeJob<T>) =>
  (target: T): Gates =>
  (context) => [
    ...nodeGates(target, { mark, drain, isRestarted: true })(context),
    ...(job.gates?.(target)(context) ?? []),
  ];

/** Snapshot first, then one node after the other. */
export function workSteps<T extends WorkTarget>(
  world: StepWorld,
  work: NodeWork<T>,
  job: NodeJob<T>,
): readonly Step[] {
  const gatesOfTarget = gatesFor(work, job);
  const quiet = createQuiet(work.crashing);
  return [
    ...(work.snapshot === null ? [] : firstSnapshotSteps(world, work.snapshot)),
    ...work.targets.flatMap((target) => {
      const gates = gatesOfTarget(target);
      const underway = onceBegun(nodeGates(target, { ...work, isRestarted: true }));
      const passed = job.passed(target);
      const steps = [
        ...(job.before?.(target, gates) ?? []),
        ...(isControlPlane(target) && work.voters > 2
          ? [forfeitStep(world, target, { passed })]
          : []),
        ...cordonSteps(world, target, { passed, gates }),
        ...drainSteps(world, target, work, {
          passed,
          gates: underway,
          ...(job.drainTimeoutMs === undefined ? {} : { timeoutMs: job.drainTimeoutMs }),
        }),
        ...job.core(target, underway),
        ...uncordonSteps(world, target),
      ];
      return [
        ...steps.map((step) => disturbing(step, target, quiet)),
        settleStep(target, {
          quiet,
          quietMs: world.connection.waits.quietMs,
          gates: settledGates(target, {
            mark: work.mark,
            isLeftCordoned: target.isLeftCordoned,
            crashing: work.crashing,
          }),
        }),
      ];
    }),
  ];
}

/** What is done to a node makes everything that was watched on it before worthless. */
const disturbing = (step: Step, target: NodeTarget, quiet: Quiet): Step => ({
  ...step,
  async run(context) {
    quiet.disturb(target);
    await step.run(context);
  },
});

/** Evicted pods leave their stores degraded: that is what we did ourselves, and it ends only when the node is back. */
const onceBegun =
  (gates: Gates): Gates =>
  (context) =>
    gates(context).filter(({ id }) => id !== 'G-STORE');

const drainSteps = (
  world: StepWorld,
  target: NodeTarget,
  { drain }: NodeWork,
  options: Omit<DrainOptions, 'choice'>,
): readonly Step[] =>
  drain === 'skip' ? [] : [drainStep(world, target, { ...options, choice: drain })];

export interface PlanWords {
  readonly action: string;
  readonly answers: Plan['answers'];
  readonly summary: string;
  /** More than the nodes and what their drain does. */
  readonly lines: readonly string[];
  readonly undo: string;
  /** Talos roles that may do it; absent: those that may reboot. */
  readonly roles?: readonly string[];
  /** Of one node that goes down. */
  readonly awayText: string;
}

export function planWork<T extends WorkTarget>(
  context: PlanContext,
  work: NodeWork<T>,
  job: NodeJob<T>,
  words: PlanWords,
): Plan {
  const { connection } = context;
  const steps = workSteps(worldOf(context, work), work, job);
  const level: ActionLevel = work.targets.length > 1 || isOutage(work) ? 3 : 2;
  const { awayText, roles = ['os:admin', 'os:operator'], ...rest } = words;
  return {
    kind: 'plan',
    ...rest,
    level,
    lines: [...nodeLines(context, work), ...words.lines],
    gates: [
      ...toolGates(context, work, roles),
      ...gatesForAll(context, work.targets.map(gatesFor(work, job))),
      ...(isResolved(work) ? work.targets.map((target) => sameBootGate(context, target)) : []),
      ...(isResolved(work) ? [] : [unreadGate(work)]),
    ],
    steps,
    expectedMs: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    downtime: downtimeText(context, work, awayText),
    ifConsoleDies:
      'The run finishes the step it is in and pauses before it disrupts again, unless it was told to keep going.',
    confirmName: level === 3 ? connection.name : null,
  };
}

/** Closed for as long as something that would be pinned is not known. */
export const unreadGate = ({ targets }: Bootable): Gate => ({
  id: 'G-READ',
  title: 'What the plan rests on has been read',
  state: 'unknown',
  text: `not read yet: ${formatList(targets.filter(({ bootId }) => bootId === '').map(({ name }) => name))}`,
  remedy: 'Wait a moment.',
  override: 'no',
});

const SNAPSHOT_RESERVE_BYTES = 1024 ** 3;

function toolGates(
  context: PlanContext,
  { snapshot, targets }: NodeWork,
  roles: readonly string[],
): readonly Gate[] {
  const { facts } = context;
  const role = roleGate(facts.talosRoles, roles);
  return [
    talosconfigGate(context, 0),
    ...(role === null ? [] : [role]),
    programGate('talosctl', facts.talosctl, {
      cluster: versionOf(context.snapshot, targets),
      maxMinors: 1,
    }),
    ...(facts.kubectl.state === 'usable' ? [] : [programGate('kubectl', facts.kubectl, null)]),
    ...(snapshot === null
      ? targets.some(isControlPlane)
        ? [snapshotGate(context)]
        : []
      : [
          directoryGate(facts.snapshotDirectory),
          spaceGate(
            facts.snapshotDirectory,
            2 * snapshot.source.dbSizeBytes + SNAPSHOT_RESERVE_BYTES,
          ),
        ]),
  ];
}

/** That talosctl has to fit; null while no target has told it. */
export function versionOf({ talosNodes }: Snapshot, targets: readonly NodeTarget[]): string | null {
  const tags = targets.map(({ address }) => {
    const node = talosNodes.get(address);
    return node === undefined ? undefined : knownValue(node.version)?.tag;
  });
  return tags.find((tag) => tag !== undefined) ?? null;
}

function nodeLines(context: PlanContext, work: NodeWork): readonly string[] {
  return [
    ...(work.snapshot === null
      ? []
      : [`first an etcd snapshot from ${work.snapshot.source.name}, verified`]),
    ...work.targets.flatMap((target, index) => [
      `${index + 1}. ${target.name} (${target.address}): ${target.reason}`,
      ...(target.isLeftCordoned ? [`   ${target.name} is cordoned already and stays so`] : []),
      ...drainLines(context, target, work.drain),
    ]),
    ...(work.drain === 'skip'
      ? [
          work.targets.every((target) => hasRefuge(context, target))
            ? 'no drain: pods on the node end with it and start again where the scheduler puts them'
            : 'no drain: there is no other node that could take the pods',
        ]
      : []),
  ];
}

/** Which pods leave, stay and block. */
export function drainLines(
  context: PlanContext,
  target: NodeTarget,
  drain: NodeWork['drain'],
): readonly string[] {
  if (drain === 'skip') return [];
  const preview = drainPreview(context, target);
  if (preview === null) return ['   its pods are not known yet'];
  const { leaving, staying, blocked } = preview;
  const gone = drain === 'evict' ? leaving : [...leaving, ...blocked.map(({ pod }) => pod)];
  const names = gone.map(({ namespace, name }) => `${namespace}/${name}`);
  const verb =
    drain === 'evict'
      ? inNumber(gone.length, 'leaves', 'leave')
      : inNumber(gone.length, 'is deleted', 'are deleted');
  const stay = `${staying.length} ${inNumber(staying.length, 'stays', 'stay')}`;
  return [
    `   ${formatCount(gone.length, 'pod')} ${verb}${names.length === 0 ? '' : `: ${formatList(names)}`}; ${stay}`,
    ...(drain === 'evict'
      ? blocked.map(({ pod, reason }) => `   blocks: ${pod.namespace}/${pod.name}: ${reason}`)
      : []),
  ];
}

function downtimeText(context: PlanContext, work: NodeWork, awayText: string): string {
  if (isOnlyMachine(context)) {
    return 'everything: it is the only node, the API and all pods are away for about 3–6 minutes';
  }
  if (isOutage(work)) {
    return 'the Kubernetes API and etcd are away for about 3–6 minutes; pods on other nodes go on';
  }
  return awayText;
}

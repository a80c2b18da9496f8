import { z } from 'zod';
import { type InspectionWants, NOTHING_WANTED } from '../model/inspection.js';
import { machinesOf } from '../model/machines.js';
import { isProxmoxNamed } from '../model/proxmox-named.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';
import { refuseWithoutProgram } from './gates/programs.js';
import { talosconfigGate } from './gates/talosconfig.js';
import { type NodeTarget, nodeTargetSchema, resolveTargets, wantsFor } from './node-target.js';
import { PINNED, unpin } from './pinned.js';
import { refusal } from './refusal.js';
import type { Answers, Form, PlanContext, Question, Refusal } from './types.js';

const pinnedTargets = z.object({ targets: z.array(nodeTargetSchema.loose()) });

/** Targets of answers, pinned or only named; none while they cannot be told. */
function targetsOf(snapshot: Snapshot, answers: Answers): readonly NodeTarget[] {
  if (answers[PINNED] !== undefined) {
    const pinned = unpin(pinnedTargets, answers);
    return pinned === null || 'kind' in pinned ? [] : pinned.targets;
  }
  if (answers.node === undefined) return [];
  const targets = resolveTargets({ snapshot }, answers.node);
  return 'kind' in targets ? [] : targets;
}

/** For every action that takes `node`. */
export function wantsForNodes(snapshot: Snapshot, answers: Answers): InspectionWants {
  const targets = targetsOf(snapshot, answers);
  return targets.length === 0 ? NOTHING_WANTED : wantsFor(snapshot, targets);
}

/** What decides which machines there are and how they belong together. A pinned plan needs none of it. */
export function missingForNodes(snapshot: Snapshot, answers: Answers): readonly string[] {
  if (answers[PINNED] !== undefined) return [];
  const { cluster, talosNodes, talosMembers, kubeNodes, etcdMembers, vms, catalogue } = snapshot;
  const isWaiting = ({ state }: { readonly state: string }): boolean => state === 'waiting';
  const silent = [...talosNodes.values()].filter(
    ({ identity, status, links, etcd, services }) =>
      [identity, status, links].some(isWaiting) ||
      (knownValue(identity)?.machineType === 'controlplane' && [etcd, services].some(isWaiting)),
  );
  const guests = knownValue(vms) ?? [];
  return [
    ...(isWaiting(talosMembers) ? ['the Talos members'] : []),
    ...(talosNodes.size === 0 ? ['the Talos nodes'] : []),
    ...silent.map(({ address }) => `Talos on ${address}`),
    ...(isWaiting(kubeNodes) ? ['the Kubernetes nodes'] : []),
    ...(isWaiting(etcdMembers) ? ['the etcd members'] : []),
    ...(isWaiting(catalogue) ? ['the catalogue of snapshots'] : []),
    ...(isProxmoxNamed(cluster) &&
    (isWaiting(vms) || guests.some(({ config }) => isWaiting(config)))
      ? ['the Proxmox guests']
      : []),
  ];
}

/** Neither connection nor program to act with: there is nothing to plan. */
export const refuseWithoutMeans = (context: PlanContext): Refusal | null =>
  refuseWithoutKubectl(context) ?? refuseWithoutProgram(context.facts.talosctl);

/**
 * For what runs kubectl alone: which machine a node is, Talos tells over its API, for which the talosconfig is needed
 * and talosctl is not.
 */
export function refuseWithoutKubectl(context: PlanContext): Refusal | null {
  const { connection, facts } = context;
  const { name, talos, kubernetes } = connection;
  if (talos === null) {
    return refusal(
      `No talosconfig is known for ${name}.`,
      'Set TALOSCONFIG or name the file in the settings of the cluster.',
      'G-CFG',
    );
  }
  if (kubernetes === null) {
    return refusal(
      `No kubeconfig is known for ${name}.`,
      'Set KUBECONFIG or name the file in the settings of the cluster.',
    );
  }
  return refuseWithoutProgram(facts.kubectl) ?? refuseDeafTalosconfig(context);
}

/** Otherwise every node would be told to be silent, which is not what is wrong. */
export function refuseDeafTalosconfig(context: PlanContext): Refusal | null {
  const { state, override, text, remedy, id } = talosconfigGate(context, 0);
  return state === 'red' && override === 'no'
    ? refusal(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`, remedy, id)
    : null;
}

/** Asks for nodes, and with them for what else the action wants to know. */
export const askForNodes = (
  { snapshot }: PlanContext,
  title: string,
  more: readonly Question[] = [],
): Form => ({
  kind: 'form',
  title,
  questions: [
    {
      name: 'node',
      label: 'Which nodes',
      kind: 'choices',
      choices: machinesOf(snapshot)
        .filter(({ isProven, talos }) => isProven && talos !== null)
        .map(({ name, role, kubernetes }) => ({
          value: kubernetes?.name ?? name,
          label: `${name} (${role})`,
        })),
      // Never by default: which node goes down is the operator's to say.
      suggestion: '',
      problem: null,
    },
    ...more,
  ],
});

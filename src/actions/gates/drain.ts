import { formatCount } from '../../model/format.js';
import type {
  InspectedPdb,
  InspectedPod,
  KubeInspection,
  LabelSelector,
} from '../../model/inspection.js';
import { freshValue } from '../../model/reading.js';
import { unreachable } from '../../model/unreachable.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import { judge, red, whenFresh } from './judge.js';

/** What a drain would do to the pods of one node. */
export interface DrainPreview {
  readonly leaving: readonly InspectedPod[];
  /** DaemonSets, static pods, and what has ended or goes already. */
  readonly staying: readonly InspectedPod[];
  readonly blocked: readonly { readonly pod: InspectedPod; readonly reason: string }[];
}

/** G-PDB: nothing on the node is held by a disruption budget or refused by kubectl drain. */
export function pdbGate(context: PlanContext, target: NodeTarget): Gate {
  const leaving = drainPreview(context, target)?.leaving.length ?? 0;
  return judge(
    {
      id: 'G-PDB',
      title: `${target.name} can be drained`,
      remedy: 'Add a replica, or choose another way to drain.',
      override: 'confirm',
    },
    whenFresh('the list of pods', context.facts.inspection.kube, (kube) =>
      red(
        ...previewOf(kube, target).blocked.map(
          ({ pod, reason }) => `${pod.namespace}/${pod.name}: ${reason}`,
        ),
      ),
    ),
    `${formatCount(leaving, 'pod')} can leave`,
  );
}

/** Null while the pods are not known. */
export function drainPreview(
  { facts }: Pick<PlanContext, 'facts'>,
  target: NodeTarget,
): DrainPreview | null {
  const kube = freshValue(facts.inspection.kube);
  return kube === undefined ? null : previewOf(kube, target);
}

function previewOf({ pods, pdbs }: KubeInspection, { name }: NodeTarget): DrainPreview {
  const own = pods.filter(({ node }) => node === name);
  const evictable = own.filter(isEvictable);
  const judged = evictable.map((pod) => ({ pod, reason: obstacle(pod, pdbs) }));
  return {
    staying: own.filter((pod) => !isEvictable(pod)),
    leaving: judged.flatMap(({ pod, reason }) => (reason === null ? [pod] : [])),
    blocked: judged.flatMap(({ pod, reason }) => (reason === null ? [] : [{ pod, reason }])),
  };
}

/** As `kubectl drain --ignore-daemonsets` chooses; a pod that has ended holds nothing. */
const isEvictable = ({ isMirror, ownerKind, phase, isBeingDeleted }: InspectedPod): boolean =>
  !isMirror &&
  ownerKind !== 'DaemonSet' &&
  ownerKind !== 'Node' &&
  phase !== 'Succeeded' &&
  phase !== 'Failed' &&
  !isBeingDeleted;

function obstacle(pod: InspectedPod, pdbs: readonly InspectedPdb[]): string | null {
  if (pod.ownerKind === null) return 'nothing would bring it back, kubectl drain refuses it';
  const own = pdbs.filter(
    ({ namespace, selector }) => namespace === pod.namespace && selects(selector, pod.labels),
  );
  // The eviction API answers with an error then (policy/v1: a pod may be in one budget only).
  if (own.length > 1) return `${own.map(({ name }) => name).join(' and ')} both hold it`;
  const [pdb] = own;
  return pdb !== undefined && pdb.disruptionsAllowed < 1
    ? `the disruption budget ${pdb.name} allows none to go`
    : null;
}

const selects = (
  { matchLabels, matchExpressions }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every((expression) => matches(expression, labels[expression.key]));

function matches(
  { operator, values }: LabelSelector['matchExpressions'][number],
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return unreachable(operator);
  }
}

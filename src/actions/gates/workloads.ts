import type { InspectedPod } from '../../model/inspection.js';
import { freshValue } from '../../model/reading.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import { judge, red, whenFresh } from './judge.js';

/** Names of owners that make up the last part of a name of a pod themselves. */
const NAMING_OWNERS: readonly (string | null)[] = ['ReplicaSet', 'DaemonSet', 'Job'];

const isCrashing = ({ waitingReason }: InspectedPod): boolean =>
  waitingReason === 'CrashLoopBackOff';

/** Of all pods that one owner makes: `web/api-5d9c` for `web/api-5d9c-x7k2p`. */
export const workloadOf = ({ namespace, name, ownerKind }: InspectedPod): string =>
  `${namespace}/${NAMING_OWNERS.includes(ownerKind) ? name.replace(/-[^-]*$/, '') : name}`;

/** What crashes again and again anywhere, whatever is done to nodes. */
export function crashingWorkloads({ facts }: Pick<PlanContext, 'facts'>): readonly string[] {
  const pods = freshValue(facts.inspection.kube)?.pods ?? [];
  return [...new Set(pods.filter(isCrashing).map(workloadOf))].toSorted();
}

/** What crashes again and again on a node and did not before. */
export const newCrashes = (
  pods: readonly InspectedPod[],
  { name }: Pick<NodeTarget, 'name'>,
  before: readonly string[],
): readonly InspectedPod[] =>
  pods.filter((pod) => pod.node === name && isCrashing(pod) && !before.includes(workloadOf(pod)));

/** G-WORK: nothing crashes on the node that did not crash before. */
export function workloadsGate(
  { facts }: PlanContext,
  target: NodeTarget,
  before: readonly string[],
): Gate {
  return judge(
    {
      id: 'G-WORK',
      title: `Pods on ${target.name} keep running`,
      remedy: 'Look at the logs of these pods.',
      override: 'confirm',
    },
    whenFresh('the list of pods', facts.inspection.kube, ({ pods }) =>
      red(
        ...newCrashes(pods, target, before).map(
          ({ namespace, name }) => `${namespace}/${name} crashes again and again`,
        ),
      ),
    ),
    before.length === 0 ? 'none crashes' : 'none crashes that did not before',
  );
}

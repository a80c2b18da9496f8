import type { NodeName } from '../../model/ids.js';
import type { InspectedPod } from '../../model/inspection.js';
import { freshValue } from '../../model/reading.js';
import { newCrashes, workloadOf } from '../gates/workloads.js';
import type { NodeTarget } from '../node-target.js';
import type { PlanContext } from '../types.js';

/** A longer pause between two looks was not watched: a host that slept has seen nothing. */
const LONGEST_GAP_MS = 15_000;

interface NodeQuiet {
  /** So long nothing has crashed under our eyes. */
  readonly watchedMs: number;
  /** `web/api-x7k2p crashed`: what broke the quiet last; null: nothing did. */
  readonly lastNoise: string | null;
}

/**
 * How long nothing has crashed on each node, as far as this process has watched: a new process knows nothing and
 * watches anew, all nodes at once.
 */
export interface Quiet {
  readonly observe: (context: Pick<PlanContext, 'facts'>, nowMs: number) => void;
  /** We have done something to the node: what was watched before says nothing about it. */
  readonly disturb: (target: Pick<NodeTarget, 'name'>) => void;
  readonly of: (target: Pick<NodeTarget, 'name'>) => NodeQuiet;
}

/** `before`: workloads that crashed before the run, whatever is done to nodes. */
export function createQuiet(before: readonly string[]): Quiet {
  /** Watched time of this process, and where of it each node was disturbed last. */
  let watchedMs = 0;
  let lastMs: number | null = null;
  let restarts: ReadonlyMap<string, number> = new Map();
  const since = new Map<NodeName, { readonly atMs: number; readonly lastNoise: string | null }>();

  return {
    observe({ facts }, nowMs) {
      const pods = freshValue(facts.inspection.kube)?.pods;
      const gapMs = lastMs === null ? 0 : Math.max(0, nowMs - lastMs);
      lastMs = nowMs;
      if (pods === undefined) return;
      watchedMs += Math.min(LONGEST_GAP_MS, gapMs);
      for (const pod of pods) {
        const noise = noiseOf(pod, restarts, before);
        if (pod.node === null || noise === null) continue;
        since.set(pod.node, { atMs: watchedMs, lastNoise: `${keyOf(pod)} ${noise}` });
      }
      restarts = new Map(pods.map((pod) => [keyOf(pod), pod.restarts]));
    },
    disturb({ name }) {
      // Nobody looked while the step was done, and what a boot starts anew has not crashed.
      lastMs = null;
      restarts = new Map();
      since.set(name, { atMs: watchedMs, lastNoise: null });
    },
    of({ name }) {
      const { atMs, lastNoise } = since.get(name) ?? { atMs: 0, lastNoise: null };
      return { watchedMs: watchedMs - atMs, lastNoise };
    },
  };
}

const keyOf = ({ namespace, name }: InspectedPod): string => `${namespace}/${name}`;

function noiseOf(
  pod: InspectedPod,
  restarts: ReadonlyMap<string, number>,
  before: readonly string[],
): string | null {
  if (pod.node === null || before.includes(workloadOf(pod))) return null;
  if (newCrashes([pod], { name: pod.node }, before).length > 0) return 'crashed';
  // A host that came back restarts what has not crashed: it is told for what it is, and waited for all the same.
  return pod.restarts > (restarts.get(keyOf(pod)) ?? pod.restarts) ? 'was restarted' : null;
}

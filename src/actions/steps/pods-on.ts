import { z } from 'zod';
import { ClientError } from '../../model/errors.js';
import type { NodeTarget } from '../node-target.js';
import type { StepContext } from '../types.js';
import { kubeOf } from './world.js';

/** A pod that a drain has to move away. */
export interface EvictablePod {
  readonly namespace: string;
  readonly name: string;
  readonly isBeingDeleted: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

const podsShape = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        namespace: z.string(),
        name: z.string(),
        deletionTimestamp: z.string().nullish(),
        labels: z.record(z.string(), z.string()).nullish(),
        annotations: z.record(z.string(), z.string()).nullish(),
        ownerReferences: z.array(z.object({ kind: z.string() })).nullish(),
      }),
      status: z.object({ phase: z.string().nullish() }).nullish(),
    }),
  ),
});

const MIRROR = 'kubernetes.io/config.mirror';

/** As kubectl drain counts: neither static pods nor those of DaemonSets, nor pods that have ended. */
export async function evictablePods(
  { name }: NodeTarget,
  context: StepContext,
): Promise<readonly EvictablePod[]> {
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${name}`)}`;
  const parsed = podsShape.safeParse(await kubeOf(context).raw(path, context.signal));
  if (!parsed.success) {
    throw new ClientError(
      'malformed',
      `Kubernetes lists the pods of ${name} in a way that is not understood.`,
      'Look at them with kubectl get pods -A -o wide.',
    );
  }
  return parsed.data.items
    .filter(({ metadata, status }) => {
      const isStatic = metadata.annotations?.[MIRROR] !== undefined;
      const isDaemon = metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') ?? false;
      const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
      return !isStatic && !isDaemon && !hasEnded;
    })
    .map(({ metadata }) => ({
      namespace: metadata.namespace,
      name: metadata.name,
      isBeingDeleted: metadata.deletionTimestamp != null,
      labels: metadata.labels ?? {},
    }));
}

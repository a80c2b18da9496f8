import { z } from 'zod';
import type { LabelSelector } from '../../model/inspection.js';
import { unreachable } from '../../model/unreachable.js';
import type { StepContext } from '../types.js';
import type { EvictablePod } from './pods-on.js';
import { kubeOf } from './world.js';

const pdbsShape = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string() }),
      spec: z
        .object({
          selector: z
            .object({
              matchLabels: z.record(z.string(), z.string()).nullish(),
              matchExpressions: z
                .array(
                  z.object({
                    key: z.string(),
                    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
                    values: z.array(z.string()).nullish(),
                  }),
                )
                .nullish(),
            })
            .nullish(),
        })
        .nullish(),
      status: z.object({ disruptionsAllowed: z.number().nullish() }).nullish(),
    }),
  ),
});

/** `web/api-1 (budget web/api allows 0 disruptions)` */
export async function blockersOf(
  pods: readonly EvictablePod[],
  context: StepContext,
): Promise<readonly string[]> {
  const raw = await kubeOf(context).raw('/apis/policy/v1/poddisruptionbudgets', context.signal);
  const parsed = pdbsShape.safeParse(raw);
  const budgets = parsed.success ? parsed.data.items : [];
  return pods.map((pod) => {
    const holding = budgets.filter(
      ({ metadata, spec }) =>
        metadata.namespace === pod.namespace &&
        spec?.selector != null &&
        matches(pod.labels, {
          matchLabels: spec.selector.matchLabels ?? {},
          matchExpressions: (spec.selector.matchExpressions ?? []).map((each) => ({
            ...each,
            values: each.values ?? [],
          })),
        }),
    );
    const reasons = [
      ...holding.map(
        ({ metadata, status }) =>
          `budget ${metadata.namespace}/${metadata.name} allows ${status?.disruptionsAllowed ?? 'an unknown number of'} disruptions`,
      ),
      ...(pod.isBeingDeleted ? ['it is being deleted'] : []),
    ];
    return `${pod.namespace}/${pod.name}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`;
  });
}

/** metav1.LabelSelector: every requirement has to hold; an empty selector takes every pod. */
export function matches(
  labels: Readonly<Record<string, string>>,
  { matchLabels, matchExpressions }: LabelSelector,
): boolean {
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    isEqual &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
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
    })
  );
}

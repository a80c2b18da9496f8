import { z } from 'zod';
import type { KubeEvent, KubeLease, KubePdb } from '../model/kubernetes.js';
import { count, moment, text } from './kube-fields.js';
import type { KubeKind } from './kube-kind.js';

const event = z
  .object({
    metadata: z.object({ uid: z.string(), creationTimestamp: moment.nullish() }),
    type: text,
    reason: text,
    message: text,
    involvedObject: z.object({ kind: text, namespace: text, name: text }),
    count: z.number().nullish(),
    lastTimestamp: moment.nullish(),
    eventTime: moment.nullish(),
    series: z.object({ count: z.number().nullish(), lastObservedTime: moment.nullish() }).nullish(),
  })
  .transform(
    ({ metadata, series, ...rest }): KubeEvent => ({
      uid: metadata.uid,
      // What is not called normal deserves a look.
      type: rest.type === 'Normal' ? 'Normal' : 'Warning',
      reason: rest.reason,
      message: rest.message,
      object: rest.involvedObject,
      atMs:
        series?.lastObservedTime ??
        rest.lastTimestamp ??
        rest.eventTime ??
        metadata.creationTimestamp ??
        0,
      count: series?.count ?? rest.count ?? 1,
    }),
  );

/** Normal events are the bulk of a busy cluster and say nothing that nodes and leases do not. */
export const warningEvents: KubeKind<KubeEvent> = {
  path: '/api/v1/events',
  fieldSelector: 'type!=Normal',
  schema: event,
};

const budget = z
  .object({
    metadata: z.object({ name: z.string(), namespace: z.string() }),
    status: z
      .object({
        disruptionsAllowed: count,
        currentHealthy: count,
        desiredHealthy: count,
        expectedPods: count,
      })
      // Not yet seen by its controller: it allows nothing.
      .nullish(),
  })
  .transform(
    ({ metadata, status }): KubePdb => ({
      namespace: metadata.namespace,
      name: metadata.name,
      disruptionsAllowed: status?.disruptionsAllowed ?? 0,
      currentHealthy: status?.currentHealthy ?? 0,
      desiredHealthy: status?.desiredHealthy ?? 0,
      expectedPods: status?.expectedPods ?? 0,
    }),
  );

export const disruptionBudgets: KubeKind<KubePdb> = {
  path: '/apis/policy/v1/poddisruptionbudgets',
  schema: budget,
};

const lease = z
  .object({
    metadata: z.object({ name: z.string(), namespace: z.string() }),
    spec: z.object({
      holderIdentity: text,
      renewTime: moment.nullish(),
      leaseDurationSeconds: count,
    }),
  })
  .transform(
    ({ metadata, spec }): KubeLease => ({
      namespace: metadata.namespace,
      name: metadata.name,
      holder: spec.holderIdentity,
      renewedAtMs: spec.renewTime ?? null,
      durationSeconds: spec.leaseDurationSeconds,
    }),
  );

export const leases: KubeKind<KubeLease> = {
  path: '/apis/coordination.k8s.io/v1/leases',
  schema: lease,
};

import { isIP } from 'node:net';
import { z } from 'zod';
import { asIpAddress, asNodeName } from '../../model/ids.js';
import type { InspectedPdb, InspectedPod, LabelSelector } from '../../model/inspection.js';
import { parseQuantity } from '../../model/quantity.js';
import { count, map, text, texts } from '../kube-fields.js';

const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const conditions = list(z.object({ type: z.string(), status: z.string() }));

export type Conditions = z.infer<typeof conditions>;

/** What it says about a condition; null when it says nothing. */
export const isTrue = (all: Conditions, type: string): boolean | null => {
  const status = all.find((each) => each.type === type)?.status;
  return status === 'True' ? true : status === 'False' ? false : null;
};

export const conditionsField = conditions;

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';

export const nodeShape = z
  .object({
    metadata: z.object({ name: z.string().min(1), labels: map }),
    status: z
      .object({
        capacity: map,
        addresses: list(z.object({ type: z.string(), address: z.string() })),
      })
      .nullish(),
  })
  .transform(({ metadata, status }) => ({
    name: asNodeName(metadata.name),
    labels: metadata.labels,
    isControlPlane: CONTROL_PLANE in metadata.labels,
    internalIps: (status?.addresses ?? [])
      .filter(({ type, address }) => type === 'InternalIP' && isIP(address) !== 0)
      .map(({ address }) => asIpAddress(address)),
    capacityBytes: parseQuantity(status?.capacity['ephemeral-storage'] ?? ''),
  }));

export type InspectedKubeNode = z.infer<typeof nodeShape>;

const containers = list(
  z.object({
    restartCount: count,
    state: z.object({ waiting: z.object({ reason: text }).nullish() }).nullish(),
  }),
);

/** kubelet: the copy of a static pod that the API server shows. */
const MIRROR = 'kubernetes.io/config.mirror';

export const podShape = z
  .object({
    metadata: z.object({
      name: z.string().min(1),
      namespace: z.string().min(1),
      labels: map,
      annotations: map,
      ownerReferences: list(z.object({ kind: z.string(), controller: z.boolean().nullish() })),
      deletionTimestamp: z.string().nullish(),
    }),
    spec: z
      .object({ nodeName: text, volumes: list(z.object({ emptyDir: z.unknown().optional() })) })
      .nullish(),
    status: z
      .object({
        phase: text,
        conditions,
        containerStatuses: containers,
        initContainerStatuses: containers,
      })
      .nullish(),
  })
  .transform(({ metadata, spec, status }): InspectedPod => {
    const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    return {
      namespace: metadata.namespace,
      name: metadata.name,
      node: spec?.nodeName ? asNodeName(spec.nodeName) : null,
      phase: status?.phase || 'Unknown',
      isReady: isTrue(status?.conditions ?? [], 'Ready') === true,
      restarts: all.reduce((sum, { restartCount }) => sum + restartCount, 0),
      waitingReason: all.find(({ state }) => state?.waiting?.reason)?.state?.waiting?.reason ?? '',
      ownerKind: metadata.ownerReferences.find(({ controller }) => controller)?.kind ?? null,
      isMirror: MIRROR in metadata.annotations,
      hasEmptyDir: (spec?.volumes ?? []).some(({ emptyDir }) => emptyDir != null),
      isBeingDeleted: metadata.deletionTimestamp != null,
      labels: metadata.labels,
    };
  });

const selector = z.object({
  matchLabels: map,
  matchExpressions: list(
    z.object({
      key: z.string(),
      operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
      values: texts,
    }),
  ),
});

/** policy/v1: a budget without a selector protects nothing, one with an empty selector everything. */
const NOTHING: LabelSelector = {
  matchLabels: {},
  matchExpressions: [{ key: 'none', operator: 'In', values: [] }],
};

export const pdbShape = z
  .object({
    metadata: z.object({ name: z.string().min(1), namespace: z.string().min(1) }),
    spec: z.object({ selector: selector.nullish() }).nullish(),
    status: z.object({ disruptionsAllowed: count }).nullish(),
  })
  .transform(
    ({ metadata, spec, status }): InspectedPdb => ({
      namespace: metadata.namespace,
      name: metadata.name,
      // Until its controller has looked it lets nobody go.
      disruptionsAllowed: status?.disruptionsAllowed ?? 0,
      selector: spec?.selector ?? NOTHING,
    }),
  );

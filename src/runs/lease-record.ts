import { z } from 'zod';
import { ClientError } from '../model/errors.js';

export const LEASE_DURATION_MS = 60_000;
const NAMESPACE = 'kube-system';
const NAME = 'talos-tui';

export const LEASES_PATH = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
export const LEASE_PATH = `${LEASES_PATH}/${NAME}`;

const leaseShape = z.object({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .nullish(),
});

/** The Lease as the API has it. */
export interface LeaseRecord {
  readonly metadata: Readonly<Record<string, unknown>> & { readonly resourceVersion: string };
  /** `ops@pve1:20261120T101500Z-…`; empty when nobody holds it. */
  readonly holder: string;
  readonly renewedAtMs: number | null;
  readonly durationMs: number;
  readonly acquireTime: string | null;
  readonly transitions: number;
}

/** @throws ClientError kind `malformed` */
export function leaseRecord(body: unknown): LeaseRecord {
  const read = leaseShape.safeParse(body);
  if (!read.success) {
    throw new ClientError(
      'malformed',
      `The Lease ${NAMESPACE}/${NAME} cannot be read.`,
      `Look at it: kubectl -n ${NAMESPACE} get lease ${NAME} -o yaml.`,
    );
  }
  const { metadata, spec } = read.data;
  const renewedAtMs = Date.parse(spec?.renewTime ?? '');
  return {
    metadata,
    holder: spec?.holderIdentity ?? '',
    renewedAtMs: Number.isNaN(renewedAtMs) ? null : renewedAtMs,
    durationMs: (spec?.leaseDurationSeconds ?? 0) * 1000,
    acquireTime: spec?.acquireTime ?? null,
    transitions: spec?.leaseTransitions ?? 0,
  };
}

/** By the clock of this host: the holder's may differ, so that nobody is robbed on this alone. */
export const looksExpired = ({ renewedAtMs, durationMs }: LeaseRecord, nowMs: number): boolean =>
  renewedAtMs === null || renewedAtMs + durationMs < nowMs;

/** What is written to hold it, or with an empty holder to give it back; null: there is none yet. */
export function leaseBody(before: LeaseRecord | null, holder: string, nowMs: number): object {
  const isSame = before?.holder === holder;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    // With the resource version of what was read: the API refuses when somebody was faster.
    metadata: before?.metadata ?? { name: NAME, namespace: NAMESPACE },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: LEASE_DURATION_MS / 1000,
      acquireTime: isSame && before.acquireTime !== null ? before.acquireTime : microTime(nowMs),
      renewTime: microTime(nowMs),
      leaseTransitions: (before?.transitions ?? 0) + (before === null || isSame ? 0 : 1),
    },
  };
}

/** metav1.MicroTime has six digits. */
const microTime = (atMs: number): string => new Date(atMs).toISOString().replace('Z', '000Z');

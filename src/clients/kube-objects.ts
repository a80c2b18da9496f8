import { z } from 'zod';
import { asIpAddress, asNodeName, asSmbiosUuid, type IpAddress } from '../model/ids.js';
import type { Csr, KubeCondition, KubeNode } from '../model/kubernetes.js';
import { map, moment, text, texts } from './kube-fields.js';
import type { KubeKind } from './kube-kind.js';

const address = z.object({ type: z.string(), address: z.string() });
const condition = z.object({ type: z.string(), status: text, reason: text, message: text });

const nodeShape = z.object({
  metadata: z.object({
    name: z.string().min(1),
    uid: z.string(),
    labels: map,
    annotations: map,
    deletionTimestamp: z.string().nullish(),
  }),
  spec: z.object({
    unschedulable: z.boolean().nullish(),
    taints: z.array(z.object({ key: z.string(), effect: text })).nullish(),
  }),
  status: z.object({
    conditions: z.array(condition).nullish(),
    addresses: z.array(address).nullish(),
    nodeInfo: z.object({ kubeletVersion: text, osImage: text, systemUUID: text, bootID: text }),
  }),
});

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';
const TALOS_CORDON = 'talos.dev/cordoned';

const node = nodeShape.transform(({ metadata, spec, status }, context): KubeNode => {
  const conditions = (status.conditions ?? []).map(conditionOf);
  const { nodeInfo } = status;
  const all = status.addresses ?? [];
  const ips = (type: string): readonly IpAddress[] =>
    all
      .filter((entry) => entry.type === type)
      .flatMap((entry) => {
        try {
          return [asIpAddress(entry.address)];
        } catch {
          context.addIssue({ code: 'custom', message: `${entry.address} is no IP address` });
          return [];
        }
      });
  return {
    name: asNodeName(metadata.name),
    uid: metadata.uid,
    isControlPlane: CONTROL_PLANE in metadata.labels,
    ready: conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
    conditions,
    isUnschedulable: spec.unschedulable ?? false,
    isCordonedByTalos: metadata.annotations[TALOS_CORDON] === 'true',
    taints: spec.taints ?? [],
    internalIps: ips('InternalIP'),
    externalIps: ips('ExternalIP'),
    dnsNames: all
      .filter(({ type }) => ['Hostname', 'InternalDNS', 'ExternalDNS'].includes(type))
      .map((entry) => entry.address),
    kubeletVersion: nodeInfo.kubeletVersion,
    osImage: nodeInfo.osImage,
    systemUuid: nodeInfo.systemUUID === '' ? null : asSmbiosUuid(nodeInfo.systemUUID),
    bootId: nodeInfo.bootID,
    isBeingDeleted: Boolean(metadata.deletionTimestamp),
    labels: metadata.labels,
    annotations: metadata.annotations,
  };
});

function conditionOf({ type, status, reason, message }: z.infer<typeof condition>): KubeCondition {
  const known = status === 'True' || status === 'False' ? status : 'Unknown';
  return { type, status: known, reason, message };
}

export const nodes: KubeKind<KubeNode> = { path: '/api/v1/nodes', schema: node };

const pem = z.base64().transform((value) => Buffer.from(value, 'base64').toString('utf8'));

const csrCondition = z.object({
  type: z.string(),
  lastTransitionTime: moment.nullish(),
  lastUpdateTime: moment.nullish(),
});

const csrShape = z.object({
  metadata: z.object({
    name: z.string().min(1),
    uid: z.string(),
    resourceVersion: z.string(),
    creationTimestamp: moment,
  }),
  spec: z.object({
    request: pem,
    signerName: z.string(),
    username: text,
    groups: texts,
    usages: texts,
    expirationSeconds: z.number().nullish(),
  }),
  status: z
    .object({ conditions: z.array(csrCondition).nullish(), certificate: pem.nullish() })
    .nullish(),
});

const csr = csrShape.transform(({ metadata, spec, status }): Csr => {
  const conditions = status?.conditions ?? [];
  const certificatePem = status?.certificate || null;
  const has = (type: string) => conditions.some((entry) => entry.type === type);
  const decision = conditions.findLast(({ type }) => type === 'Approved' || type === 'Denied');
  return {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    createdAtMs: metadata.creationTimestamp,
    signerName: spec.signerName,
    username: spec.username,
    groups: spec.groups,
    usages: spec.usages,
    expirationSeconds: spec.expirationSeconds ?? null,
    requestPem: spec.request,
    state: has('Failed')
      ? 'failed'
      : has('Denied')
        ? 'denied'
        : !has('Approved')
          ? 'pending'
          : certificatePem === null
            ? 'approved'
            : 'issued',
    decidedAtMs: decision?.lastTransitionTime ?? decision?.lastUpdateTime ?? null,
    certificatePem,
  };
});

export const csrs: KubeKind<Csr> = {
  path: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
  schema: csr,
};

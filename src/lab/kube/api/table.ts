import type { KubeObject } from '../../world/types.js';
import { fieldAt, listAt, textAt } from './object.js';
import type { ResourceType } from './registry.js';
import { type Column, OBJECT_COLUMNS } from './table-columns.js';

export const wantsTable = (accept: string): boolean => /;as=Table\b/.test(accept);

/** What `kubectl get` prints; `isFirst` false leaves the columns out, as in the later events of a watch. */
export function tableOf(
  type: ResourceType,
  objects: readonly KubeObject[],
  metadata: object,
  nowMs: number,
  isFirst = true,
): unknown {
  const columns = columnsOf(type);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: isFirst
      ? columns.map(({ name, priority }) => ({
          name,
          type: 'string',
          format: name === 'Name' ? 'name' : '',
          description: '',
          priority: priority ?? 0,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, nowMs)),
      object: {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: object.metadata,
      },
    })),
  };
}

/** A custom resource may be called `nodes` too: its columns are those of its definition. */
const columnsOf = ({ plural, columns }: ResourceType): readonly Column[] =>
  columns === undefined
    ? (COLUMNS[plural] ?? columnsAround(plural))
    : [
        NAME,
        ...columns.map(({ name, path }) => ({
          name,
          cell: (object: KubeObject) => String(fieldAt(object, path) ?? ''),
        })),
        AGE,
      ];

function columnsAround(plural: string): readonly Column[] {
  const { beforeAge = [], afterAge = [] } = OBJECT_COLUMNS[plural] ?? {};
  return [plural === 'storageclasses' ? DEFAULT_NAME : NAME, ...beforeAge, AGE, ...afterAge];
}

/** k8s.io/apimachinery duration.HumanDuration. */
export function humanDuration(spanMs: number): string {
  const seconds = Math.floor(spanMs / 1000);
  if (seconds < 0) return seconds < -1 ? '<invalid>' : '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return withRest(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? withRest(years, 'y', days % 365, 'd') : `${years}y`;
}

const withRest = (count: number, unit: string, rest: number, restUnit: string): string =>
  rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`;

const since = (text: string, nowMs: number): string =>
  text === '' ? '<unknown>' : humanDuration(nowMs - Date.parse(text));

const NAME: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
const DEFAULT_NAME: Column = {
  name: 'Name',
  cell: ({ metadata }) =>
    metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
      ? `${metadata.name} (default)`
      : metadata.name,
};
const AGE: Column = {
  name: 'Age',
  cell: ({ metadata }, nowMs) => since(metadata.creationTimestamp, nowMs),
};
const orNone = (text: string): string => (text === '' ? '<none>' : text);

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  nodes: [
    NAME,
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: nodeRoles },
    AGE,
    { name: 'Version', cell: (node) => textAt(node, 'status.nodeInfo.kubeletVersion') },
    { name: 'Internal-IP', priority: 1, cell: (node) => orNone(nodeAddress(node, 'InternalIP')) },
    { name: 'External-IP', priority: 1, cell: (node) => orNone(nodeAddress(node, 'ExternalIP')) },
    { name: 'OS-Image', priority: 1, cell: (node) => textAt(node, 'status.nodeInfo.osImage') },
    {
      name: 'Kernel-Version',
      priority: 1,
      cell: (node) => textAt(node, 'status.nodeInfo.kernelVersion'),
    },
    {
      name: 'Container-Runtime',
      priority: 1,
      cell: (node) => textAt(node, 'status.nodeInfo.containerRuntimeVersion'),
    },
  ],
  certificatesigningrequests: [
    NAME,
    AGE,
    { name: 'SignerName', cell: (csr) => textAt(csr, 'spec.signerName') },
    { name: 'Requestor', cell: (csr) => textAt(csr, 'spec.username') },
    { name: 'RequestedDuration', cell: requestedDuration },
    { name: 'Condition', cell: csrCondition },
  ],
  pods: [
    NAME,
    { name: 'Ready', cell: podReady },
    { name: 'Status', cell: podStatus },
    { name: 'Restarts', cell: podRestarts },
    AGE,
    { name: 'IP', priority: 1, cell: (pod) => orNone(textAt(pod, 'status.podIP')) },
    { name: 'Node', priority: 1, cell: (pod) => orNone(textAt(pod, 'spec.nodeName')) },
    { name: 'Nominated Node', priority: 1, cell: () => '<none>' },
    { name: 'Readiness Gates', priority: 1, cell: () => '<none>' },
  ],
  customresourcedefinitions: [
    NAME,
    { name: 'Created At', cell: ({ metadata }) => metadata.creationTimestamp },
  ],
  events: [
    {
      name: 'Last Seen',
      cell: (event, nowMs) =>
        since(textAt(event, 'lastTimestamp') || textAt(event, 'eventTime'), nowMs),
    },
    { name: 'Type', cell: (event) => textAt(event, 'type') },
    { name: 'Reason', cell: (event) => textAt(event, 'reason') },
    {
      name: 'Object',
      cell: (event) =>
        `${textAt(event, 'involvedObject.kind').toLowerCase()}/${textAt(event, 'involvedObject.name')}`,
    },
    { name: 'Message', cell: (event) => textAt(event, 'message').trim() },
  ],
  leases: [NAME, { name: 'Holder', cell: (lease) => textAt(lease, 'spec.holderIdentity') }, AGE],
  namespaces: [NAME, { name: 'Status', cell: (ns) => textAt(ns, 'status.phase') }, AGE],
  poddisruptionbudgets: [
    NAME,
    { name: 'Min Available', cell: (pdb) => notSet(fieldAt(pdb, 'spec.minAvailable')) },
    { name: 'Max Unavailable', cell: (pdb) => notSet(fieldAt(pdb, 'spec.maxUnavailable')) },
    {
      name: 'Allowed Disruptions',
      cell: (pdb) => String(fieldAt(pdb, 'status.disruptionsAllowed') ?? 0),
    },
    AGE,
  ],
};

const notSet = (value: unknown): string => (value === undefined ? 'N/A' : String(value));

function nodeStatus(node: KubeObject): string {
  const ready = listAt(node, 'status.conditions').find(
    (entry) => textAt(entry, 'type') === 'Ready',
  );
  const status = textAt(ready, 'status');
  const text = status === 'True' ? 'Ready' : status === '' ? 'Unknown' : 'NotReady';
  return fieldAt(node, 'spec.unschedulable') === true ? `${text},SchedulingDisabled` : text;
}

function nodeRoles({ metadata }: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix))
    .map((label) => label.slice(prefix.length));
  return orNone(roles.sort().join(','));
}

const nodeAddress = (node: KubeObject, wanted: string): string =>
  textAt(
    listAt(node, 'status.addresses').find((entry) => textAt(entry, 'type') === wanted),
    'address',
  );

function requestedDuration(csr: KubeObject): string {
  const seconds = fieldAt(csr, 'spec.expirationSeconds');
  return typeof seconds === 'number' ? humanDuration(seconds * 1000) : '<none>';
}

function csrCondition(csr: KubeObject): string {
  const types = listAt(csr, 'status.conditions').map((entry) => textAt(entry, 'type'));
  const decision = types.includes('Approved')
    ? 'Approved'
    : types.includes('Denied')
      ? 'Denied'
      : 'Pending';
  const failed = types.includes('Failed') ? ',Failed' : '';
  return decision + failed + (textAt(csr, 'status.certificate') === '' ? '' : ',Issued');
}

const podStatuses = (pod: KubeObject): readonly unknown[] =>
  listAt(pod, 'status.containerStatuses');

function podReady(pod: KubeObject): string {
  const ready = podStatuses(pod).filter((status) => fieldAt(status, 'ready') === true).length;
  return `${ready}/${listAt(pod, 'spec.containers').length}`;
}

function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = podStatuses(pod)
    .map((status) => textAt(status, 'state.waiting.reason'))
    .find((reason) => reason !== '');
  return waiting ?? (textAt(pod, 'status.reason') || textAt(pod, 'status.phase'));
}

function podRestarts(pod: KubeObject): number {
  return podStatuses(pod).reduce<number>((sum, status) => {
    const count = fieldAt(status, 'restartCount');
    return sum + (typeof count === 'number' ? count : 0);
  }, 0);
}

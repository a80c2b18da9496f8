import type { KubeObject } from '../../world/types.js';
import { fieldAt, listAt, textAt } from './object.js';

/** What stands between a name and an age (k8s.io/kubernetes: pkg/printers/internalversion). */
export interface Column {
  readonly name: string;
  /** 1 = shown with -o wide only. */
  readonly priority?: number;
  readonly cell: (object: KubeObject, nowMs: number) => string | number;
}

const column = (name: string, cell: Column['cell']): Column => ({ name, cell });
const wide = (name: string, cell: Column['cell']): Column => ({ name, priority: 1, cell });
const text = (name: string, path: string): Column =>
  column(name, (object) => textAt(object, path) || '<none>');

const count = (object: KubeObject, path: string): number => {
  const value = fieldAt(object, path);
  return typeof value === 'number' ? value : 0;
};
const number = (name: string, path: string): Column =>
  column(name, (object) => count(object, path));

const size = (object: KubeObject, ...paths: readonly string[]): number =>
  paths.reduce((sum, path) => {
    const value = fieldAt(object, path);
    return sum + (typeof value === 'object' && value !== null ? Object.keys(value).length : 0);
  }, 0);

const pairs = (value: unknown): string =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0
    ? Object.entries(value)
        .map(([key, each]) => `${key}=${each}`)
        .join(',')
    : '<none>';

const CONTAINERS: readonly Column[] = [
  wide('Containers', (object) => containers(object, 'name')),
  wide('Images', (object) => containers(object, 'image')),
];
const SELECTOR = wide('Selector', (object) => pairs(fieldAt(object, 'spec.selector.matchLabels')));

const containers = (object: KubeObject, field: string): string =>
  listAt(object, 'spec.template.spec.containers')
    .map((container) => textAt(container, field))
    .join(',');

const readyOf = (ready: string) =>
  column('Ready', (object) => `${count(object, ready)}/${count(object, 'spec.replicas')}`);

function externalAddress(service: KubeObject): string {
  const given = listAt(service, 'status.loadBalancer.ingress').map(
    (entry) => textAt(entry, 'ip') || textAt(entry, 'hostname'),
  );
  if (given.length > 0) return given.join(',');
  return textAt(service, 'spec.type') === 'LoadBalancer' ? '<pending>' : '<none>';
}

function ports(service: KubeObject): string {
  const texts = listAt(service, 'spec.ports').map((port) => {
    const nodePort = fieldAt(port, 'nodePort');
    const outside = nodePort === undefined ? '' : `:${nodePort}`;
    return `${fieldAt(port, 'port')}${outside}/${textAt(port, 'protocol') || 'TCP'}`;
  });
  return texts.length === 0 ? '<none>' : texts.join(',');
}

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

const ACCESS_MODES = column('Access Modes', (object) =>
  listAt(object, 'spec.accessModes')
    .map((mode) => MODES[String(mode)] ?? String(mode))
    .join(','),
);
const VOLUME_MODE = wide('VolumeMode', (object) => textAt(object, 'spec.volumeMode') || '<unset>');
const NO_ATTRIBUTES = column('VolumeAttributesClass', () => '<unset>');

const claimOf = (volume: KubeObject): string => {
  const name = textAt(volume, 'spec.claimRef.name');
  return name === '' ? '' : `${textAt(volume, 'spec.claimRef.namespace')}/${name}`;
};

const isTrue = (path: string, unset: boolean) => (object: KubeObject) =>
  String(fieldAt(object, path) ?? unset);

interface Columns {
  readonly beforeAge: readonly Column[];
  readonly afterAge?: readonly Column[];
}

export const OBJECT_COLUMNS: Readonly<Record<string, Columns>> = {
  configmaps: {
    beforeAge: [column('Data', (object) => size(object, 'data', 'binaryData'))],
  },
  secrets: {
    beforeAge: [text('Type', 'type'), column('Data', (object) => size(object, 'data'))],
  },
  serviceaccounts: { beforeAge: [column('Secrets', (object) => listAt(object, 'secrets').length)] },
  services: {
    beforeAge: [
      column('Type', (service) => textAt(service, 'spec.type') || 'ClusterIP'),
      text('Cluster-IP', 'spec.clusterIP'),
      column('External-IP', externalAddress),
      column('Port(s)', ports),
    ],
    afterAge: [wide('Selector', (service) => pairs(fieldAt(service, 'spec.selector')))],
  },
  deployments: {
    beforeAge: [
      readyOf('status.readyReplicas'),
      number('Up-to-date', 'status.updatedReplicas'),
      number('Available', 'status.availableReplicas'),
    ],
    afterAge: [...CONTAINERS, SELECTOR],
  },
  replicasets: {
    beforeAge: [
      number('Desired', 'spec.replicas'),
      number('Current', 'status.replicas'),
      number('Ready', 'status.readyReplicas'),
    ],
    afterAge: [...CONTAINERS, SELECTOR],
  },
  statefulsets: { beforeAge: [readyOf('status.readyReplicas')], afterAge: CONTAINERS },
  daemonsets: {
    beforeAge: [
      number('Desired', 'status.desiredNumberScheduled'),
      number('Current', 'status.currentNumberScheduled'),
      number('Ready', 'status.numberReady'),
      number('Up-to-date', 'status.updatedNumberScheduled'),
      number('Available', 'status.numberAvailable'),
      column('Node Selector', (set) => pairs(fieldAt(set, 'spec.template.spec.nodeSelector'))),
    ],
    afterAge: [...CONTAINERS, SELECTOR],
  },
  persistentvolumes: {
    beforeAge: [
      text('Capacity', 'spec.capacity.storage'),
      ACCESS_MODES,
      text('Reclaim Policy', 'spec.persistentVolumeReclaimPolicy'),
      text('Status', 'status.phase'),
      column('Claim', claimOf),
      column('StorageClass', (volume) => textAt(volume, 'spec.storageClassName')),
      NO_ATTRIBUTES,
      column('Reason', (volume) => textAt(volume, 'status.reason')),
    ],
    afterAge: [VOLUME_MODE],
  },
  persistentvolumeclaims: {
    beforeAge: [
      text('Status', 'status.phase'),
      column('Volume', (claim) => textAt(claim, 'spec.volumeName')),
      column('Capacity', (claim) => textAt(claim, 'status.capacity.storage')),
      ACCESS_MODES,
      column('StorageClass', (claim) => textAt(claim, 'spec.storageClassName')),
      NO_ATTRIBUTES,
    ],
    afterAge: [VOLUME_MODE],
  },
  storageclasses: {
    beforeAge: [
      text('Provisioner', 'provisioner'),
      column('ReclaimPolicy', (storage) => textAt(storage, 'reclaimPolicy') || 'Delete'),
      column('VolumeBindingMode', (storage) => textAt(storage, 'volumeBindingMode') || 'Immediate'),
      column('AllowVolumeExpansion', isTrue('allowVolumeExpansion', false)),
    ],
  },
  csidrivers: {
    beforeAge: [
      column('AttachRequired', isTrue('spec.attachRequired', true)),
      column('PodInfoOnMount', isTrue('spec.podInfoOnMount', false)),
      column('StorageCapacity', isTrue('spec.storageCapacity', false)),
    ],
  },
};

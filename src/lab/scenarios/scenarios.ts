import { LabUsageError, suggest } from '../control/usage-error.js';
import { parseSize } from '../world/topology.js';
import { clusterIncidents } from './cluster-incidents.js';
import { proxmoxIncidents } from './proxmox-incidents.js';
import { talosIncidents } from './talos-incidents.js';
import { type Incident, type Scenario, sizeOf } from './types.js';

export type { Incident, Scenario } from './types.js';

const sized = (id: string, help: string): Scenario => ({
  id,
  help,
  size: sizeOf(id),
  changes: [],
  settleSeconds: 0,
});

const seeded = (id: string, size: string, addons: readonly string[], help: string): Scenario => ({
  id,
  help,
  size: sizeOf(size),
  addons,
  changes: [],
  settleSeconds: 0,
});

/** The healthy cluster of another minor: another dialect of the Talos API, another talosctl. */
const dialect = (talosVersion: string, help: string): Scenario => ({
  id: talosVersion.replace(/^v(\d+\.\d+).*$/, 'talos-$1'),
  help,
  size: sizeOf('3+2'),
  talosVersion,
  changes: [],
  settleSeconds: 0,
});

const topologies: readonly Scenario[] = [
  {
    id: 'healthy',
    help: '3 control planes, 2 workers, all well; 2 serving certificates wait for approval',
    size: sizeOf('3+2'),
    changes: [],
    settleSeconds: 0,
  },
  sized('1+0', 'one machine that does everything'),
  sized('1+1', 'one control plane, one worker'),
  sized('2+0', 'two control planes: losing one loses the quorum'),
  sized('3+0', 'three control planes that also take workloads'),
  sized('5+3', 'five control planes, three workers'),
  sized('3+2@3', 'the healthy cluster on three Proxmox nodes'),
  seeded(
    'seed-000',
    '3+2',
    ['cilium', 'longhorn', 'traefik', 'cert-manager', 'metallb'],
    'one Proxmox node, with Cilium, Longhorn, MetalLB, Traefik and cert-manager',
  ),
  seeded(
    'seed-002',
    '3+0@3',
    ['cilium', 'metallb', 'cnpg', 'scylla', 'rabbitmq', 'victoria-metrics', 'loki'],
    'three mixed nodes on three Proxmox nodes, with databases and monitoring',
  ),
  seeded(
    'seed-004',
    '3+2',
    ['cilium', 'kube-vip', 'tailscale', 'ceph-csi'],
    'kube-vip, Tailscale and Ceph volumes',
  ),
  dialect('v1.11.6', 'the healthy cluster on Talos 1.11, with Kubernetes 1.34'),
  dialect('v1.13.9', 'the healthy cluster on Talos 1.13: upgrades by the lifecycle API'),
  dialect('v1.14.1', 'the healthy cluster on Talos 1.14: no reboot by configuration, etcd 3.7'),
];

/** What operators met, in the order in which a drill may take them. */
export const labIncidents: readonly Incident[] = [
  ...clusterIncidents,
  ...talosIncidents,
  ...proxmoxIncidents,
];

export const labScenarios: readonly Scenario[] = [...topologies, ...labIncidents];

/** Any `N+M` and `N+M@P` is a scenario too. @throws LabUsageError */
export function scenarioOf(id: string): Scenario {
  const known = labScenarios.find((scenario) => scenario.id === id);
  if (known !== undefined) return known;
  const size = parseSize(id);
  if (size !== null) {
    return { id, help: 'a generated size', size, changes: [], settleSeconds: 0 };
  }
  if (/^\d+\+\d+(@\d+)?$/.test(id)) {
    throw new LabUsageError(
      `The lab cannot have the size ${id}.`,
      'Use 1 to 9 control planes, at most 2000 machines in all and 10 Proxmox nodes, for example 3+97@4.',
    );
  }
  throw new LabUsageError(
    `The lab has no scenario "${id}".`,
    suggest(
      id,
      labScenarios.map((scenario) => scenario.id),
    ),
  );
}

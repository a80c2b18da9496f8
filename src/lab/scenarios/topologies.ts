import { type Scenario, sizeOf } from './types.js';

const plain = (id: string, size: string, help: string): Scenario => ({
  id,
  help,
  size: sizeOf(size),
  changes: [],
  settleSeconds: 0,
});

const sized = (id: string, help: string): Scenario => plain(id, id, help);

const seeded = (id: string, size: string, addons: readonly string[], help: string): Scenario => ({
  ...plain(id, size, help),
  addons,
  // cni: none and proxy: disabled; Cilium does the work of both.
  without: ['kube-flannel', 'kube-proxy'],
});

/** Proxmox nodes and nothing on them. */
const empty = (id: string, pveHosts: number, help: string): Scenario => ({
  id,
  help,
  size: { controlPlanes: 0, workers: 0, pveHosts },
  isEmpty: true,
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

export const topologies: readonly Scenario[] = [
  plain(
    'healthy',
    '3+2',
    '3 control planes, 2 workers, all well; 2 serving certificates wait for approval',
  ),
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
  {
    ...seeded(
      'seed-003',
      '3+3',
      ['cilium', 'cert-manager', 'longhorn'],
      'a company cluster: registry mirrors, single sign-on, audit, GPU labels and taints',
    ),
    configs: 'seed-003',
  },
  seeded(
    'seed-004',
    '3+2',
    ['cilium', 'kube-vip', 'tailscale', 'ceph-csi'],
    'kube-vip, Tailscale and Ceph volumes',
  ),
  empty('empty-000', 1, 'one Proxmox node without any guest: deploy a cluster'),
  empty('empty-001', 1, 'one Proxmox node for a cluster by the checklist'),
  empty('empty-002', 3, 'three Proxmox nodes: one control plane on each'),
  empty('empty-003', 1, 'one Proxmox node for a cluster behind registry mirrors'),
  empty('empty-004', 1, 'one Proxmox node for five machines with static addresses'),
  dialect('v1.11.6', 'the healthy cluster on Talos 1.11, with Kubernetes 1.34'),
  dialect('v1.13.9', 'the healthy cluster on Talos 1.13: upgrades by the lifecycle API'),
  dialect('v1.14.1', 'the healthy cluster on Talos 1.14: no reboot by configuration, etcd 3.7'),
];

/** A cluster of operations C4, and what is asked of it. */
export interface Shape {
  readonly name: string;
  readonly scenario: string;
  readonly talos?: string;
  readonly changes?: readonly string[];
  /** Nodes of the actions, as `--set node=` takes them. */
  readonly node: string;
  /** Where the pool has no room for all of them at once: these are resized. */
  readonly resized?: string;
  /** What every action must say: the gate that refuses; null = it may be done. */
  readonly refusedBy: Readonly<Record<ShapedAction, string | null>>;
  /** Default: the newest patch of its own minor version. */
  readonly version?: string;
  /** Actions that are run to their end. */
  readonly runs?: readonly ShapedAction[];
  /** Happens when the first step of the second node begins. */
  readonly atSecondNode?: string;
}

export type ShapedAction = 'reboot-node' | 'resize-ephemeral' | 'upgrade-talos';
export const SHAPED_ACTIONS: readonly ShapedAction[] = [
  'reboot-node',
  'resize-ephemeral',
  'upgrade-talos',
];

const all = (gate: string | null): Shape['refusedBy'] => ({
  'reboot-node': gate,
  'resize-ephemeral': gate,
  'upgrade-talos': gate,
});
const FREE = all(null);
const CONTROL_PLANES = 'talos-cp-01,talos-cp-02,talos-cp-03';
const WORKERS = 'talos-w-01,talos-w-02';

export const SHAPES: readonly Shape[] = [
  { name: '1cp-0w', scenario: '1+0', node: 'talos-cp-01', refusedBy: FREE, runs: ['reboot-node'] },
  { name: '1cp-1w', scenario: '1+1', node: 'all', refusedBy: FREE, runs: ['reboot-node'] },
  { name: '2cp', scenario: '2+0', node: 'talos-cp-01', refusedBy: all('G-ETCD') },
  { name: '3cp-0w', scenario: '3+0', node: 'all', refusedBy: FREE, runs: ['upgrade-talos'] },
  {
    name: '3cp-2w',
    scenario: 'healthy',
    node: 'all',
    resized: WORKERS,
    refusedBy: FREE,
    runs: ['reboot-node'],
  },
  { name: '5cp-3w', scenario: '5+3', node: 'all', resized: WORKERS, refusedBy: FREE },
  {
    name: '3 control planes on 3 hosts',
    scenario: '3+2@3',
    node: 'all',
    resized: WORKERS,
    refusedBy: FREE,
  },
  {
    name: '3 control planes on one of 3 hosts',
    scenario: 'control-planes-together',
    node: 'all',
    resized: WORKERS,
    refusedBy: FREE,
  },
  { name: 'no virtual address', scenario: 'no-vip', node: 'talos-w-01', refusedBy: FREE },
  {
    name: 'Talos 1.11',
    scenario: 'talos-1.11',
    node: WORKERS,
    refusedBy: FREE,
    version: 'v1.12.5',
  },
  {
    name: 'Talos 1.13',
    scenario: 'talos-1.13',
    talos: 'v1.13.0',
    node: WORKERS,
    refusedBy: FREE,
    version: 'v1.13.9',
    runs: ['upgrade-talos'],
  },
  {
    name: 'Talos 1.14',
    scenario: 'talos-1.14',
    talos: 'v1.14.0',
    node: WORKERS,
    refusedBy: FREE,
    version: 'v1.14.1',
    runs: ['upgrade-talos', 'resize-ephemeral'],
  },
  {
    name: 'leader holds the virtual address',
    scenario: 'healthy',
    changes: ['move-vip talos-cp-02', 'etcd-leader talos-cp-02'],
    node: CONTROL_PLANES,
    resized: WORKERS,
    refusedBy: FREE,
    runs: ['reboot-node'],
  },
  {
    name: 'thin pool nearly full',
    scenario: 'storage-full',
    node: 'talos-w-01',
    refusedBy: { ...FREE, 'resize-ephemeral': 'G-STOR' },
  },
  { name: 'a member is down', scenario: 'cp-down', node: 'talos-cp-01', refusedBy: all('G-ETCD') },
  {
    name: 'a learner is present',
    scenario: 'learner-stuck',
    node: 'talos-cp-01',
    refusedBy: all('G-ETCD'),
  },
  {
    name: 'the guest starts its ISO first',
    scenario: 'iso-first',
    node: 'talos-cp-02',
    refusedBy: all('G-BOOT'),
  },
  {
    name: 'another node is cordoned by somebody',
    scenario: 'node-cordoned',
    node: 'talos-w-01',
    refusedBy: all('G-NODES'),
  },
  {
    name: 'the node itself is cordoned by somebody',
    scenario: 'node-cordoned',
    node: 'talos-w-02',
    refusedBy: FREE,
    runs: ['reboot-node'],
  },
  {
    name: 'PDB allows nothing',
    scenario: 'pdb-blocks-drain',
    node: 'talos-w-01',
    refusedBy: all('G-PDB'),
  },
  {
    name: 'the registry has no image',
    scenario: 'healthy',
    changes: ['api-errors factory 404 1000'],
    node: 'talos-w-01',
    refusedBy: { ...FREE, 'upgrade-talos': 'G-IMAGE' },
  },
  {
    name: 'the new version does not boot on node 2',
    scenario: 'healthy',
    node: WORKERS,
    refusedBy: FREE,
    runs: ['upgrade-talos'],
    atSecondNode: 'break-image v1.12.5',
  },
  { name: 'clock skew', scenario: 'clock-skew', node: 'talos-w-01', refusedBy: all('G-TIME') },
  {
    name: 'a Proxmox node is lost',
    scenario: 'pve-node-offline',
    node: 'talos-cp-01',
    refusedBy: all('G-ETCD'),
  },
  {
    name: 'its Proxmox node is lost',
    scenario: 'pve-node-offline',
    node: 'talos-w-02',
    refusedBy: all('G-PVENODE'),
  },
  {
    name: 'a Proxmox node is lost at node 2',
    scenario: '3+2@3',
    node: WORKERS,
    refusedBy: FREE,
    runs: ['reboot-node'],
    atSecondNode: 'pve-node-down pve2',
  },
];

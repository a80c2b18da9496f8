import { listObjects, putObject } from '../../../src/lab/world/kube-store.js';
import { AUTOMATIONS } from './automations.js';
import { change, gated } from './gated.js';
import { OWNERSHIP } from './ownership.js';
import { askedWith, type Condition, DISRUPTIVE, RESTARTING, type Trial } from './trial.js';

const NEXT = /\w/;

/** The cluster is in a state in which no node may be taken. */
const state = (
  name: string,
  condition: Omit<Condition, 'name' | 'trials'>,
  wanted: {
    readonly node?: string;
    readonly gate: string;
    readonly says: RegExp;
    readonly next?: RegExp;
    readonly actions?: readonly string[];
  },
): Condition => ({
  name,
  ...condition,
  trials: (dialect) =>
    gated(dialect, wanted.actions ?? RESTARTING, {
      title: name,
      node: wanted.node ?? 'talos-w-01',
      gate: wanted.gate,
      says: wanted.says,
      next: wanted.next ?? NEXT,
    }),
});

const undoneBy = (...lines: readonly string[]): Pick<Condition, 'undo'> => ({
  async undo(scene) {
    for (const line of lines) await scene.change(line);
  },
});

const ETCD: readonly Condition[] = [
  state(
    'two control planes',
    { scenario: '2+0' },
    {
      node: 'talos-cp-01',
      gate: 'G-ETCD',
      says: /two voters: without talos-cp-01/,
      next: /third control plane/,
    },
  ),
  state(
    'a member is down',
    { scenario: 'cp-down' },
    { node: 'talos-cp-01', gate: 'G-ETCD', says: /talos-cp-0\d|1 of 3|2 of 3/, next: /etcd/ },
  ),
  state(
    'a member is a learner',
    { scenario: 'learner-stuck' },
    {
      node: 'talos-cp-01',
      gate: 'G-ETCD',
      says: /two voters: without talos-cp-01/,
      next: /talos-cp-03 votes: it is a learner/,
    },
  ),
  state(
    'NOSPACE alarm',
    { ...change('etcd-alarm NOSPACE'), ...undoneBy('clear-alarm') },
    { node: 'talos-cp-02', gate: 'G-ETCD', says: /NOSPACE/, next: /etcd/ },
  ),
  {
    name: 'etcd without quorum',
    scenario: 'no-quorum',
    trials: (dialect) =>
      RESTARTING.map(
        (action): Trial => ({
          title: 'etcd without quorum',
          args: askedWith(dialect, action, 'node=talos-cp-01'),
          exit: 3,
          // Without etcd there is no Kubernetes API, and nobody who says its version.
          ...(action === 'upgrade-talos'
            ? { gate: 'G-PATH', says: /versions of Kubernetes .* not known/ }
            : { gate: 'G-ETCD', says: /etcd members cannot be read|healthy|quorum/ }),
        }),
      ),
  },
];

const GUESTS: readonly Condition[] = [
  state(
    'the ISO comes first',
    { scenario: 'iso-first' },
    {
      node: 'talos-cp-02',
      gate: 'G-BOOT',
      says: /VM 102 starts from the ISO in ide2/,
      next: /fix-boot-order/,
    },
  ),
  state(
    'the guest is locked',
    { ...change('lock-vm 104 backup'), ...undoneBy('unlock-vm 104') },
    { gate: 'G-PVEVM', says: /VM 104 is locked \(backup\)/, next: /lock/ },
  ),
  {
    name: 'the guest is locked',
    ...change('lock-vm 104 backup', 'attach-iso talos-w-01'),
    trials: (dialect) =>
      gated(dialect, ['fix-boot-order'], {
        title: 'the guest is locked',
        node: 'talos-w-01',
        gate: 'G-PVEVM',
        says: /VM 104 is locked \(backup\)/,
      }),
  },
  {
    name: 'the Proxmox token only reads',
    ...change('pve-role auditor', 'attach-iso talos-w-01'),
    ...undoneBy('pve-role operator', 'detach-iso talos-w-01'),
    trials: (dialect) =>
      gated(dialect, ['fix-boot-order'], {
        title: 'the Proxmox token only reads',
        node: 'talos-w-01',
        gate: 'G-PVEPRIV',
        says: /no VM\.Config\.CDROM on \/vms\/104/,
      }),
  },
  {
    name: 'the Proxmox token only reads',
    ...change('pve-role auditor'),
    ...undoneBy('pve-role operator'),
    trials: (dialect) =>
      gated(dialect, ['resize-ephemeral'], {
        title: 'the Proxmox token only reads',
        node: 'talos-w-01',
        gate: 'G-PVEPRIV',
        says: /no VM\.Config\.Disk on \/vms\/104/,
      }),
  },
  state('a task runs on the guest', change('hold-task 104 vzdump'), {
    gate: 'G-PVEVM',
    says: /vzdump runs on VM 104/,
    next: /Wait/,
  }),
  state(
    'the Proxmox node is offline',
    { scenario: 'pve-node-offline' },
    { node: 'talos-w-02', gate: 'G-PVENODE', says: /talos-w-02.*pve2 is offline/ },
  ),
  state(
    'Proxmox has no quorum',
    { scenario: 'pve-quorum-lost' },
    { gate: 'G-PVENODE', says: /no quorum/, next: /Proxmox/ },
  ),
  state(
    'the pool is nearly full',
    { scenario: 'storage-full' },
    {
      gate: 'G-STOR',
      says: /thin pool is 9\d% full/,
      next: /local-lvm/,
      actions: ['resize-ephemeral'],
    },
  ),
];

const NODES: readonly Condition[] = [
  state('a disruption budget allows none to go', change('strict-pdbs', 'advance 30'), {
    gate: 'G-PDB',
    says: /shop\/\S+: the disruption budget \S+ allows none/,
    next: /--override G-PDB/,
    actions: DISRUPTIVE,
  }),
  state(
    'another node is cordoned by somebody',
    { ...change('cordon talos-w-02'), ...undoneBy('uncordon talos-w-02') },
    {
      gate: 'G-NODES',
      says: /talos-w-02 is cordoned by someone else/,
      next: /uncordon/,
      actions: DISRUPTIVE,
    },
  ),
  state(
    'clocks differ',
    { ...change('skew-clock talos-cp-02 -30'), ...undoneBy('skew-clock talos-cp-02 0') },
    { gate: 'G-TIME', says: /talos-cp-02 is .* behind/, next: /time servers/ },
  ),
  state(
    'the node is silent',
    { ...change('hang-node talos-w-01') },
    { gate: 'G-MACH', says: /talos-w-01/, actions: RESTARTING },
  ),
  state(
    'storage is degraded',
    {
      scenario: 'seed-000',
      async bring({ lab }) {
        const { world } = lab.handle;
        const volume = listObjects(world, 'volumes.longhorn.io')[0];
        if (volume === undefined) throw new Error('This lab has no volume.');
        const status = { ...(volume.status as object), robustness: 'degraded' };
        putObject(world, 'volumes.longhorn.io', { ...volume, status });
      },
    },
    { gate: 'G-STORE', says: /Longhorn/, actions: DISRUPTIVE },
  ),
];

const OVERRIDE_UNTYPED: Condition = {
  name: 'an override that has to be typed',
  ...change('cordon talos-w-02'),
  ...undoneBy('uncordon talos-w-02'),
  trials: (dialect) =>
    DISRUPTIVE.map(
      (action): Trial => ({
        title: 'override that --yes alone does not confirm',
        args: [...askedWith(dialect, action, 'node=talos-w-01'), '--override', 'G-NODES'],
        flags: ['--yes'],
        exit: 2,
        says: new RegExp(`${action} (overrides a gate|is level 3): --yes alone`),
        next: /--confirm-name lab/,
      }),
    ),
};

export const CLUSTER: readonly Condition[] = [
  ...NODES,
  ...GUESTS,
  ...ETCD,
  ...AUTOMATIONS.map(({ name, bring, undo, says }) =>
    state(
      name,
      { bring, ...(undo === undefined ? {} : { undo }) },
      { gate: 'G-AUTO', says, next: /Let it finish|stop/, actions: DISRUPTIVE },
    ),
  ),
  OVERRIDE_UNTYPED,
  ...OWNERSHIP,
];

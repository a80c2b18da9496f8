import type { Dialect } from '../cases.js';
import type { Scene } from './scene.js';
import { asked, askedWith, type Condition, type Trial } from './trial.js';

interface Turn {
  readonly name: string;
  readonly action: string;
  readonly answers?: readonly string[];
  readonly before?: readonly string[];
  readonly meanwhile: (scene: Scene) => Promise<void>;
  readonly typed?: string;
  readonly gate?: string;
  readonly says: RegExp;
}

const change =
  (...lines: readonly string[]) =>
  async (scene: Scene): Promise<void> => {
    for (const line of lines) await scene.change(line);
  };

const swap = change(
  'set-vm 104 net0 virtio=BC:24:11:00:00:99,bridge=vmbr0',
  'set-vm 104 smbios1 uuid=00000000-1111-2222-3333-444444444444',
);

/** Between the plan that was shown and the answer, the cluster becomes another one. */
const TURNS: readonly Turn[] = [
  {
    name: 'its guest was replaced',
    action: 'cordon',
    meanwhile: swap,
    gate: 'G-OWN',
    says: /talos-w-01/,
  },
  {
    name: 'its guest was replaced',
    action: 'reboot-node',
    meanwhile: swap,
    gate: 'G-OWN',
    says: /talos-w-01/,
  },
  {
    name: 'somebody cordoned another node',
    action: 'reboot-node',
    meanwhile: change('cordon talos-w-02'),
    gate: 'G-NODES',
    says: /talos-w-02 is cordoned by someone else/,
  },
  {
    name: 'its guest was locked',
    action: 'resize-ephemeral',
    meanwhile: change('lock-vm 104 backup'),
    gate: 'G-PVEVM',
    says: /VM 104 is locked/,
  },
  {
    name: 'its disk was made larger than planned',
    action: 'resize-ephemeral',
    meanwhile: change('grow-disk talos-w-01 100'),
    gate: 'R1',
    says: /scsi0 of talos-w-01 has 200 GiB now, 100 GiB when it was planned/,
  },
  {
    name: 'it was rebooted',
    action: 'resize-ephemeral',
    meanwhile: change('reboot-node talos-w-01', 'advance 600'),
    gate: 'G-SAME',
    says: /talos-w-01 was rebooted since it was planned/,
  },
  {
    name: 'it was rebooted',
    action: 'upgrade-talos',
    meanwhile: change('reboot-node talos-w-01', 'advance 600'),
    gate: 'G-SAME',
    says: /talos-w-01 was rebooted since it was planned/,
  },
  {
    name: 'its image went',
    action: 'upgrade-talos',
    meanwhile: change('api-errors factory:HEAD:/v2/** 404 1000'),
    gate: 'G-IMAGE',
    says: /does not exist/,
  },
  {
    name: 'an ISO came first',
    action: 'rollback-node',
    meanwhile: change('attach-iso talos-w-01', 'set-vm 104 boot order=ide2;scsi0'),
    gate: 'G-BOOT',
    says: /VM 104 starts from the ISO/,
  },
  {
    name: 'disruption budgets got stricter',
    action: 'drain',
    meanwhile: change('strict-pdbs', 'advance 30'),
    gate: 'G-PDB',
    says: /allows none/,
  },
  {
    name: 'its source went down',
    action: 'etcd-snapshot',
    answers: ['node=talos-cp-02'],
    meanwhile: change('stop-node talos-cp-02', 'advance 60'),
    says: /does not say how its etcd is|talos-cp-02 is/,
  },
  {
    name: 'the node was deleted',
    action: 'uncordon',
    meanwhile: async ({ type }) => {
      await type('kubectl', 'delete', 'node', 'talos-w-01');
    },
    gate: 'G-OWN',
    says: /talos-w-01/,
  },
  {
    name: 'its guest was locked',
    action: 'fix-boot-order',
    before: ['attach-iso talos-w-01'],
    meanwhile: change('lock-vm 104 backup'),
    gate: 'G-PVEVM',
    says: /VM 104 is locked/,
  },
  {
    name: 'its guest was replaced',
    action: 'etcd-forfeit-leadership',
    before: ['etcd-leader talos-cp-01'],
    meanwhile: change(
      'set-vm 101 net0 virtio=BC:24:11:00:00:99,bridge=vmbr0',
      'set-vm 101 smbios1 uuid=00000000-1111-2222-3333-444444444444',
    ),
    gate: 'G-OWN',
    says: /talos-cp-01/,
  },
  {
    name: 'its requests were deleted',
    action: 'approve-csrs',
    meanwhile: async ({ type }) => {
      await type('kubectl', 'delete', 'csr', '--all');
    },
    says: /no kubelet-serving request/,
  },
];

const turned = (turn: Turn): Condition => ({
  name: `since the plan: ${turn.name} (${turn.action})`,
  async bring(scene) {
    for (const line of turn.before ?? []) await scene.change(line);
  },
  trials: (dialect: Dialect): readonly Trial[] => [
    {
      title: `changed since the plan: ${turn.name}`,
      args:
        turn.answers === undefined
          ? askedWith(dialect, turn.action)
          : asked(turn.action, ...turn.answers),
      typed: turn.typed ?? 'y',
      meanwhile: turn.meanwhile,
      exit: 3,
      says: turn.says,
      ...(turn.gate === undefined ? {} : { gate: turn.gate }),
    },
  ],
});

export const STALE: readonly Condition[] = TURNS.map(turned);

import { change, gated } from './gated.js';
import { askedWith, type Condition, ON_NODES, RESTARTING, type Trial } from './trial.js';

/** The guest of a worker is not theirs to look at, or it is looked at by its boot order first. */
const ON_WORKERS = ON_NODES.filter(
  (action) => action !== 'fix-boot-order' && action !== 'etcd-forfeit-leadership',
);

const swapGuest = change(
  'set-vm 104 net0 virtio=BC:24:11:00:00:99,bridge=vmbr0',
  'set-vm 104 smbios1 uuid=00000000-1111-2222-3333-444444444444',
);

const FOREIGN: readonly Condition[] = [
  {
    name: 'a guest that is not proven to be the node',
    ...swapGuest,
    trials: (dialect) =>
      gated(dialect, ON_WORKERS, {
        title: 'guest that is not proven to be the node',
        node: 'talos-w-01',
        gate: 'G-OWN',
        says: /talos-w-01/,
      }),
  },
  {
    name: 'a guest that is not proven to be the node, with an ISO',
    async bring(scene) {
      await scene.change('attach-iso talos-w-01');
      await swapGuest.bring?.(scene);
    },
    trials: (dialect) =>
      gated(dialect, ['fix-boot-order'], {
        title: 'guest that is not proven to be the node',
        node: 'talos-w-01',
        gate: 'G-BOOT',
        says: /which guest talos-w-01 is, is not known/,
      }),
  },
  {
    name: 'two guests with the identity of one node',
    async bring(scene) {
      await scene.change('foreign-vm talos-w-01');
      const { world } = scene.lab.handle;
      const own = world.vms.get(104)?.config ?? {};
      for (const key of ['net0', 'smbios1']) {
        await scene.change(`set-vm 900 ${key} ${own[key]}`);
      }
    },
    trials: (dialect) =>
      gated(dialect, ON_WORKERS, {
        title: 'two guests with the identity of the node',
        node: 'talos-w-01',
        gate: 'G-OWN',
        says: /talos-w-01/,
      }),
  },
  {
    name: 'a Kubernetes node that is no Talos member',
    bring: (scene) =>
      scene.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'stranger' } }),
    trials: (dialect) =>
      gated(dialect, ON_NODES, {
        title: 'Kubernetes node that no Talos is proven to be',
        node: 'stranger',
        gate: 'G-OWN',
        says: /stranger/,
      }),
  },
];

/** A gate that must hold whatever the operator says. */
const UNYIELDING: Condition = {
  name: 'a gate that cannot be overridden',
  ...swapGuest,
  trials: (dialect) =>
    ON_WORKERS.map((action): Trial => {
      const args = askedWith(dialect, action, 'node=talos-w-01');
      return {
        title: 'override of a gate that cannot be overridden',
        args: [...args, '--override', 'G-OWN'],
        exit: 3,
        gate: 'G-OWN',
        says: /talos-w-01/,
        next: action === 'resize-ephemeral' ? /Proxmox/ : /G-OWN cannot be overridden/,
      };
    }),
};

const UNYIELDING_GUEST: Condition = {
  name: 'gates of the guest that cannot be overridden',
  scenario: 'iso-first',
  trials: (dialect) =>
    RESTARTING.map(
      (action): Trial => ({
        title: 'override of a gate that cannot be overridden',
        args: [...askedWith(dialect, action, 'node=talos-cp-02'), '--override', 'G-BOOT'],
        exit: 3,
        gate: 'G-BOOT',
        says: /ISO/,
        next: /G-BOOT cannot be overridden/,
      }),
    ),
};

export const OWNERSHIP: readonly Condition[] = [...FOREIGN, UNYIELDING, UNYIELDING_GUEST];

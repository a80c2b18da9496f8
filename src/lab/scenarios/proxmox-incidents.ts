import { type Incident, incident } from './types.js';

const ON_THREE_HOSTS = '3+2@3';

export const proxmoxIncidents: readonly Incident[] = [
  incident({
    id: 'iso-halted',
    help: 'a worker was restarted with the ISO first in its boot order and halts there',
    changes: [
      'set-vm 104 boot order=ide2;scsi0',
      'attach-iso talos-w-01',
      'stop-node talos-w-01',
      'start-node talos-w-01',
    ],
    settleSeconds: 120,
    story:
      'The Proxmox host was suspended over night and resumed this morning. Every guest runs, says the host, but one worker never came back: Kubernetes calls it NotReady and nothing answers on its address. Nobody changed the cluster for weeks; the worker simply had not been restarted since it was installed.',
    broken: [
      'VM 104 boots from ide2 before scsi0, and the installer ISO is still in the drive.',
      'The ISO finds an installed Talos on the disk and halts (halt_if_installed).',
    ],
    repaired: [
      'The boot order of VM 104 starts with scsi0 and nothing of it is pending.',
      'The drive holds no medium.',
      'talos-w-01 is in stage running and Ready.',
    ],
  }),
  incident({
    id: 'iso-first',
    help: 'all is well, but the next restart of a control plane will halt in the ISO',
    changes: ['set-vm 102 boot order=ide2;scsi0', 'attach-iso talos-cp-02'],
    story:
      'A colleague rebuilt a control plane last month and went on holiday. Everything is green. Next week the host gets a new kernel, so every guest will be powered off and on once.',
    broken: ['VM 102 boots from its CD drive first, and the Talos ISO is in it.'],
    repaired: [
      'The boot order of VM 102 starts with scsi0 after its next cold start.',
      'No guest of the cluster has a medium in its drive.',
    ],
  }),
  incident({
    id: 'storage-full',
    help: 'the thin pool is nearly full',
    changes: ['fill-storage local-lvm 96'],
    story:
      'Somebody restored a large backup to the host. The thin pool that holds every disk of the cluster is at 96 percent, and nothing in Kubernetes knows about it. At 100 percent all guests stop at the same moment.',
    broken: ['local-lvm is 96 % full, with more promised to guests than there is.'],
    repaired: ['local-lvm is below 80 %.', 'Every guest runs.'],
  }),
  incident({
    id: 'pool-exhausted',
    help: 'the thin pool is full: every guest is paused by an I/O error',
    changes: ['fill-storage local-lvm 100'],
    settleSeconds: 90,
    story:
      'All nodes stopped answering within the same second. Proxmox shows the guests as running, with a yellow sign. The API of the cluster is gone, and so is the virtual address.',
    broken: ['local-lvm has no free block.', 'QEMU paused every guest: io-error.'],
    repaired: [
      'local-lvm has free space again.',
      'Every guest was resumed and none of them restarted.',
      'etcd has a leader and all nodes are Ready.',
    ],
  }),
  incident({
    id: 'stale-lock',
    help: 'a backup died and left its lock on a guest',
    changes: ['lock-vm 104 backup'],
    story:
      'The nightly backup was killed when its storage went away. Since then every attempt to stop, resize or configure one worker is refused. The worker itself runs.',
    broken: ['The configuration of VM 104 says lock: backup, and no task of it runs.'],
    repaired: ['VM 104 has no lock.', 'A change of its configuration is accepted.'],
  }),
  incident({
    id: 'flock-held',
    help: 'a shutdown that never ends keeps the lock file of a guest',
    changes: ['hang-node talos-w-01', 'hold-flock 104'],
    settleSeconds: 60,
    story:
      "A worker hung, and somebody pressed Shutdown. That was a while ago. Now stopping it fails with can't lock file, got timeout. The forum says to delete the lock file; that would let two writers in.",
    broken: [
      'A qmshutdown task waits for a guest that hears nothing, and holds the lock of VM 104.',
      'talos-w-01 hangs.',
    ],
    repaired: [
      'The task that held the lock has ended.',
      'VM 104 was stopped and started, and talos-w-01 is Ready.',
    ],
  }),
  incident({
    id: 'pve-node-offline',
    help: 'one of three Proxmox nodes is off, with a control plane and a worker on it',
    size: ON_THREE_HOSTS,
    changes: ['pve-node-down pve2'],
    settleSeconds: 400,
    story:
      'A power supply failed. One of three Proxmox nodes is dark, and with it a control plane and a worker. The cluster still answers. Nobody knows whether the machine comes back today.',
    broken: [
      'pve2 is offline; its guests talos-cp-02 and talos-w-02 are unknown to Proxmox.',
      'etcd has two of three members: no further one may be lost.',
    ],
    repaired: [
      'pve2 is online and its guests run.',
      'etcd has three healthy members; none was removed.',
      'All nodes are Ready.',
    ],
  }),
  incident({
    id: 'pve-quorum-lost',
    help: 'the Proxmox nodes do not see each other: guests run on, nothing can be written',
    size: ON_THREE_HOSTS,
    changes: ['pve-quorum-lost'],
    settleSeconds: 330,
    story:
      'A switch that carries corosync was replaced. Talos and Kubernetes are fine, but Proxmox refuses to start anything, and half of the guests have a question mark. The first idea, restarting guests until it works, would be the worst one.',
    broken: ['The Proxmox cluster has no quorum: /etc/pve is read-only.'],
    repaired: ['The Proxmox cluster is quorate.', 'No guest was restarted meanwhile.'],
  }),
  incident({
    id: 'control-planes-together',
    help: 'three Proxmox nodes, and all control planes on the first of them',
    size: ON_THREE_HOSTS,
    placement: 'control-planes-together',
    changes: [],
    story:
      'The cluster was built when there was one Proxmox node. Two more were added for workers. Everything is green, and the first node needs a new mainboard.',
    broken: ['One Proxmox node carries every member of etcd.'],
    repaired: ['No Proxmox node carries a majority of the control planes.'],
  }),
  incident({
    id: 'disk-grown',
    help: 'a disk was made larger, and its node has not been rebooted',
    changes: ['grow-disk talos-w-01 50'],
    settleSeconds: 60,
    story:
      'Pods were evicted for want of disk space, so somebody made the disk of a worker 50 GiB larger. Proxmox shows the new size. The kubelet still complains.',
    broken: [
      'The disk of talos-w-01 is larger than the volumes on it: EPHEMERAL grows at boot only.',
    ],
    repaired: ['EPHEMERAL of talos-w-01 fills its disk.', 'talos-w-01 is Ready and not cordoned.'],
  }),
  incident({
    id: 'foreign-vm',
    help: 'somebody else has a guest of the same name',
    changes: ['foreign-vm talos-w-01'],
    story:
      'A colleague cloned a worker by hand to try something and left it there, stopped. Two guests now have the same name. One of them is yours.',
    broken: ['VM 900 has the name of talos-w-01 and none of our tags.'],
    repaired: ['Nobody touched VM 900.', 'What was asked for was done to VM 104.'],
  }),
  incident({
    id: 'start-warnings',
    help: 'a worker starts with warnings: iothread and its controller do not fit together',
    changes: ['set-vm 104 scsihw virtio-scsi-pci', 'stop-node talos-w-01', 'start-node talos-w-01'],
    settleSeconds: 90,
    story:
      'After a restart the task log of a worker is yellow. It runs, it is Ready, but the task did not say OK, and an impatient script has already reported a failure.',
    broken: ['VM 104 asks for an iothread that its controller cannot have: every start warns.'],
    repaired: ['A start of VM 104 ends with OK.'],
  }),
  incident({
    id: 'token-read-only',
    help: 'the API token may read everything and change nothing',
    changes: ['pve-role auditor'],
    story:
      'Security reviewed the tokens and gave yours the auditor role. Everything can be seen. The first change fails with a 403 that names a privilege.',
    broken: ['The token has PVEAuditor on / and lacks every privilege to change guests.'],
    repaired: ['The token has the role for operation again.'],
  }),
];

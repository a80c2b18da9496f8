import { type Incident, incident } from './types.js';

export const nodeIncidents: readonly Incident[] = [
  incident({
    id: 'ephemeral-full',
    help: 'the disk of a worker is full: its kubelet evicts pods',
    changes: ['fill-ephemeral talos-w-01 95'],
    settleSeconds: 60,
    story:
      'Pods of one worker are evicted again and again, new ones stay away from it. Old images and logs have filled its disk, and images cannot be deleted as fast as they come.',
    broken: ['EPHEMERAL of talos-w-01 is 95 % full.', 'talos-w-01 reports disk pressure.'],
    repaired: [
      'EPHEMERAL of talos-w-01 is larger, or holds less.',
      'talos-w-01 reports no disk pressure and carries no taint of it.',
    ],
  }),
  incident({
    id: 'clock-skew',
    help: 'the clock of a control plane is two hours behind: for it no certificate is valid yet',
    changes: ['skew-clock talos-cp-02 -7200'],
    settleSeconds: 120,
    story:
      'A firewall rule for NTP was tightened, and the host of one control plane came back from suspend. Its node went NotReady; its log speaks of certificates that are not yet valid. Nobody has touched a certificate.',
    broken: [
      'The clock of talos-cp-02 is 7200 s behind, and Talos says that its time is not synchronised.',
      'talos-cp-02 is NotReady.',
    ],
    repaired: ['The clock of talos-cp-02 is right.', 'talos-cp-02 is Ready.'],
  }),
  incident({
    id: 'cni-missing',
    help: 'no pod network is installed: every node is NotReady',
    changes: ['remove-cni'],
    settleSeconds: 30,
    story:
      'A new cluster, by the book, without the default network because Cilium was planned. Then somebody was called away. Every node is NotReady, and CoreDNS waits for ever.',
    broken: [
      'No DaemonSet of a pod network exists.',
      'All nodes are NotReady: cni plugin not initialized.',
    ],
    repaired: ['A pod network runs on every node.', 'All nodes are Ready.'],
  }),
  incident({
    id: 'vip-in-dhcp',
    help: 'the virtual address lies in the DHCP range, and somebody else was given it',
    changes: ['vip-in-dhcp'],
    settleSeconds: 10,
    story:
      'kubectl fails, says connection refused, and yet Talos reports a holder of the virtual address. A camera was mounted in the hall this morning. The DHCP range covers the address of the API.',
    broken: [
      'The DHCP range covers the virtual address.',
      'A device that is no machine of the cluster has the virtual address too.',
    ],
    repaired: [
      'The virtual address is outside of every DHCP range.',
      'The API answers on the virtual address.',
    ],
  }),
  incident({
    id: 'pool-metadata-full',
    help: "the thin pool's metadata is nearly full, which no storage figure shows",
    changes: ['fill-metadata local-lvm 94'],
    story:
      'Storage looks fine: half of it is free. But the thin pool has another, smaller limit that no storage page shows, and at 100 percent of it all guests stop as if the disk were full.',
    broken: ['The metadata of local-lvm is 94 % full.'],
    repaired: ['The metadata of local-lvm is below 75 %.'],
  }),
  incident({
    id: 'backup-running',
    help: 'a backup of a worker is running and holds its lock',
    changes: ['lock-vm 104 backup', 'hold-task 104 vzdump'],
    story:
      'The nightly backup is late and still at work on one worker. Its lock is not a stale one: whoever removes it lets two writers in.',
    broken: ['A vzdump task of VM 104 runs, and its lock is legitimate.'],
    repaired: ['The backup ended by itself or was stopped by its task.', 'VM 104 has no lock.'],
  }),
];

import { type Incident, incident } from './types.js';

export const clusterIncidents: readonly Incident[] = [
  incident({
    id: 'worker-down',
    help: 'a worker lost power a minute ago',
    changes: ['stop-node talos-w-01'],
    settleSeconds: 75,
    story:
      'A worker is NotReady for a minute. Its pods are still listed as running, and nothing answers on its address.',
    broken: ['VM 104 is stopped.'],
    repaired: ['VM 104 runs.', 'talos-w-01 is Ready and its pods run.'],
  }),
  incident({
    id: 'cp-down',
    help: 'one of three control planes lost power',
    changes: ['stop-node talos-cp-03'],
    settleSeconds: 75,
    story:
      'One control plane is gone. The cluster works, and any maintenance that touches a second one would stop it.',
    broken: ['VM 103 is stopped.', 'etcd has two of three members.'],
    repaired: ['talos-cp-03 is Ready.', 'etcd has three healthy voters and one leader.'],
  }),
  incident({
    id: 'no-quorum',
    help: 'two of three control planes are off: etcd has no leader, nobody holds the virtual address',
    changes: ['stop-node talos-cp-02', 'stop-node talos-cp-03'],
    settleSeconds: 30,
    story:
      'kubectl hangs and the virtual address is dead. Two control planes were powered off by mistake. Pods run on where they are. Recovery from a snapshot would work, and would be far too much.',
    broken: ['VM 102 and 103 are stopped; etcd has one of three members and no leader.'],
    repaired: [
      'All three members were started, none was removed or recovered.',
      'etcd has a leader, and somebody holds the virtual address.',
    ],
  }),
  incident({
    id: 'node-hangs',
    help: 'a control plane accepts connections and answers nothing, since a minute ago',
    changes: ['hang-node talos-cp-02'],
    settleSeconds: 75,
    story:
      'Requests to one control plane hang instead of failing. Load balancers that only look at the port still send traffic there.',
    broken: ['talos-cp-02 hangs: its ports are open, and nothing answers.'],
    repaired: ['VM 102 was stopped and started.', 'talos-cp-02 is Ready and its member healthy.'],
  }),
  incident({
    id: 'cp-partitioned',
    help: 'a control plane runs, and nobody reaches it',
    changes: ['partition-node talos-cp-01'],
    settleSeconds: 90,
    story:
      'One control plane disappeared from the network although its guest runs: Proxmox shows its CPU at work. Restarting it would not bring the cable back.',
    broken: ['talos-cp-01 is cut off the network.'],
    repaired: [
      'talos-cp-01 is reached again, without a restart.',
      'etcd has three healthy members.',
    ],
  }),
  incident({
    id: 'no-vip',
    help: 'all is well, but nobody holds the virtual address',
    changes: ['no-vip'],
    settleSeconds: 5,
    story:
      'Every node is fine, and kubectl cannot connect: its kubeconfig names the virtual address. The API servers answer on their own addresses.',
    broken: ['No control plane campaigns for the virtual address.'],
    repaired: ['One control plane holds the virtual address.'],
  }),
  incident({
    id: 'vip-wrong-link',
    help: 'the links are called otherwise than the configuration says: nobody takes the virtual address',
    changes: ['rename-links eth0'],
    settleSeconds: 60,
    story:
      'After a move to other images the virtual address never came up. No log complains. The configuration puts it on ens18, and the kernel calls the link eth0.',
    broken: ['The operator of the virtual address waits for a link that does not exist.'],
    repaired: [
      'The configuration of every control plane finds its link.',
      'One control plane holds the virtual address.',
    ],
  }),
  incident({
    id: 'even-members',
    help: 'four control planes: no safer than three, and one more to lose',
    size: '4+1',
    changes: [],
    story:
      'Somebody added a control plane for more safety. Four members need three for a quorum: still only one may fail, and there are more that can.',
    broken: ['etcd has four voting members.'],
    repaired: ['etcd has three or five voting members, all healthy.'],
  }),
  incident({
    id: 'learner-stuck',
    help: 'a member of etcd joined as a learner and was never promoted',
    changes: ['etcd-learner talos-cp-03'],
    settleSeconds: 60,
    story:
      'A control plane was replaced yesterday. There are three members again, and all of them run. Only two of them vote.',
    broken: ['The member on talos-cp-03 is a learner.'],
    repaired: ['etcd has three voting members and no learner.'],
  }),
  incident({
    id: 'etcd-nospace',
    help: 'etcd raised the NOSPACE alarm and refuses writes',
    changes: ['etcd-alarm NOSPACE talos-cp-01'],
    story:
      'Nothing can be created or changed: every write to Kubernetes fails with a full database. Reading works. Freeing space alone does not help, the alarm stays.',
    broken: ['The NOSPACE alarm is raised on talos-cp-01.'],
    repaired: ['No alarm is raised.', 'An object can be created.'],
  }),
  incident({
    id: 'etcd-fragmented',
    help: "most of etcd's database file is free space that it does not give back",
    changes: ['fragment-etcd 85'],
    story:
      'The database of etcd is several times larger than what it holds and comes near its quota. Defragmenting all members at once would stop the cluster.',
    broken: ['85 % of every database file is free space.'],
    repaired: ['Every member was defragmented, one after the other, the leader last.'],
  }),
  incident({
    id: 'hostile-csrs',
    help: 'forged certificate requests among honest ones',
    changes: ['vip', 'wrong-cn', 'client-auth', 'unknown-node', 'masters-group'].map(
      (kind) => `hostile-csr ${kind}`,
    ),
    story:
      'Certificate requests of kubelets wait for approval. Some of them were not written by a kubelet: one asks for the address of the API, one for the rights of an administrator.',
    broken: ['Five forged requests wait beside honest ones.'],
    repaired: ['Every honest request was approved.', 'No forged one was.'],
  }),
  incident({
    id: 'csrs-pending',
    help: 'no kubelet has its serving certificate: logs and exec fail',
    changes: ['talos-cp-01', 'talos-cp-02', 'talos-cp-03', 'talos-w-01', 'talos-w-02'].map(
      (node) => `new-csr ${node}`,
    ),
    settleSeconds: 30,
    story:
      'kubectl logs fails everywhere with a TLS internal error, metrics are gone. Rotation of serving certificates was switched on, and nobody approves the requests.',
    broken: ['The serving request of every kubelet is pending.'],
    repaired: ['Every kubelet has a serving certificate.', 'kubectl logs works.'],
  }),
  incident({
    id: 'node-cordoned',
    help: 'an upgrade was broken off and left a worker cordoned',
    changes: ['cordon talos-w-02'],
    settleSeconds: 30,
    story:
      'Somebody closed a laptop during an upgrade last week. All nodes are Ready, and new pods pile up on one worker.',
    broken: ['talos-w-02 is cordoned, and no maintenance is going on.'],
    repaired: ['talos-w-02 takes pods.'],
  }),
  incident({
    id: 'pdb-blocks-drain',
    help: 'disruption budgets that allow nothing: a drain never ends',
    changes: ['strict-pdbs'],
    story:
      'A worker must be drained for maintenance, and the drain waits for ever. The budgets ask for every pod that there is.',
    broken: ['Every disruption budget asks for all of its pods.'],
    repaired: ['A worker can be drained without killing pods against their budget.'],
  }),
];

import { fractionOf } from '../../world/random.js';
import type { LabNode, World } from '../../world/types.js';
import { pidOf, podContainers, servicePid, systemContainers, usageOf } from './containers.js';

export interface NodeProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly threads: number;
  readonly cpuSeconds: number;
  readonly virtualBytes: number;
  readonly residentBytes: number;
  readonly command: string;
  readonly executable: string;
  readonly args: string;
  readonly label: string;
}

const KERNEL_LABEL = 'system_u:system_r:kernel_t:s0';
const INIT_LABEL = 'system_u:system_r:init_t:s0';
const KERNEL_THREADS = [
  'kthreadd',
  'pool_workqueue_release',
  'kworker/R-rcu_gp',
  'kworker/0:0H-kblockd',
  'ksoftirqd/0',
  'rcu_preempt',
  'migration/0',
  'cpuhp/0',
  'cpuhp/1',
  'kdevtmpfs',
  'kauditd',
  'oom_reaper',
  'kcompactd0',
  'kswapd0',
  'scsi_eh_0',
  'xfsaild/sda4',
];

const ARGUMENTS: Readonly<Record<string, string>> = {
  machined: '/sbin/init',
  containerd:
    '/bin/containerd --address /system/run/containerd/containerd.sock --state /system/run/containerd --root /system/var/lib/containerd',
  cri: '/bin/containerd --address /run/containerd/containerd.sock --config /etc/cri/containerd.toml',
  apid: '/apid --enable-rbac',
  trustd: '/trustd',
  udevd: '/sbin/systemd-udevd --resolve-names=never',
  etcd: '/usr/local/bin/etcd --auto-compaction-mode=periodic --auto-compaction-retention=5m --data-dir=/var/lib/etcd',
  kubelet:
    '/usr/local/bin/kubelet --config=/etc/kubernetes/kubelet.yaml --cert-dir=/var/lib/kubelet/pki --kubeconfig=/etc/kubernetes/kubeconfig-kubelet',
  dashboard: '/sbin/dashboard',
  auditd: '/sbin/init auditd',
  syslogd: '/sbin/init syslogd',
};
/** Not a process of their own: goroutines of machined. */
const INSIDE_MACHINED = new Set(['auditd', 'syslogd', 'machined']);

interface Draft {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  readonly args: string;
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  readonly label: string;
}

/** What `ps` on this node would list. */
export function processesOf(world: World, node: LabNode): readonly NodeProcess[] {
  const kernel = KERNEL_THREADS.map(
    (name, index): NodeProcess => ({
      pid: index + 2,
      ppid: index === 0 ? 0 : 2,
      state: name.startsWith('kworker') ? 'I' : 'S',
      threads: 1,
      cpuSeconds: Math.floor(fractionOf(world.facts.seed, `${node.bootId}:${name}`) * 400) / 100,
      virtualBytes: 0,
      residentBytes: 0,
      command: name,
      executable: '',
      args: '',
      label: KERNEL_LABEL,
    }),
  );
  return [machined(world, node), ...kernel, ...services(world, node), ...containers(world, node)];
}

const machined = (world: World, node: LabNode): NodeProcess =>
  asProcess(world, {
    pid: 1,
    ppid: 0,
    name: 'init',
    args: '/sbin/init',
    ...usageOf(world, node, 'machined', node.bootedAtMs),
    label: INIT_LABEL,
  });

const services = (world: World, node: LabNode): readonly NodeProcess[] =>
  [...node.services.values()]
    .filter(({ id, state }) => state === 'Running' && !INSIDE_MACHINED.has(id))
    .map((service) => {
      const args = ARGUMENTS[service.id] ?? `/usr/local/bin/${service.id.replace(/^ext-/, '')}`;
      return asProcess(world, {
        pid: servicePid(world, node, service),
        ppid: 1,
        name: args.split(' ')[0]?.split('/').at(-1) ?? service.id,
        args,
        ...usageOf(world, node, service.id, service.events.at(-1)?.atMs ?? node.bootedAtMs),
        label: `system_u:system_r:${service.id.startsWith('ext-') ? 'sys_containerd' : service.id}_t:s0`,
      });
    });

/** One shim per pod and per containerised service, then what runs inside. */
function containers(world: World, node: LabNode): readonly NodeProcess[] {
  const all = [...systemContainers(world, node), ...podContainers(world, node)];
  const shims = all
    .filter(({ id, podId }) => id === podId)
    .map(({ id }) =>
      asProcess(world, {
        pid: pidOf(world, node, `shim:${id}`),
        ppid: 1,
        name: 'containerd-shim',
        args: '/bin/containerd-shim-runc-v2 -namespace k8s.io -address /run/containerd/containerd.sock',
        memoryBytes: 15_000_000,
        cpuSeconds: 2,
        label: 'system_u:system_r:pod_containerd_t:s0',
      }),
    );
  const inside = podContainers(world, node).map((container) =>
    asProcess(world, {
      pid: container.pid,
      ppid: pidOf(world, node, `shim:${container.podId}`),
      name: container.id === container.podId ? 'pause' : container.name,
      args: container.id === container.podId ? '/pause' : `/usr/local/bin/${container.name}`,
      memoryBytes: Math.max(700_000, container.memoryBytes),
      cpuSeconds: container.cpuNanoseconds / 1e9,
      label: 'system_u:system_r:pod_t:s0',
    }),
  );
  return [...shims, ...inside];
}

function asProcess(world: World, draft: Draft): NodeProcess {
  const share = fractionOf(world.facts.seed, `threads:${draft.name}`);
  return {
    pid: draft.pid,
    ppid: draft.ppid,
    state: 'S',
    threads: draft.name === 'pause' ? 1 : 6 + Math.floor(share * 14),
    cpuSeconds: Math.floor(draft.cpuSeconds * 100) / 100,
    virtualBytes: draft.memoryBytes * 9 + 1_200_000_000,
    residentBytes: draft.memoryBytes,
    command: draft.name,
    executable: draft.args.split(' ')[0] ?? '',
    args: draft.args,
    label: draft.label,
  };
}

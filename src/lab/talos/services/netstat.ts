import type { LabNode } from '../../world/types.js';
import type { CallContext, Method } from '../calls.js';
import { READERS } from '../roles.js';
import { servicePid } from '../runtime/containers.js';

interface NetstatRequest {
  readonly filter: string;
  readonly feature: { readonly pid: boolean } | null;
  readonly l4proto: { readonly tcp: boolean; readonly tcp6: boolean; readonly udp: boolean } | null;
}

interface Port {
  readonly port: number;
  readonly service: string;
  readonly isLocal?: boolean;
}

const PORTS: readonly Port[] = [
  { port: 50_000, service: 'apid' },
  { port: 50_001, service: 'trustd' },
  { port: 2379, service: 'etcd' },
  { port: 2380, service: 'etcd' },
  { port: 6443, service: 'kube-apiserver' },
  { port: 10_257, service: 'kube-controller-manager', isLocal: true },
  { port: 10_259, service: 'kube-scheduler', isLocal: true },
  { port: 10_250, service: 'kubelet' },
  { port: 10_248, service: 'kubelet', isLocal: true },
  { port: 7445, service: 'machined', isLocal: true },
];

const runs = (node: LabNode, { service }: Port): boolean =>
  service.startsWith('kube-')
    ? node.areStaticPodsUp
    : service === 'machined' || node.services.get(service)?.state === 'Running';

/** Listeners of the host, and the connections to its peers. */
function netstat({ talos, node }: CallContext, message: object): object {
  const { world } = talos;
  const request = message as NetstatRequest;
  const open = PORTS.filter((port) => runs(node, port));
  const processOf = ({ service }: Port) => {
    const known = node.services.get(service);
    if (request.feature?.pid !== true) return null;
    return { pid: known === undefined ? 1 : servicePid(world, node, known), name: service };
  };
  const listening = open.map((port, index) => ({
    l4proto: port.isLocal ? 'tcp' : 'tcp6',
    localip: port.isLocal ? '127.0.0.1' : '::',
    localport: port.port,
    remoteip: port.isLocal ? '0.0.0.0' : '::',
    remoteport: 0,
    state: 'LISTEN',
    inode: 20_000 + index,
    process: processOf(port),
  }));
  const peers = [...world.etcd.members.values()].filter(
    ({ hostname }) => hostname !== node.hostname,
  );
  const connected = open
    .filter(({ port }) => port === 2380)
    .flatMap((port) =>
      peers.map(({ address }, index) => ({
        l4proto: 'tcp',
        localip: node.address,
        localport: 40_000 + index,
        remoteip: address,
        remoteport: 2380,
        state: 'ESTABLISHED',
        inode: 30_000 + index,
        process: processOf(port),
      })),
    );
  const isWanted = ({ l4proto }: { readonly l4proto: string }): boolean =>
    l4proto === 'tcp' ? request.l4proto?.tcp !== false : request.l4proto?.tcp6 !== false;
  const records = {
    ALL: [...listening, ...connected],
    LISTENING: listening,
    CONNECTED: connected,
  }[request.filter];
  return { connectrecord: (records ?? []).filter(isWanted) };
}

export const NETSTAT_METHODS: Readonly<Record<string, Method>> = {
  Netstat: { kind: 'unary', isWrapped: true, roles: READERS, answer: netstat },
};

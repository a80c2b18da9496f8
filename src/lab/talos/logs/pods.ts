import type { NodeContainer } from '../runtime/containers.js';
import { changed, type LogSource, murmuring, together, told } from './source.js';

/** What well-known programs say; the others only that they are there. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  'kube-apiserver': [
    'I{date} 1 controller.go:667] quota admission added evaluator for: leases.coordination.k8s.io',
    'I{date} 1 alloc.go:328] "allocated clusterIPs" service="default/kubernetes"',
    'I{date} 1 cidrallocator.go:277] updated ClusterIP allocator for Service CIDR 10.96.0.0/12',
  ],
  'kube-controller-manager': [
    'I{date} 1 range_allocator.go:433] "Successfully synced" logger="node-ipam-controller"',
    'I{date} 1 garbagecollector.go:177] "All resource monitors have synced. Proceeding to collect garbage"',
  ],
  'kube-scheduler': ['I{date} 1 shared_informer.go:356] "Caches are synced"'],
  coredns: [
    '[INFO] 127.0.0.1:51234 - 4711 "HINFO IN 3491.8235. udp 57 false 512" NXDOMAIN qr,rd,ra 132 0.014s',
  ],
  'kube-flannel': ['I{date} 1 main.go:586] Running backend.'],
  'kube-proxy': ['I{date} 1 proxier.go:1508] "Reloading service iptables data"'],
  web: ['10.244.0.1 - - "GET / HTTP/1.1" 200 612 "-" "kube-probe/1.35"'],
  db: ['LOG:  checkpoint complete: wrote 42 buffers (0.3%)'],
};

const klogDate = (atMs: number): string => {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  return `${date.slice(5).replace('-', '')} ${time.replace('Z', '000')}`;
};

/** What a container says, as it says it. */
export function containerSpeech({
  name,
  startedAtMs,
}: Pick<NodeContainer, 'name' | 'startedAtMs'>): LogSource {
  const lines = LINES[name] ?? [`${name}: ready`];
  const text = (index: number, atMs: number): string =>
    (lines[index % lines.length] ?? '').replace('{date}', klogDate(atMs));
  return together([
    told(() => [{ atMs: startedAtMs + 300, text: `starting ${name}` }]),
    murmuring({ sinceMs: startedAtMs + 1000, everyMs: 23_000, text }),
  ]);
}

/** RFC 3339 with the nanoseconds that Go prints. */
export const nanoTime = (atMs: number): string =>
  new Date(atMs).toISOString().replace('Z', '123456Z');

/** containerd's file format: time, stream, F for a full line. */
export const containerLog = (container: NodeContainer): LogSource =>
  changed(containerSpeech(container), ({ atMs, text }) => `${nanoTime(atMs)} stderr F ${text}`);

import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { controlPlanes, reachabilityOf } from '../world/node.js';
import type { LabHandle, LabNode, LabServer, Topic } from '../world/types.js';
import { vipHolder } from '../world/vip.js';
import { WatchCache } from './api/watch-cache.js';
import type { Gate } from './gate.js';
import { serve } from './http.js';
import { wantedKubelets } from './kubelet.js';
import { ListenerSet, type WantedListener } from './listener-set.js';
import type { ApiServer } from './server-context.js';
import type { WatchStreams } from './watch-stream.js';

/**
 * The Kubernetes side of a lab: an API server on every control plane that runs, one more on the virtual address
 * while somebody holds it, and the kubelets.
 * @throws Error when an address of the lab is taken.
 */
export async function startKubeServers(lab: LabHandle): Promise<LabServer> {
  const { world } = lab;
  const cache = new WatchCache(world);
  const streams: WatchStreams = new Set();
  const kubelets = wantedKubelets(lab, cache);
  const accept = (node: LabNode) => (gate: Gate) =>
    connectionHandler(
      lab,
      { world, cache, node, address: `${node.address}:${lab.ports.kube}` },
      gate,
      streams,
    );
  const listeners = new ListenerSet(() => [...wantedApiServers(lab, accept), ...kubelets()]);
  const unsubscribe = world.subscribe((topics) => {
    if (topics.includes('cut:kube')) for (const response of [...streams]) response.destroy();
    if (topics.some(movesListeners)) {
      listeners.reconcile().catch((error: unknown) => lab.log(`Kubernetes port: ${String(error)}`));
    }
  });
  const close = async (): Promise<void> => {
    unsubscribe();
    cache.close();
    await listeners.close();
  };
  try {
    await listeners.reconcile();
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

const movesListeners = (topic: Topic): boolean => topic === 'vip' || topic.startsWith('node:');

function connectionHandler(
  lab: LabHandle,
  server: ApiServer,
  gate: Gate,
  streams: WatchStreams,
): (socket: Socket) => void {
  const { certPem, keyPem } = lab.pki.kubeServer();
  const https = createServer(
    {
      cert: certPem,
      key: keyPem,
      ca: [lab.pki.kubeCaPem],
      requestCert: true,
      // Who has no valid certificate gets a 401 in JSON, not a failed handshake.
      rejectUnauthorized: false,
      keepAliveTimeout: 60_000,
    },
    (request, response) => void serve(server, request, response, gate, streams),
  );
  https.on('tlsClientError', (_error, socket) => socket.destroy());
  return (socket) => void https.emit('connection', socket);
}

/** A machine that hangs keeps its ports. */
const isListening = (node: LabNode): boolean =>
  reachabilityOf(node) !== 'refused' && node.areStaticPodsUp;

function wantedApiServers(
  { world, ports }: LabHandle,
  accept: (node: LabNode) => WantedListener['accept'],
): readonly WantedListener[] {
  const wanted = (node: LabNode, address: string): readonly WantedListener[] =>
    isListening(node)
      ? [
          {
            key: `${address} of ${node.hostname}`,
            address,
            port: ports.kube,
            isSilent: reachabilityOf(node) === 'silent',
            accept: accept(node),
          },
        ]
      : [];
  const holder = vipHolder(world);
  return [
    ...controlPlanes(world).flatMap((node) => wanted(node, node.address)),
    // Whoever else has the address answers for it, and has no API.
    ...(holder === undefined || world.lan.strangers.has(world.vip.address)
      ? []
      : wanted(holder, world.vip.address)),
  ];
}

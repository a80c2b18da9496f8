import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { LabHandle, LabPveHost, LabServer } from '../world/types.js';
import { serve } from './http.js';
import { ALL_ROUTES } from './routes.js';

/** pveproxy closes an idle connection after five seconds and any after a hundred requests. */
const IDLE_MS = 5000;
const REQUESTS_PER_CONNECTION = 100;

/**
 * The Proxmox REST API on every host of the lab that runs, over HTTP/1.1 with certificates of the lab's own cluster
 * CA. A host that hangs keeps its port and answers nothing.
 * @throws Error when an address is taken.
 */
export async function startPveServer(lab: LabHandle): Promise<LabServer> {
  const hosts = [...lab.world.pveHosts.values()];
  const proxies = new Map<LabPveHost, Server>();
  const open = async (host: LabPveHost): Promise<void> => {
    const server = proxyOf(lab, host);
    proxies.set(host, server);
    try {
      await listen(server, lab.ports.pve, host.address);
    } catch (error) {
      proxies.delete(host);
      throw error;
    }
  };
  const shut = (host: LabPveHost): Promise<void> => {
    const server = proxies.get(host);
    proxies.delete(host);
    return server === undefined ? Promise.resolve() : close(server);
  };
  let moving = Promise.resolve();
  const follow = async (): Promise<void> => {
    for (const host of hosts) {
      const isWanted = host.isOnline || host.isHung;
      if (isWanted && !proxies.has(host)) await open(host);
      else if (!isWanted) await shut(host);
    }
  };
  const unsubscribe = lab.world.subscribe((topics) => {
    if (topics.includes('cut:pve')) for (const each of proxies.values()) each.closeAllConnections();
    if (topics.includes('pve')) {
      moving = moving
        .then(follow)
        .catch((error: unknown) => lab.log(`Proxmox port: ${String(error)}`));
    }
  });
  const closeAll = async (): Promise<void> => {
    unsubscribe();
    await moving;
    for (const host of hosts) await shut(host);
  };
  try {
    await follow();
  } catch (error) {
    await closeAll();
    throw error;
  }
  return { close: closeAll };
}

function proxyOf(lab: LabHandle, host: LabPveHost): Server {
  const { certPem, keyPem } = lab.pki.pveServer(host);
  const fingerprint = new X509Certificate(certPem).fingerprint256;
  const pve = { lab, routes: ALL_ROUTES, fingerprint, host };
  const https = createServer(
    { cert: certPem, key: keyPem, keepAliveTimeout: IDLE_MS },
    (request, response) => void serve(pve, request, response),
  );
  https.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
  https.on('tlsClientError', (_error, socket) => socket.destroy());
  return https;
}

const listen = (server: Server, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

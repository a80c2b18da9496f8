import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { LabHandle, LabServer } from '../world/types.js';
import { serve } from './http.js';
import { ALL_ROUTES } from './routes.js';

/** pveproxy closes an idle connection after five seconds and any after a hundred requests. */
const IDLE_MS = 5000;
const REQUESTS_PER_CONNECTION = 100;

/**
 * The Proxmox REST API of the lab's host, over HTTP/1.1 with a certificate of the lab's own cluster CA.
 * @throws Error when the address is taken.
 */
export async function startPveServer(lab: LabHandle): Promise<LabServer> {
  const { certPem, keyPem } = lab.pki.pveServer();
  const fingerprint = new X509Certificate(certPem).fingerprint256;
  const pve = { lab, routes: ALL_ROUTES, fingerprint };
  const https = createServer(
    {
      cert: certPem,
      key: keyPem,
      keepAliveTimeout: IDLE_MS,
    },
    (request, response) => void serve(pve, request, response),
  );
  https.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
  https.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    https.once('error', reject);
    https.listen(lab.ports.pve, lab.world.facts.pveAddress, () => {
      https.off('error', reject);
      resolve();
    });
  });
  const unsubscribe = lab.world.subscribe((topics) => {
    if (topics.includes('cut:pve')) https.closeAllConnections();
  });
  return {
    close: () =>
      new Promise((resolve) => {
        unsubscribe();
        https.close(() => resolve());
        https.closeAllConnections();
      }),
  };
}

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createRequest } from '../pki/certificate.js';
import { reachabilityOf } from '../world/node.js';
import type { KeyPair, LabHandle, LabNode } from '../world/types.js';
import type { WatchCache } from './api/watch-cache.js';
import type { WantedListener } from './listener-set.js';
import { hasServingCertificate } from './nodes-proxy.js';

/** TLS 1.2 record: alert, fatal, internal_error – Go's answer when GetCertificate gives none. */
const ALERT_INTERNAL_ERROR = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50]);
const DAY_MS = 86_400_000;

/** One port 10250 per machine whose kernel runs. */
export function wantedKubelets(lab: LabHandle, cache: WatchCache): () => readonly WantedListener[] {
  const nodes = [...lab.world.nodes.values()].map((node) => ({
    node,
    accept: () => connectionHandler(lab, cache, node),
  }));
  return () =>
    nodes
      .filter(({ node }) => reachabilityOf(node) !== 'refused')
      .map(({ node, accept }) => ({
        key: `kubelet of ${node.hostname}`,
        address: node.address,
        port: lab.ports.kubelet,
        isSilent: reachabilityOf(node) === 'silent',
        accept,
      }));
}

function connectionHandler(
  lab: LabHandle,
  cache: WatchCache,
  node: LabNode,
): (socket: Socket) => void {
  const https = lazy(() => kubeletServer(lab, node));
  return (socket) => {
    if (node.services.get('kubelet')?.state !== 'Running') {
      socket.destroy();
    } else if (hasServingCertificate(cache, node)) {
      https().emit('connection', socket);
    } else {
      socket.once('data', () => socket.end(ALERT_INTERNAL_ERROR));
    }
  };
}

function kubeletServer(lab: LabHandle, node: LabNode) {
  const { certPem, keyPem } = servingPair(lab, node);
  const https = createServer(
    {
      cert: certPem,
      key: keyPem,
      ca: [lab.pki.kubeCaPem],
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const isKnown = (request.socket as TLSSocket).authorized;
      const isHealth = request.url === '/healthz';
      response.writeHead(isKnown ? (isHealth ? 200 : 404) : 401, { 'content-type': 'text/plain' });
      response.end(isKnown ? (isHealth ? 'ok' : '404 page not found\n') : 'Unauthorized');
    },
  );
  https.on('tlsClientError', (_error, socket) => socket.destroy());
  return https;
}

/** The CSRs of the world keep no private keys: this is the same certificate for a key of our own. */
function servingPair({ world, pki }: LabHandle, node: LabNode): KeyPair {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const requestPem = createRequest(
    { organizations: ['system:nodes'], commonName: `system:node:${node.hostname}` },
    { dnsNames: [node.hostname], ipAddresses: [node.address] },
    privateKey,
  );
  const nowMs = world.facts.startedAtMs;
  return {
    certPem: pki.signServing(requestPem, nowMs - DAY_MS, nowMs + 365 * DAY_MS),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

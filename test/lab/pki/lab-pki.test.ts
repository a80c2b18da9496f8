import 'reflect-metadata';
import { X509Certificate as NodeCertificate } from 'node:crypto';
import { once } from 'node:events';
import { checkServerIdentity, connect, createServer, type TLSSocket } from 'node:tls';
import {
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from '@peculiar/x509';
import { expect, test } from 'vitest';
import { createKubeSigner, createLabPki } from '../../../src/lab/pki/lab-pki.js';
import type { KeyPair, LabPki } from '../../../src/lab/world/types.js';

const NODE = { hostname: 'talos-cp-01', address: '127.7.0.11' };
const VIP = '127.7.0.20';
const HOUR_MS = 3_600_000;

const newPki = (nowMs = Date.now()): LabPki =>
  createLabPki(createKubeSigner(nowMs), {
    facts: { vip: VIP, pveNode: 'pve1', pveAddress: '127.7.0.2' },
    controlPlanes: () => [NODE],
    nowMs,
  });

/** What node:tls says when a client that trusts `ca` asks for `host`. */
async function handshake(
  server: KeyPair & { readonly clientCa?: string },
  client: { readonly ca: string; readonly host: string; readonly pair?: KeyPair },
): Promise<string> {
  const listener = createServer(
    {
      cert: server.certPem,
      key: server.keyPem,
      ...(server.clientCa === undefined
        ? {}
        : { ca: server.clientCa, requestCert: true, rejectUnauthorized: false }),
    },
    (socket) => socket.end(refusalOf(socket, server.clientCa !== undefined) ?? 'welcome'),
  );
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  const socket = connect({
    host: '127.0.0.1',
    port: address.port,
    ca: client.ca,
    checkServerIdentity: (_, certificate) => checkServerIdentity(client.host, certificate),
    ...(client.pair === undefined ? {} : { cert: client.pair.certPem, key: client.pair.keyPem }),
  });
  try {
    return await outcomeOf(socket);
  } finally {
    socket.destroy();
    listener.close();
  }
}

const refusalOf = (socket: TLSSocket, asksForCertificate: boolean): string | undefined =>
  asksForCertificate && !socket.authorized ? String(socket.authorizationError) : undefined;

const outcomeOf = (socket: TLSSocket): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve(text));
  });

function namesIn(request: Pkcs10CertificateRequest): unknown {
  const extension = request.extensions.find(({ type }) => type === '2.5.29.17');
  if (extension === undefined) throw new Error('No subjectAltName.');
  return new SubjectAlternativeNameExtension(extension.rawData).names.toJSON();
}

const openSslLabel = ({ certPem, keyPem }: KeyPair): KeyPair => ({
  certPem,
  keyPem: keyPem.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY'),
});

test('a client that trusts the Talos CA accepts a node by its address, its name and the virtual address', async () => {
  const pki = newPki();
  const server = pki.talosServer(NODE.hostname, [NODE.address, VIP]);

  for (const host of [NODE.address, VIP, NODE.hostname, 'localhost']) {
    expect(await handshake(server, { ca: pki.talosCaPem, host })).toBe('welcome');
  }
  expect(await handshake(server, { ca: pki.talosCaPem, host: '127.7.0.12' })).toBe(
    'ERR_TLS_CERT_ALTNAME_INVALID',
  );
});

test('a node accepts the os:admin certificate and refuses one of a foreign CA or past its end', async () => {
  const pki = newPki();
  const stranger = newPki();
  const server = {
    ...pki.talosServer(NODE.hostname, [NODE.address]),
    clientCa: pki.talosCaPem,
  };
  const expired = pki.talosClient('os:admin', {
    fromMs: Date.now() - 2 * HOUR_MS,
    toMs: Date.now() - HOUR_MS,
  });
  const ask = (pair: KeyPair) =>
    handshake(server, { ca: pki.talosCaPem, host: NODE.address, pair: openSslLabel(pair) });

  expect(await ask(pki.talosAdmin())).toBe('welcome');
  expect(await ask(stranger.talosAdmin())).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  expect(await ask(expired)).toBe('CERT_HAS_EXPIRED');
});

test('the talosconfig key carries the label of Talos, and the certificate only the role and clientAuth', () => {
  const { certPem, keyPem } = newPki().talosAdmin();
  const certificate = new NodeCertificate(certPem);

  expect(keyPem).toMatch(/^-----BEGIN ED25519 PRIVATE KEY-----\n/);
  expect(certificate.subject).toBe('O=os:admin');
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
});

test('the API server is trusted by every control plane address, the virtual one and its service names', async () => {
  const pki = newPki();
  const server = pki.kubeServer();

  for (const host of [NODE.address, VIP, '10.96.0.1', 'kubernetes.default.svc']) {
    expect(await handshake(server, { ca: pki.kubeCaPem, host })).toBe('welcome');
  }
  expect(new NodeCertificate(pki.kubeAdmin().certPem).subject).toBe('O=system:masters\nCN=admin');
});

test('Proxmox is trusted with its root CA at 127.0.0.1 and at its own address', async () => {
  const pki = newPki();

  for (const host of ['127.0.0.1', '127.7.0.2', 'pve1', 'localhost']) {
    expect(await handshake(pki.pveServer(), { ca: pki.pveCaPem, host })).toBe('welcome');
  }
  expect(await handshake(pki.pveServer(), { ca: pki.kubeCaPem, host: 'pve1' })).not.toBe('welcome');
});

test('a kubelet request is signed by its own P-256 key and names the node', async () => {
  const requestPem = newPki().createRequest({
    commonName: 'system:node:talos-w-01',
    organizations: ['system:nodes'],
    dnsNames: ['talos-w-01'],
    ipAddresses: ['127.7.0.21', 'fd00::21'],
  });
  const request = new Pkcs10CertificateRequest(requestPem);

  expect(await request.verify()).toBe(true);
  expect(request.subject).toBe('O=system:nodes, CN=system:node:talos-w-01');
  expect(request.publicKey.algorithm).toMatchObject({ name: 'ECDSA', namedCurve: 'P-256' });
  expect(namesIn(request)).toEqual([
    { type: 'dns', value: 'talos-w-01' },
    { type: 'ip', value: '127.7.0.21' },
    { type: 'ip', value: 'fd00::21' },
  ]);
});

test('the issued serving certificate repeats what was requested and verifies against the cluster CA', async () => {
  const pki = newPki();
  const nowMs = Date.now();
  const requestPem = pki.createRequest({
    commonName: 'system:node:talos-w-01',
    organizations: ['system:nodes'],
    dnsNames: ['talos-w-01'],
    ipAddresses: ['127.7.0.21'],
  });
  const certPem = pki.signServing(requestPem, nowMs - HOUR_MS, nowMs + HOUR_MS);
  const certificate = new NodeCertificate(certPem);
  const authority = new X509Certificate(pki.kubeCaPem);

  expect(await new X509Certificate(certPem).verify({ publicKey: authority.publicKey })).toBe(true);
  expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:talos-w-01');
  expect(certificate.subjectAltName).toBe('DNS:talos-w-01, IP Address:127.7.0.21');
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(certificate.ca).toBe(false);
  expect(new X509Certificate(certPem).publicKey.rawData).toEqual(
    new Pkcs10CertificateRequest(requestPem).publicKey.rawData,
  );
});

/** Of the processor: what else the machine does is not counted. */
function makingMs(): number {
  const before = process.cpuUsage();
  const pki = newPki();
  for (let index = 11; index < 16; index += 1) pki.talosServer('node', [`127.7.0.${index}`]);
  pki.talosAdmin();
  pki.kubeServer();
  pki.kubeAdmin();
  pki.pveServer();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test('keys and certificates of a five-node lab are made within 100 ms', () => {
  expect(Math.min(makingMs(), makingMs(), makingMs())).toBeLessThan(100);
});

import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAuthority } from '../../../src/lab/pki/authority.js';
import { createKubeSigner, createLabPki } from '../../../src/lab/pki/lab-pki.js';
import type { LabPki } from '../../../src/lab/world/types.js';

const NOW_MS = Date.parse('2026-11-20T10:00:00Z');

const newPki = (): LabPki =>
  createLabPki(createKubeSigner(NOW_MS), {
    facts: { vip: '127.7.0.20', pveNode: 'pve1', pveAddress: '127.7.0.2' },
    controlPlanes: () => [{ hostname: 'cp-1', address: '127.7.0.11' }],
    nowMs: NOW_MS,
  });

function foreign(type: 'ed25519' | 'ec') {
  const { privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const { certPem } = createAuthority(
    { organizations: ['elsewhere'], commonName: null },
    privateKey,
    NOW_MS,
  );
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certPem, keyPem };
}

test('a cluster that is founded with its own secrets signs with them from then on', () => {
  const pki = newPki();
  const before = pki.kubeServer();
  const talos = foreign('ed25519');
  const kube = foreign('ec');
  const labelled = talos.keyPem.replaceAll('PRIVATE KEY', 'ED25519 PRIVATE KEY');
  pki.adopt({ talos: { ...talos, keyPem: labelled }, kube });

  expect([pki.talosCaPem, pki.kubeCaPem]).toEqual([talos.certPem, kube.certPem]);
  expect(pki.kubeServer()).not.toEqual(before);
  const issued = [
    [pki.kubeServer().certPem, kube.certPem],
    [pki.kubeAdmin().certPem, kube.certPem],
    [pki.talosServer('cp-1', ['127.7.0.11']).certPem, talos.certPem],
    [pki.talosAdmin().certPem, talos.certPem],
  ] as const;
  for (const [leaf, authority] of issued) {
    const issuer = new X509Certificate(authority);
    const certificate = new X509Certificate(leaf);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
  }
});

test('a key that is not that of its certificate is no authority, and nothing changes', () => {
  const pki = newPki();
  const { talosCaPem } = pki;
  const wrong = { certPem: foreign('ed25519').certPem, keyPem: foreign('ed25519').keyPem };

  expect(() => pki.adopt({ talos: wrong, kube: foreign('ec') })).toThrow('not that of');
  expect(pki.talosCaPem).toBe(talosCaPem);
});

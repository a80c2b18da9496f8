import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { postRequest, requestServing } from '../../../src/lab/world/csr.js';
import type { LabNode } from '../../../src/lab/world/types.js';
import { type KubeBody, type KubeWire, kubeWire } from '../../support/kube-wire.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { approvalEnvelope } from '../../support/protobuf-body.js';

const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const APPROVED = {
  type: 'Approved',
  status: 'True',
  reason: 'Checked',
  message: 'by a test',
};

let serverLab: ServerLab;
let wire: KubeWire;

beforeEach(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 0, workers: 1 });
  wire = kubeWire(serverLab.lab);
});

afterEach(async () => {
  wire.close();
  await serverLab.close();
});

const nodeNamed = (name: string): LabNode => {
  const node = serverLab.lab.world.nodes.get(name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
};

/** A request of that node as the API shows it now. */
async function pendingCsr(hostname = 'talos-w-01'): Promise<KubeBody> {
  const name = requestServing(serverLab.lab.world, nodeNamed(hostname));
  return (await wire.get(`${CSRS}/${name}`)).json;
}

const withCondition = (csr: KubeBody, condition: object = APPROVED) => ({
  ...csr,
  status: { conditions: [condition] },
});

const approvalOf = ({ metadata }: KubeBody): string => `${CSRS}/${metadata.name}/approval`;

/** The signer runs in virtual time. */
const letSign = (): void => serverLab.lab.world.clock.advance(1000);

test('an approved request is signed half a second later for exactly what it asked', async () => {
  const csr = await pendingCsr();
  const approved = await wire.call('PUT', approvalOf(csr), withCondition(csr));
  expect(approved.code).toBe(200);
  expect(approved.json.status.certificate).toBeUndefined();
  letSign();

  const issued = (await wire.get(`${CSRS}/${csr.metadata.name}`)).json;
  const certificate = new X509Certificate(
    Buffer.from(issued.status.certificate ?? '', 'base64').toString(),
  );
  const { address } = nodeNamed('talos-w-01');
  expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:talos-w-01');
  expect(certificate.subjectAltName).toBe(`DNS:talos-w-01, IP Address:${address}`);
  expect(certificate.checkIssued(new X509Certificate(serverLab.lab.pki.kubeCaPem))).toBe(true);
});

test('the node answers its port 10250 only after its request was signed', async () => {
  const csr = await pendingCsr();
  const health = '/api/v1/nodes/talos-w-01/proxy/healthz';
  const before = await wire.get(health);
  await wire.call('PUT', approvalOf(csr), withCondition(csr));
  letSign();
  const after = await wire.get(health);

  expect(before.code).toBe(503);
  expect(before.json.message).toBe(
    'error trying to reach service: remote error: tls: internal error',
  );
  expect(after).toMatchObject({ code: 200, text: 'ok' });
});

test('the kubelet refuses TLS without a certificate and serves the one that was issued', async () => {
  const csr = await pendingCsr();
  const { pki, ports } = serverLab.lab;
  const dial = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(
        { host: nodeNamed('talos-w-01').address, port: ports.kubelet, ca: pki.kubeCaPem },
        () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        },
      );
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
  const before = await dial();
  await wire.call('PUT', approvalOf(csr), withCondition(csr));
  letSign();

  expect(before).toBe('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR');
  expect(await dial()).toBe('system:node:talos-w-01');
});

test('an approval of a version that somebody changed meanwhile is a conflict', async () => {
  const csr = await pendingCsr();
  await wire.call(
    'PATCH',
    `${CSRS}/${csr.metadata.name}`,
    { metadata: { labels: { a: 'b' } } },
    {
      'content-type': 'application/merge-patch+json',
    },
  );
  const late = await wire.call('PUT', approvalOf(csr), withCondition(csr));

  expect(late.code).toBe(409);
  expect(late.json).toMatchObject({ kind: 'Status', reason: 'Conflict' });
  expect(late.json.message).toContain('the object has been modified');
  letSign();
  const now = (await wire.get(`${CSRS}/${csr.metadata.name}`)).json;
  expect(now.status.conditions ?? []).toEqual([]);
});

test('an approval meant for another object of the same name is a conflict', async () => {
  const csr = await pendingCsr();
  const { resourceVersion: _any, ...metadata } = csr.metadata;
  const other = { ...csr, metadata: { ...metadata, uid: '00000000-0000-4000-8000-000000000000' } };
  const reply = await wire.call('PUT', approvalOf(csr), withCondition(other as KubeBody));

  expect(reply.code).toBe(409);
  expect(reply.json.message).toContain('Precondition failed: UID in precondition');
});

test('an approval can change nothing but its conditions', async () => {
  const csr = await pendingCsr();
  const forged = {
    ...withCondition(csr),
    spec: { ...csr.spec, username: 'system:admin', signerName: 'example.com/other' },
    metadata: { ...csr.metadata, labels: { forged: 'yes' } },
    status: { conditions: [APPROVED], certificate: 'Zm9yZ2Vk' },
  };
  const reply = await wire.call('PUT', approvalOf(csr), forged);

  expect(reply.code).toBe(200);
  expect(reply.json.spec).toEqual(csr.spec);
  expect(reply.json.metadata.labels).toBeUndefined();
  expect(reply.json.status.certificate).toBeUndefined();
});

test('a decision cannot be taken back or contradicted', async () => {
  const csr = await pendingCsr();
  const approved = (await wire.call('PUT', approvalOf(csr), withCondition(csr))).json;
  const withdrawn = await wire.call('PUT', approvalOf(csr), {
    ...approved,
    status: { conditions: [] },
  });
  const contradicted = await wire.call('PUT', approvalOf(csr), {
    ...approved,
    status: { conditions: [APPROVED, { ...APPROVED, type: 'Denied' }] },
  });

  expect(withdrawn.code).toBe(422);
  expect(withdrawn.json.message).toContain('may not remove a condition of type "Approved"');
  expect(contradicted.code).toBe(422);
  expect(contradicted.json.message).toContain('mutually exclusive');
});

test('the protobuf body of newer clients approves just as well', async () => {
  const csr = await pendingCsr();
  const reply = await wire.call(
    'PUT',
    approvalOf(csr),
    approvalEnvelope(csr.metadata, { ...APPROVED, message: 'in protobuf' }),
    { 'content-type': 'application/vnd.kubernetes.protobuf' },
  );

  expect(reply.code).toBe(200);
  expect(reply.json.status.conditions).toMatchObject([
    { type: 'Approved', status: 'True', message: 'in protobuf' },
  ]);
  expect(reply.json.spec).toEqual(csr.spec);
  letSign();
  expect((await wire.get(`${CSRS}/${csr.metadata.name}`)).json.status.certificate).toBeDefined();
});

test('a denied request is never signed', async () => {
  const csr = await pendingCsr();
  await wire.call('PUT', approvalOf(csr), withCondition(csr, { ...APPROVED, type: 'Denied' }));
  letSign();

  expect((await wire.get(`${CSRS}/${csr.metadata.name}`)).json.status.certificate).toBeUndefined();
});

test('the signer refuses what no kubelet may have, even when it was approved', async () => {
  const name = postRequest(serverLab.lab.world, {
    username: 'system:node:talos-w-01',
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'client auth'],
    content: {
      commonName: 'system:node:talos-w-01',
      organizations: ['system:nodes'],
      dnsNames: ['talos-w-01'],
      ipAddresses: [],
    },
  });
  const csr = (await wire.get(`${CSRS}/${name}`)).json;
  await wire.call('PUT', approvalOf(csr), withCondition(csr));
  letSign();

  const failed = (await wire.get(`${CSRS}/${name}`)).json;
  expect(failed.status.certificate).toBeUndefined();
  expect(failed.status.conditions).toContainEqual(expect.objectContaining({ type: 'Failed' }));
});

test('who posts a request is who he is, whatever the body claims', async () => {
  const csr = await pendingCsr();
  const reply = await wire.call('POST', CSRS, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'csr-' },
    spec: { ...csr.spec, username: 'system:node:talos-cp-01', groups: ['system:nodes'] },
  });

  expect(reply.code).toBe(201);
  expect(reply.json.spec).toMatchObject({
    username: 'admin',
    groups: ['system:masters', 'system:authenticated'],
  });
});

import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { CSRS, kubeletClaim, postRequest } from '../../../src/lab/world/csr.js';
import { HOSTILE_KINDS, hostileClaim } from '../../../src/lab/world/hostile-csr.js';
import { getObject, kubeTime, listObjects, putObject } from '../../../src/lab/world/kube-store.js';
import { startVm, stopVm } from '../../../src/lab/world/power.js';
import type { World } from '../../../src/lab/world/types.js';
import { readCertificateRequest } from '../../../src/model/pkcs10.js';
import { newWorld, nodeIn, objectIn, seconds, vmIn } from '../../support/lab-world.js';

interface CsrStatus {
  readonly certificate?: string;
  readonly conditions?: readonly { readonly type: string; readonly message?: string }[];
}

const statusOf = (world: World, name: string): CsrStatus =>
  (objectIn(world, CSRS, name).status ?? {}) as CsrStatus;

const pendingNames = (world: World): readonly string[] =>
  listObjects(world, CSRS)
    .filter((csr) => ((csr.status ?? {}) as CsrStatus).conditions === undefined)
    .map(({ metadata }) => metadata.name);

function decide(world: World, name: string, type: 'Approved' | 'Denied'): void {
  const csr = objectIn(world, CSRS, name);
  const lastTransitionTime = kubeTime(world.clock.now());
  const condition = { type, status: 'True', reason: 'Test', message: '', lastTransitionTime };
  putObject(world, CSRS, { ...csr, status: { conditions: [condition] } });
}

function certificateOf(world: World, name: string): X509Certificate {
  const { certificate } = statusOf(world, name);
  if (certificate === undefined) throw new Error('Not issued.');
  return new X509Certificate(Buffer.from(certificate, 'base64'));
}

test('a healthy lab starts with two pending serving requests of real machines', () => {
  const world = newWorld();
  const users = listObjects(world, CSRS).map(
    ({ spec }) => (spec as { readonly username: string }).username,
  );

  expect(users.sort()).toEqual(['system:node:talos-cp-03', 'system:node:talos-w-02']);
  expect(pendingNames(world)).toHaveLength(2);
});

test('an approved request gets a certificate of its own names within a second, not at once', () => {
  const world = newWorld();
  const name = postRequest(world, kubeletClaim(nodeIn(world, 'talos-w-01')));
  decide(world, name, 'Approved');
  seconds(world, 0.3);
  expect(statusOf(world, name).certificate).toBeUndefined();
  seconds(world, 0.7);
  const certificate = certificateOf(world, name);

  expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:talos-w-01');
  expect(certificate.subjectAltName).toBe('DNS:talos-w-01, IP Address:127.7.0.21');
  expect(certificate.issuer).toBe('O=kubernetes');
});

test('a request with a shorter life gets a shorter certificate', () => {
  const world = newWorld();
  const claim = { ...kubeletClaim(nodeIn(world, 'talos-w-01')), expirationSeconds: 3600 };
  const name = postRequest(world, claim);
  decide(world, name, 'Approved');
  seconds(world, 1);
  const { validFromDate, validToDate } = certificateOf(world, name);

  expect(validToDate.getTime() - validFromDate.getTime()).toBe(3_600_000);
});

test('pending and denied requests are never signed', () => {
  const world = newWorld();
  const [pending = '', denied = ''] = pendingNames(world);
  decide(world, denied, 'Denied');
  seconds(world, 60);

  expect(statusOf(world, pending).certificate).toBeUndefined();
  expect(statusOf(world, denied).certificate).toBeUndefined();
});

test('without a majority nothing is signed; it is once the control plane is back', () => {
  const world = newWorld();
  const [name = ''] = pendingNames(world);
  decide(world, name, 'Approved');
  const others = ['talos-cp-01', 'talos-cp-02', 'talos-cp-03'];
  for (const hostname of others) stopVm(world, vmIn(world, hostname));
  seconds(world, 30);
  expect(statusOf(world, name).certificate).toBeUndefined();
  for (const hostname of others) startVm(world, vmIn(world, hostname));
  seconds(world, 90);

  expect(statusOf(world, name).certificate).toBeDefined();
});

test('a kubelet whose request was denied asks again after a pause, one that was served does not', () => {
  const world = newWorld();
  const [served = '', denied = ''] = pendingNames(world);
  decide(world, served, 'Approved');
  decide(world, denied, 'Denied');
  seconds(world, 60);
  expect(pendingNames(world)).toEqual([]);
  seconds(world, 60);
  const [again = ''] = pendingNames(world);

  expect(pendingNames(world)).toHaveLength(1);
  const userOf = (name: string) =>
    (objectIn(world, CSRS, name).spec as { readonly username: string }).username;
  expect(userOf(again)).toBe(userOf(denied));
});

test('a kubelet that nobody answers posts a newer request beside the old one', () => {
  const world = newWorld();
  seconds(world, 20 * 60);

  expect(pendingNames(world)).toHaveLength(4);
});

test('decided requests are cleaned up after an hour or two, pending ones after a day', () => {
  const world = newWorld();
  const [decided = '', pending = ''] = pendingNames(world);
  decide(world, decided, 'Approved');
  seconds(world, 3600 * 2 + 60);
  expect(getObject(world, CSRS, decided)).toBeUndefined();
  expect(getObject(world, CSRS, pending)).toBeDefined();
  seconds(world, 3600 * 24);
  expect(getObject(world, CSRS, pending)).toBeUndefined();
});

test('the controller manager itself refuses what no kubelet may ask for', () => {
  const world = newWorld();
  const node = nodeIn(world, 'talos-w-01');
  const refused = ['masters-org', 'wrong-cn', 'client-auth', 'uri', 'email', 'no-names'] as const;
  for (const kind of refused) {
    const name = postRequest(world, hostileClaim(world, kind, node));
    decide(world, name, 'Approved');
    seconds(world, 2);
    const { certificate, conditions } = statusOf(world, name);
    expect([kind, certificate, conditions?.at(-1)?.type]).toEqual([kind, undefined, 'Failed']);
  }
});

test('every hostile kind differs from what the real kubelet asks for', () => {
  const world = newWorld();
  const node = nodeIn(world, 'talos-w-01');
  const honest = JSON.stringify(kubeletClaim(node));
  const claims = HOSTILE_KINDS.map((kind) => JSON.stringify(hostileClaim(world, kind, node)));

  expect(claims).not.toContain(honest);
  expect(new Set(claims).size).toBe(HOSTILE_KINDS.length);
});

test('a request with a wrong signature is one whole PEM block whose signature alone is wrong', () => {
  const world = newWorld();
  const name = postRequest(
    world,
    hostileClaim(world, 'bad-signature', nodeIn(world, 'talos-w-01')),
  );
  const { request } = (objectIn(world, CSRS, name).spec ?? {}) as { readonly request: string };
  const reading = readCertificateRequest(Buffer.from(request, 'base64').toString());

  expect(reading).toMatchObject({ ok: true, request: { signature: 'invalid' } });
});

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { KubeClient } from '../../src/clients/types.js';
import { type InspectedLab, startInspectedLab } from '../support/inspected-lab.js';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const START_MS = 60_000;

interface Lease {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec: { readonly holderIdentity: string };
}

let lab: InspectedLab;
let kube: KubeClient;
let count = 0;

beforeAll(async () => {
  lab = await startInspectedLab('1+0');
  if (lab.clients.kube === null) throw new Error('No Kubernetes.');
  kube = lab.clients.kube;
}, START_MS);
afterAll(() => lab.close());
beforeEach(() => {
  count += 1;
});

const lease = (holder: string, resourceVersion?: string) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: `lease-${count}`, namespace: 'kube-system', resourceVersion },
  spec: { holderIdentity: holder, leaseDurationSeconds: 60 },
});
const create = async (holder: string) => (await kube.write('POST', LEASES, lease(holder))) as Lease;
const own = () => `${LEASES}/lease-${count}`;

test('a lease is made, renewed and given back', async () => {
  const made = await create('me');
  const renewed = (await kube.write(
    'PUT',
    own(),
    lease('me again', made.metadata.resourceVersion),
  )) as Lease;

  expect(renewed.spec.holderIdentity).toBe('me again');
  expect(await kube.raw(own())).toMatchObject({ spec: { holderIdentity: 'me again' } });

  await kube.write('DELETE', own(), undefined);

  await expect(kube.raw(own())).rejects.toMatchObject({ kind: 'not-found' });
});

test('of two who make a lease one is told that it exists', async () => {
  await create('me');

  await expect(create('another')).rejects.toMatchObject({ kind: 'conflict' });
});

test('who renews a lease that another has changed is told so', async () => {
  const made = await create('me');
  await kube.write('PUT', own(), lease('another', made.metadata.resourceVersion));

  await expect(
    kube.write('PUT', own(), lease('me', made.metadata.resourceVersion)),
  ).rejects.toMatchObject({ kind: 'conflict' });
  expect(await kube.raw(own())).toMatchObject({ spec: { holderIdentity: 'another' } });
});

test('a lease that is not there cannot be renewed or given back', async () => {
  await expect(kube.write('PUT', own(), lease('me', '1'))).rejects.toMatchObject({
    kind: expect.stringMatching(/not-found|conflict/),
  });
  await expect(kube.write('DELETE', own(), undefined)).rejects.toMatchObject({ kind: 'not-found' });
});

test('who may not write leases is told that he may not', async () => {
  lab.change('forbid kube:leases');
  try {
    await expect(create('me')).rejects.toMatchObject({
      kind: 'forbidden',
      hint: expect.stringMatching(/^[A-Z].*\.$/),
    });
  } finally {
    lab.change('allow');
  }
});

test('a lease that makes no sense is rejected', async () => {
  await expect(kube.write('POST', LEASES, { kind: 'Lease' })).rejects.toMatchObject({
    kind: 'rejected',
  });
});

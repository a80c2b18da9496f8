import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assessCsr, type CsrContext } from '../../src/model/csr-rules.js';
import { asIpAddress } from '../../src/model/ids.js';
import type { Csr } from '../../src/model/kubernetes.js';
import { NOW_MS } from '../support/builders.js';
import {
  aServingCsr,
  ecKeys,
  kubeNodeAt,
  type RequestSpec,
  requestPem,
  talosMemberAt,
} from '../support/certificate-request.js';

const context = (change: Partial<CsrContext> = {}): CsrContext => ({
  kubeNodes: [
    kubeNodeAt('cp-1', '10.0.0.11'),
    kubeNodeAt('worker-1', '10.0.0.21'),
    kubeNodeAt('worker-2', '10.0.0.22'),
  ],
  talosMembers: [
    talosMemberAt('cp-1', ['10.0.0.11']),
    talosMemberAt('worker-1', ['10.0.0.21', 'fd00::21']),
    talosMemberAt('worker-2', ['10.0.0.22']),
  ],
  vips: ['10.0.0.20'],
  endpoints: ['10.0.0.11', 'https://10.0.0.30:6443'],
  allCsrs: [],
  nowMs: NOW_MS,
  ...change,
});

const assess = (csr: Csr, change: Partial<CsrContext> = {}) => {
  const { verdict, reasons } = assessCsr(csr, context(change));
  return { verdict, reasons };
};

const withRequest = (change: Partial<RequestSpec>): Csr =>
  aServingCsr({ requestPem: requestPem(change) });

test('approves what an honest kubelet asks for', () => {
  const assessment = assessCsr(aServingCsr(), context());

  expect(assessment).toMatchObject({ verdict: 'approvable', node: 'worker-1', reasons: [] });
  expect(assessment.rules.map(({ id }) => id)).toEqual(
    Array.from({ length: 16 }, (_, index) => `V${index + 1}`),
  );
});

test('approves dual stack, full host names and every accepted key', () => {
  const fqdn = kubeNodeAt('worker-1', '10.0.0.21', {
    internalIps: ['10.0.0.21', 'FD00:0::21'].map(asIpAddress),
    dnsNames: ['worker-1', 'worker-1.lan'],
  });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys: readonly Partial<RequestSpec>[] = [
    {},
    { keys: ecKeys('P-384') },
    { keys: rsa, signatureOid: '1.2.840.113549.1.1.11' },
    { keys: generateKeyPairSync('ed25519'), digest: null, signatureOid: '1.3.101.112' },
  ];
  const names = [
    ['dns:worker-1'],
    ['ip:10.0.0.21'],
    ['dns:worker-1', 'dns:worker-1.lan', 'ip:10.0.0.21'],
    ['dns:worker-1.lan', 'ip:10.0.0.21', 'ip:fd00::21'],
  ];

  for (const key of keys) {
    for (const altNames of names) {
      const csr = withRequest({ ...key, altNames });
      expect(
        assess(csr, {
          kubeNodes: [kubeNodeAt('cp-1', '10.0.0.11'), fqdn],
          talosMembers: [talosMemberAt('worker-1.lan', ['10.0.0.21', 'fd00::21'])],
        }),
      ).toEqual({ verdict: 'approvable', reasons: [] });
    }
  }
});

test('approves the address of a lab network on the loopback interface, but never 127.0.0.1 itself', () => {
  const lab = (ip: string): Partial<CsrContext> => ({
    kubeNodes: [kubeNodeAt('worker-1', ip)],
    talosMembers: [talosMemberAt('worker-1', [ip])],
  });

  expect(assess(withRequest({ altNames: ['ip:127.7.0.21'] }), lab('127.7.0.21')).verdict).toBe(
    'approvable',
  );
  for (const ip of ['127.0.0.1', '127.0.9.9', '::1', '0.0.0.0', '224.0.0.1', 'ff02::1']) {
    expect(assess(withRequest({ altNames: [`ip:${ip}`] }), lab(ip))).toEqual({
      verdict: 'deny-worthy',
      reasons: [`V11: asks for ${ip}, which is no address of a node`],
    });
  }
});

test('leaves requests of other signers alone', () => {
  expect(
    assess(aServingCsr({ signerName: 'kubernetes.io/kube-apiserver-client-kubelet' })).verdict,
  ).toBe('not-ours');
});

const HOSTILE: readonly (readonly [string, Csr])[] = [
  ['V3', aServingCsr({ username: 'system:serviceaccount:kube-system:x' })],
  ['V3', aServingCsr({ username: 'system:node:Worker_1' })],
  ['V3', aServingCsr({ username: `system:node:${'a'.repeat(300)}` })],
  ['V4', aServingCsr({ groups: ['system:authenticated'] })],
  ['V4', aServingCsr({ groups: ['system:nodes', 'system:authenticated', 'system:masters'] })],
  ['V5', aServingCsr({ requestPem: 'nothing' })],
  ['V5', withRequest({ keys: { privateKey: ecKeys().privateKey, publicKey: ecKeys().publicKey } })],
  [
    'V6',
    withRequest({
      subject: [
        ['O', 'system:nodes'],
        ['CN', 'system:node:cp-1'],
      ],
    }),
  ],
  [
    'V6',
    withRequest({
      subject: [
        ['O', 'system:masters'],
        ['CN', 'system:node:worker-1'],
      ],
    }),
  ],
  ['V6', withRequest({ subject: [['CN', 'system:node:worker-1']] })],
  [
    'V6',
    withRequest({
      subject: [
        ['O', 'system:nodes'],
        ['O', 'system:masters'],
        ['CN', 'system:node:worker-1'],
      ],
    }),
  ],
  [
    'V6',
    withRequest({
      subject: [
        ['O', 'system:nodes'],
        ['CN', 'system:node:worker-1'],
        ['2.5.4.11', 'x'],
      ],
    }),
  ],
  ['V7', aServingCsr({ usages: ['digital signature', 'server auth', 'client auth'] })],
  ['V7', aServingCsr({ usages: ['digital signature'] })],
  ['V7', aServingCsr({ usages: [] })],
  [
    'V8',
    withRequest({ keys: ecKeys('P-521'), digest: 'sha512', signatureOid: '1.2.840.10045.4.3.4' }),
  ],
  [
    'V8',
    withRequest({
      keys: generateKeyPairSync('rsa', { modulusLength: 1024 }),
      signatureOid: '1.2.840.113549.1.1.11',
    }),
  ],
  ['V9', withRequest({ altNames: null })],
  ['V9', withRequest({ altNames: [] })],
  ['V9', withRequest({ altNames: ['dns:worker-1', 'uri:spiffe://x'] })],
  ['V9', withRequest({ altNames: ['dns:worker-1', 'email:a@b'] })],
  ['V9', withRequest({ altNames: ['dns:worker-1', 'other:x'] })],
  ['V9', withRequest({ altNames: Array.from({ length: 17 }, () => 'dns:worker-1') })],
  ['V9', withRequest({ extraExtensions: ['2.5.29.19'] })],
  ['V11', withRequest({ altNames: ['dns:worker-1', 'ip:10.0.0.20'] })],
  ['V11', withRequest({ altNames: ['dns:worker-1', 'ip:10.0.0.22'] })],
  ['V11', withRequest({ altNames: ['dns:worker-1', 'ip:10.0.0.30'] })],
  ['V11', withRequest({ altNames: ['dns:worker-1', 'ip:127.0.0.1'] })],
];

test.each(HOSTILE)('calls a request that breaks %s worth denying', (rule, csr) => {
  const { verdict, reasons } = assess(csr);

  expect(verdict).toBe('deny-worthy');
  expect(reasons.some((reason) => reason.startsWith(`${rule}: `))).toBe(true);
});

test('holds a worker that claims an API endpoint in both Kubernetes and Talos', () => {
  const claims = {
    kubeNodes: [
      kubeNodeAt('worker-1', '10.0.0.21', {
        internalIps: ['10.0.0.21', '10.0.0.30'].map(asIpAddress),
      }),
    ],
    talosMembers: [talosMemberAt('worker-1', ['10.0.0.21', '10.0.0.30'])],
  };

  expect(assess(withRequest({ altNames: ['ip:10.0.0.30'] }), claims)).toEqual({
    verdict: 'deny-worthy',
    reasons: ['V11: asks for the API endpoint 10.0.0.30'],
  });
});

test('lets a control plane ask for its own address although that is an endpoint', () => {
  const csr = aServingCsr({
    username: 'system:node:cp-1',
    requestPem: requestPem({
      subject: [
        ['O', 'system:nodes'],
        ['CN', 'system:node:cp-1'],
      ],
      altNames: ['dns:cp-1', 'ip:10.0.0.11'],
    }),
  });

  expect(assess(csr)).toEqual({ verdict: 'approvable', reasons: [] });
});

test.each([
  { kubeNodes: undefined },
  { talosMembers: undefined },
  { kubeNodes: undefined, talosMembers: undefined },
])('calls no control plane suspicious because a list is not known: %o', (change) => {
  const csr = aServingCsr({
    username: 'system:node:cp-1',
    requestPem: requestPem({
      subject: [
        ['O', 'system:nodes'],
        ['CN', 'system:node:cp-1'],
      ],
      altNames: ['dns:cp-1', 'ip:10.0.0.11'],
    }),
  });

  expect(assess(csr, change).verdict).toBe('hold');
});

const HELD: readonly (readonly [string, Csr, Partial<CsrContext>])[] = [
  ['V2', aServingCsr({ state: 'approved' }), {}],
  ['V2', aServingCsr({ state: 'denied' }), {}],
  ['V10', withRequest({ altNames: ['dns:kubernetes', 'ip:10.0.0.21'] }), {}],
  ['V10', withRequest({ altNames: ['dns:kubernetes.default.svc'] }), {}],
  ['V10', withRequest({ altNames: ['dns:localhost'] }), {}],
  ['V10', withRequest({ altNames: ['dns:*.worker-1'] }), {}],
  ['V10', withRequest({ altNames: ['dns:worker-10'] }), {}],
  ['V10', withRequest({ altNames: ['dns:worker-1.evil'] }), {}],
  ['V11', withRequest({ altNames: ['ip:10.0.0.99'] }), {}],
  ['V11', aServingCsr(), { talosMembers: [talosMemberAt('worker-1', ['10.0.0.99'])] }],
  ['V12', aServingCsr(), { kubeNodes: [] }],
  ['V12', aServingCsr(), { talosMembers: [] }],
  ['V12', aServingCsr(), { talosMembers: [talosMemberAt('worker-1', ['10.0.0.99'])] }],
  [
    'V12',
    aServingCsr(),
    { kubeNodes: [kubeNodeAt('worker-1', '10.0.0.21', { isBeingDeleted: true })] },
  ],
  ['V13', aServingCsr({ expirationSeconds: 599 }), {}],
  ['V13', aServingCsr({ expirationSeconds: 31_622_401 }), {}],
  ['V16', aServingCsr(), { allCsrs: approvedBefore(3, 59) }],
  ['V11', aServingCsr(), { kubeNodes: undefined }],
  ['V12', aServingCsr(), { talosMembers: undefined }],
  ['V14', aServingCsr(), { allCsrs: undefined }],
  ['V16', aServingCsr(), { allCsrs: undefined }],
];

test.each(HELD)('holds a request while %s is not satisfied', (rule, csr, change) => {
  const { verdict, reasons } = assess(csr, change);

  expect(verdict).toBe('hold');
  expect(reasons.some((reason) => reason.startsWith(`${rule}: `))).toBe(true);
});

function approvedBefore(count: number, minutes: number): readonly Csr[] {
  return Array.from({ length: count }, (_, index) =>
    aServingCsr({ name: `old-${index}`, state: 'issued', decidedAtMs: NOW_MS - minutes * 60_000 }),
  );
}

test('counts only approvals of the same node in the last hour', () => {
  expect(assess(aServingCsr(), { allCsrs: approvedBefore(2, 10) }).verdict).toBe('approvable');
  expect(assess(aServingCsr(), { allCsrs: approvedBefore(9, 60) }).verdict).toBe('approvable');
  const others = approvedBefore(9, 10).map((csr) => ({ ...csr, username: 'system:node:worker-2' }));
  expect(assess(aServingCsr(), { allCsrs: others }).verdict).toBe('approvable');
});

test('prefers the newest request of a node, and exactly one when they have the same age', () => {
  const older = aServingCsr({ name: 'csr-old', createdAtMs: NOW_MS - 900_000 });
  const newest = aServingCsr({ name: 'csr-new' });
  const twin = aServingCsr({ name: 'csr-twin' });
  const verdicts = (all: readonly Csr[]) => all.map((csr) => assess(csr, { allCsrs: all }).verdict);

  expect(verdicts([older, newest])).toEqual(['superseded', 'approvable']);
  expect(verdicts([newest, twin])).toEqual(['superseded', 'approvable']);
});

test('no mixture with one hostile change is ever approvable', () => {
  const usage = fc.constantFrom('client auth', 'cert sign', 'any', 'SERVER AUTH');
  const foreignName = fc.oneof(
    fc.constantFrom('ip:10.0.0.20', 'ip:10.0.0.22', 'ip:10.0.0.11', 'ip:127.0.0.1', 'ip:::1'),
    fc.constantFrom('dns:kubernetes', 'dns:cp-1', 'dns:*', 'dns:worker-1.', 'dns:WORKER-1'),
    fc.constantFrom('uri:x', 'email:x', 'other:x'),
    fc
      .ipV4()
      .map((ip) => `ip:${ip}`)
      .filter((name) => name !== 'ip:10.0.0.21'),
    fc.domain().map((name) => `dns:${name}`),
  );
  const hostile: fc.Arbitrary<Csr> = fc.oneof(
    usage.map((extra) => aServingCsr({ usages: ['digital signature', 'server auth', extra] })),
    fc
      .string()
      .filter((name) => name !== 'worker-1')
      .map((name) => aServingCsr({ username: `system:node:${name}` })),
    fc
      .string()
      .map((group) => aServingCsr({ groups: [group, 'system:authenticated', 'system:masters'] })),
    fc.tuple(foreignName, fc.boolean()).map(([name, isFirst]) =>
      withRequest({
        altNames: isFirst ? [name, 'dns:worker-1'] : ['dns:worker-1', 'ip:10.0.0.21', name],
      }),
    ),
    fc
      .string()
      .filter((name) => name !== 'system:node:worker-1')
      .map((name) =>
        withRequest({
          subject: [
            ['O', 'system:nodes'],
            ['CN', name],
          ],
        }),
      ),
    fc
      .string()
      .filter((name) => name !== 'system:nodes')
      .map((name) =>
        withRequest({
          subject: [
            ['O', name],
            ['CN', 'system:node:worker-1'],
          ],
        }),
      ),
    fc.string().map((text) => aServingCsr({ requestPem: text })),
    fc.integer({ max: 599 }).map((expirationSeconds) => aServingCsr({ expirationSeconds })),
  );

  fc.assert(
    fc.property(hostile, (csr) => {
      expect(assessCsr(csr, context()).verdict).not.toBe('approvable');
    }),
    { numRuns: 1000 },
  );
});

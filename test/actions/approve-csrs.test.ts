import { expect, test } from 'vitest';
import { approveCsrs } from '../../src/actions/approve-csrs.js';
import { fingerprint } from '../../src/actions/fingerprint.js';
import type { Answers, Form, Plan, PlanContext, Refusal } from '../../src/actions/types.js';
import type { ActionFacts } from '../../src/model/action-facts.js';
import type { Connection } from '../../src/model/connection.js';
import { ClientError } from '../../src/model/errors.js';
import { asIpAddress } from '../../src/model/ids.js';
import type { Csr } from '../../src/model/kubernetes.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { perform } from '../../src/runs/perform.js';
import { aCluster, aSnapshot, failed, fresh, NOW_MS, stale } from '../support/builders.js';
import {
  aServingCsr,
  certificatePem,
  ecKeys,
  kubeNodeAt,
  requestPem,
  talosMemberAt,
} from '../support/certificate-request.js';
import { type CsrApiOptions, csrApi } from '../support/csr-api.js';
import { memoryJournal } from '../support/memory-journal.js';
import { aConnection, anEngine, goodFacts, memoryAudit } from '../support/run-world.js';

const snapshotWith = (csrs: readonly Csr[], change: Partial<Snapshot> = {}): Snapshot =>
  aSnapshot({
    cluster: aCluster({ endpoints: ['10.0.0.11'], vip: asIpAddress('10.0.0.20') }),
    kubeNodes: fresh([kubeNodeAt('worker-1', '10.0.0.21'), kubeNodeAt('worker-2', '10.0.0.22')]),
    talosMembers: fresh([
      talosMemberAt('worker-1', ['10.0.0.21']),
      talosMemberAt('worker-2', ['10.0.0.22']),
    ]),
    csrs: fresh(csrs),
    ...change,
  });

interface Planned {
  readonly answers?: Answers;
  readonly connection?: Connection;
  readonly facts?: ActionFacts;
}

const contextOf = (snapshot: Snapshot, change: Planned = {}): PlanContext => ({
  snapshot,
  answers: {},
  connection: aConnection(),
  facts: goodFacts(),
  nowMs: NOW_MS,
  ...change,
});

const plan = (snapshot: Snapshot, change: Planned = {}): Plan | Refusal | Form =>
  approveCsrs.plan(contextOf(snapshot, change));

function planOf(snapshot: Snapshot, answers: Answers): Plan {
  const planned = plan(snapshot, { answers });
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  return planned;
}

const first = aServingCsr({ name: 'csr-a', uid: 'aaaaaaaa-1' });
const second = aServingCsr({
  name: 'csr-b',
  uid: 'bbbbbbbb-1',
  username: 'system:node:worker-2',
  requestPem: requestPem({
    subject: [
      ['O', 'system:nodes'],
      ['CN', 'system:node:worker-2'],
    ],
    altNames: ['dns:worker-2', 'ip:10.0.0.22'],
  }),
});
const hostile = aServingCsr({
  name: 'csr-evil',
  uid: 'eeeeeeee-1',
  username: 'system:node:worker-2',
  requestPem: requestPem({
    subject: [
      ['O', 'system:nodes'],
      ['CN', 'system:node:worker-2'],
    ],
    altNames: ['dns:worker-2', 'ip:10.0.0.20'],
  }),
});

test('asks which of the approvable requests to approve, all of them suggested', () => {
  expect(plan(snapshotWith([first, hostile]))).toEqual({
    kind: 'form',
    title: 'Approve kubelet-serving requests (1 more held)',
    questions: [
      {
        name: 'csr',
        label: 'Requests to approve',
        kind: 'choices',
        choices: [{ value: 'csr-a', label: 'worker-1 csr-a' }],
        suggestion: 'csr-a',
        problem: null,
      },
    ],
  });
});

test('plans one PUT per approvable request and names what it leaves alone', () => {
  const planned = planOf(snapshotWith([first, hostile]), { csr: 'all' });

  expect(planned).toMatchObject({
    answers: { csr: 'csr-a' },
    level: 1,
    summary: 'Approve 1 kubelet-serving request (worker-1)',
    lines: [
      'approve csr-a of worker-1, asked 2m ago',
      'left alone: csr-evil looks hostile (V11: asks for the VIP 10.0.0.20)',
    ],
  });
  expect(planned.steps.map(({ id, command }) => [id, command])).toEqual([
    [
      'approve-csr-a-aaaaaaaa',
      {
        kind: 'argv',
        argv: [
          'kubectl',
          '--kubeconfig',
          '/etc/home/kubeconfig',
          '--context',
          'admin@home',
          '--request-timeout=15s',
          'replace',
          '--raw',
          '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-a/approval',
          '-f',
          '-',
        ],
      },
    ],
  ]);
});

test('gives the same fingerprint before and after its requests are approved', () => {
  const before = planOf(snapshotWith([first, second]), { csr: 'all' });
  const issued = { ...first, state: 'issued', certificatePem: certificatePem() } as const;
  const after = planOf(snapshotWith([issued, second]), before.answers);
  const other = planOf(snapshotWith([{ ...first, uid: 'cccccccc-1' }, second]), before.answers);

  expect(fingerprint(after)).toBe(fingerprint(before));
  expect(fingerprint(other)).not.toBe(fingerprint(before));
});

const REFUSALS: readonly (readonly [string, Snapshot, Planned, Partial<Refusal>])[] = [
  [
    'there is no kubeconfig',
    snapshotWith([first]),
    { connection: aConnection({ kubernetes: null }) },
    { reason: 'No kubeconfig is known for home.' },
  ],
  [
    'kubectl is missing',
    snapshotWith([first]),
    {
      facts: goodFacts({
        kubectl: { state: 'unusable', problem: 'kubectl was not found.', hint: 'Install it.' },
      }),
    },
    { reason: 'kubectl was not found.', hint: 'Install it.', gate: 'G-BIN' },
  ],
  [
    'the requests have not been read',
    snapshotWith([], { csrs: { state: 'waiting' } }),
    {},
    { reason: 'The certificate requests have not been read yet.' },
  ],
  [
    'the requests cannot be read',
    snapshotWith([], { csrs: failed() }),
    {},
    { reason: 'The certificate requests cannot be read: connect: no route to host' },
  ],
  [
    'the requests are out of date',
    snapshotWith([], { csrs: stale([first]) }),
    {},
    { reason: 'The certificate requests cannot be read: connect: no route to host' },
  ],
  [
    'none is pending',
    snapshotWith([]),
    {},
    {
      reason: 'No kubelet-serving request is pending.',
      hint: 'A kubelet asks again before its certificate ends.',
    },
  ],
  [
    'none passes the rules',
    snapshotWith([hostile]),
    { answers: { csr: 'all' } },
    {
      reason:
        'No pending request passes the rules. csr-evil looks hostile (V11: asks for the VIP 10.0.0.20).',
    },
  ],
  [
    'the nodes are out of date',
    snapshotWith([first], { kubeNodes: stale([kubeNodeAt('worker-1', '10.0.0.21')]) }),
    {},
    { reason: expect.stringContaining('the Kubernetes nodes are not known now') },
  ],
  [
    'the named request does not pass',
    snapshotWith([first, hostile]),
    { answers: { csr: 'csr-evil' } },
    { reason: 'csr-evil looks hostile (V11: asks for the VIP 10.0.0.20).', gate: 'V11' },
  ],
  [
    'the named request is already denied',
    snapshotWith([{ ...first, state: 'denied' }]),
    { answers: { csr: 'csr-a' } },
    { reason: 'csr-a is already denied.', gate: 'V2' },
  ],
  [
    'the named request does not exist',
    snapshotWith([first]),
    { answers: { csr: 'csr-a,csr-x,csr-y' } },
    {
      reason: 'csr-x and csr-y: no kubelet-serving request has this name.',
      hint: 'Choose from: csr-a.',
      isUsage: true,
    },
  ],
  [
    'the named request is of another signer',
    snapshotWith([{ ...first, signerName: 'example.com/other' }]),
    { answers: { csr: 'csr-a' } },
    { reason: 'csr-a: no kubelet-serving request has this name.', isUsage: true },
  ],
  [
    'nothing is named',
    snapshotWith([first]),
    { answers: { csr: ' , ' } },
    { reason: 'No request is named.', isUsage: true },
  ],
];

test.each(REFUSALS)('refuses when %s', (_why, snapshot, change, expected) => {
  expect(plan(snapshot, change)).toMatchObject({ kind: 'refusal', ...expected });
});

test('says what it has not heard yet', () => {
  expect(approveCsrs.missing(aSnapshot(), {})).toEqual([
    'the certificate requests',
    'the Kubernetes nodes',
    'the Talos members',
  ]);
  expect(approveCsrs.missing(snapshotWith([]), {})).toEqual([]);
});

async function approved(
  csrs: readonly Csr[],
  options: CsrApiOptions = {},
  answers: Answers = { csr: 'all' },
) {
  const api = csrApi(csrs, options);
  const planned = planOf(snapshotWith(csrs), answers);
  const journal = memoryJournal();
  const audit = memoryAudit();
  const engine = anEngine(planned, { journal, shellFor: () => api.shell });
  const outcome = await perform(planned, {
    ...engine,
    context: {
      ...engine.context,
      kube: api.kube,
      audit,
      snapshot: () => snapshotWith(api.all()),
    },
  });
  return { api, outcome, last: journal.entries.at(-1), entries: journal.entries, audit };
}

test('approves with the checked object, proves the certificate and leaves an audit trail', async () => {
  const { api, outcome, entries, audit } = await approved([first]);

  expect(outcome).toBe('succeeded');
  expect(api.conditions('csr-a')).toEqual([
    {
      type: 'Approved',
      status: 'True',
      reason: 'TalosTuiValidated',
      message: 'rules V1–V16, operator ops',
      lastUpdateTime: '2026-11-20T12:00:00Z',
      lastTransitionTime: '2026-11-20T12:00:00Z',
    },
  ]);
  expect(entries).toContainEqual({
    type: 'done',
    step: 'approve-csr-a-aaaaaaaa',
    evidence: 'issued as requested; its kubelet says ok',
  });
  expect(audit.records.map(({ outcome: what }) => what)).toEqual([
    'approving',
    'approved',
    'issued',
  ]);
  expect(audit.records[0]).toMatchObject({
    object: 'csr-a',
    uid: 'aaaaaaaa-1',
    node: 'worker-1',
    names: ['worker-1', '10.0.0.21'],
    credentialId: 'X509SHA256=1',
    keyFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(audit.records[0]?.rules).toHaveLength(16);
});

test('finds a request done that was issued meanwhile', async () => {
  const issued = { ...first, state: 'issued', certificatePem: certificatePem() } as const;
  const { outcome, api, entries } = await approved([issued], {}, { csr: 'csr-a' });

  expect(outcome).toBe('succeeded');
  expect(api.ran).toEqual([]);
  expect(entries).toContainEqual(expect.objectContaining({ type: 'already-done' }));
});

test('does not approve twice what somebody else approved, and still proves the certificate', async () => {
  const half = { ...first, state: 'approved' } as const;
  const api = csrApi([first]);
  const planned = planOf(snapshotWith([first]), { csr: 'csr-a' });
  api.change('csr-a', half);
  const engine = anEngine(planned, { shellFor: () => api.shell });
  const outcome = await perform(planned, {
    ...engine,
    context: {
      ...engine.context,
      kube: {
        ...api.kube,
        async csr(name) {
          const csr = api.get(name);
          api.change(name, { state: 'issued', certificatePem: certificatePem() });
          return csr;
        },
      },
    },
  });

  expect(outcome).toBe('succeeded');
  expect(api.ran.filter((command) => command.includes('replace'))).toEqual([]);
});

test('checks again when the object changed, and approves it when it is still good', async () => {
  let puts = 0;
  const { outcome, audit } = await approved([first], {
    beforePut: (api, name) => {
      puts += 1;
      if (puts === 1) api.change(name, {});
    },
  });

  expect(outcome).toBe('succeeded');
  expect(puts).toBe(2);
  expect(audit.records.map(({ outcome: what }) => what)).toEqual([
    'approving',
    'approving',
    'approved',
    'issued',
  ]);
});

test('holds a request that was swapped for a hostile one between check and approval', async () => {
  const { outcome, last, api, audit } = await approved([first], {
    beforePut: (world, name) =>
      world.change(name, {
        requestPem: requestPem({ altNames: ['dns:worker-1', 'ip:10.0.0.20'] }),
      }),
  });

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({
    error: 'csr-a is not approved any more: V11: asks for the VIP 10.0.0.20.',
  });
  expect(api.conditions('csr-a')).toEqual([]);
  expect(audit.records.at(-1)).toMatchObject({ outcome: 'held' });
});

test('waits while the nodes cannot be read, and approves when they are known again', async () => {
  const api = csrApi([first]);
  const planned = planOf(snapshotWith([first]), { csr: 'csr-a' });
  const journal = memoryJournal();
  const engine = anEngine(planned, { journal, shellFor: () => api.shell });
  let looks = 0;
  const outcome = await perform(planned, {
    ...engine,
    context: {
      ...engine.context,
      kube: api.kube,
      snapshot: () => {
        looks += 1;
        return looks > 10
          ? snapshotWith(api.all())
          : snapshotWith(api.all(), { kubeNodes: stale([kubeNodeAt('worker-1', '10.0.0.21')]) });
      },
    },
  });

  expect(outcome).toBe('succeeded');
  expect(looks).toBeGreaterThan(10);
  expect(journal.entries).toContainEqual(
    expect.objectContaining({
      type: 'observed',
      lastSeen: expect.stringContaining('the Kubernetes nodes are not known now'),
    }),
  );
});

test('holds a request whose node stays unknown, without ever approving it', async () => {
  const api = csrApi([first]);
  const planned = planOf(snapshotWith([first]), { csr: 'csr-a' });
  const engine = anEngine(planned, { shellFor: () => api.shell });
  const snapshot = snapshotWith([first], { talosMembers: failed() });
  const context = { ...engine.context, kube: api.kube, snapshot: () => snapshot };

  expect(await perform(planned, { ...engine, context })).toBe('failed');
  expect(api.ran).toEqual([]);
});

test('does not touch another request that took the name', async () => {
  const { outcome, last } = await approved([first], {
    beforePut: (api, name) => api.change(name, { uid: 'ffffffff-1' }),
  });

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({
    error: 'csr-a is another request than the one that was confirmed.',
  });
});

test('gives up on a request that changes every time', async () => {
  const { last } = await approved([first], { beforePut: (api, name) => api.change(name, {}) });

  expect(last).toMatchObject({ error: 'csr-a changed every time between check and approval.' });
});

test('names the signer when nothing is issued within 30 s', async () => {
  const { outcome, last } = await approved([first], { sign: () => null });

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({
    error:
      'A certificate with the same subject, names and key was not seen within 30 s. Last seen: csr-a is approved and waits for kube-controller-manager to sign it',
  });
});

test('raises the alarm when the certificate is not what was requested', async () => {
  const { outcome, last } = await approved([first], {
    sign: () => certificatePem({ keys: ecKeys(), altNames: ['dns:worker-1', 'ip:10.0.0.20'] }),
  });

  expect(outcome).toBe('failed');
  expect(last).toMatchObject({
    error:
      'The certificate of csr-a is not what was requested: addresses 10.0.0.20 instead of 10.0.0.21; another key.',
  });
});

test('a kubelet that does not answer yet is worth a word, not a failure', async () => {
  const { outcome, entries } = await approved([first], {
    healthz: () => Promise.reject(new ClientError('timeout', 'No.', 'Wait.')),
  });

  expect(outcome).toBe('succeeded');
  expect(entries).toContainEqual(
    expect.objectContaining({
      evidence: 'issued as requested; its kubelet does not answer over it yet',
    }),
  );
});

test('approves several one after the other', async () => {
  const { outcome, api } = await approved([first, second], {
    sign: ({ requestPem: pem }) =>
      pem === second.requestPem
        ? certificatePem({
            subject: [
              ['O', 'system:nodes'],
              ['CN', 'system:node:worker-2'],
            ],
            altNames: ['dns:worker-2', 'ip:10.0.0.22'],
          })
        : certificatePem(),
  });

  expect(outcome).toBe('succeeded');
  expect(api.all().map(({ state }) => state)).toEqual(['issued', 'issued']);
});

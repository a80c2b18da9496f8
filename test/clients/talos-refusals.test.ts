import { expect, onTestFinished, test } from 'vitest';
import { readClientCertificate } from '../../src/clients/certificate.js';
import { type Clock, systemClock } from '../../src/clients/clock.js';
import { createTalosClient } from '../../src/clients/talos.js';
import type { TalosAccess } from '../../src/clients/talosconfig.js';
import { asIpAddress } from '../../src/model/ids.js';
import { type Authority, createAuthority, type IssueOptions } from '../support/authority.js';
import { type Answer, startFakeApid, VERSION } from '../support/fake-apid.js';
import { createManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/patience.js';
import { talosAccessFor } from '../support/talos-access.js';

/** Nothing listens there: the node itself cannot be asked instead of the endpoint. */
const NODE = asIpAddress('127.0.0.11');
const NODE_PORT = 1;
const authority = await createAuthority();
const stranger = await createAuthority('another cluster');

interface Setup {
  readonly by?: Authority;
  readonly named?: string;
  readonly clock?: Clock;
}

async function aClientFor(
  change: (access: TalosAccess) => Promise<TalosAccess> | TalosAccess,
  { by = authority, named = '127.0.0.1', clock = systemClock }: Setup = {},
) {
  const apid = await startFakeApid(by);
  const access = await talosAccessFor(authority, [`${named}:${apid.port}`]);
  const client = createTalosClient({
    access: await change(access),
    clock,
    directPort: NODE_PORT,
  });
  onTestFinished(async () => {
    client.close();
    await apid.stop();
  });
  return { apid, client };
}

const withClient =
  (by: Authority, options: Partial<IssueOptions> = {}) =>
  async (access: TalosAccess): Promise<TalosAccess> => {
    const issued = await by.issue({ subject: 'O=os:admin', purpose: 'client', ...options });
    return {
      ...access,
      ...issued,
      certificate: readClientCertificate(issued.certificatePem),
    };
  };

const asIs = (access: TalosAccess) => access;

test('a server of another cluster is not trusted', async () => {
  const { client } = await aClientFor(asIs, { by: stranger });

  await expect(client.version(NODE)).rejects.toMatchObject({
    kind: 'untrusted',
    hint: expect.stringContaining('another cluster'),
  });
});

test('an endpoint whose address is not in its certificate is not trusted', async () => {
  const { client } = await aClientFor(asIs, { named: 'localhost' });

  await expect(client.version(NODE)).rejects.toMatchObject({
    kind: 'untrusted',
    hint: expect.stringContaining('certSANs'),
  });
});

test('an expired client certificate is named as such', async () => {
  const endsAt = new Date(Date.now() - 1_000);
  const { client } = await aClientFor(withClient(authority, { endsAt }));

  await expect(client.version(NODE)).rejects.toMatchObject({
    kind: 'unauthenticated',
    message: expect.stringMatching(/certificate of context "test" .*expired on \d{4}-\d\d-\d\d/),
    hint: expect.stringContaining('talosconfig'),
  });
});

test('a key that does not belong to its certificate is a mistake in the talosconfig', async () => {
  const other = await authority.issue({ subject: 'O=os:admin', purpose: 'client' });
  const { client } = await aClientFor((access) => ({ ...access, keyPem: other.keyPem }));

  await expect(client.version(NODE)).rejects.toMatchObject({ kind: 'configuration' });
});

const refusals: readonly [string, Answer, string][] = [
  ['a role that is too weak', { code: 7, details: 'not authorized' }, 'forbidden'],
  ['a worker as endpoint', { code: 7, details: 'no request forwarding' }, 'forbidden'],
  ['an older Talos', { code: 12, details: 'unknown service machine.ImageService' }, 'unsupported'],
  ['lost quorum', { code: 2, details: 'etcdserver: no leader' }, 'rejected'],
  ['a full etcd', { code: 2, details: 'etcdserver: mvcc: database space exceeded' }, 'rejected'],
  ['an unknown object', { code: 5, details: 'resource does not exist' }, 'not-found'],
  ['a reply without a message', { messages: [] }, 'malformed'],
  ['a reply without a version', { messages: [{}] }, 'malformed'],
  [
    'a failure inside the reply',
    {
      messages: [
        {
          metadata: {
            hostname: 'x',
            error: 'rpc error',
            status: { code: 14, message: 'no route to host' },
          },
        },
      ],
    },
    'unreachable',
  ],
];

test.each(refusals)('%s is told by its kind', async (_what, answer, kind) => {
  const { apid, client } = await aClientFor(asIs);
  apid.answer = (_method, node) => (node === NODE ? answer : VERSION);

  await expect(client.version(NODE)).rejects.toMatchObject({
    kind,
    hint: expect.stringMatching(/^[A-Z].*\.$/),
  });
});

test('a call that is not answered ends after its time', async () => {
  const clock = createManualClock();
  const { apid, client } = await aClientFor(asIs, { clock });
  apid.answer = (_method, node) => (node === NODE ? 'silence' : VERSION);
  const startMs = clock.now();
  const asked = client.version(NODE).then(
    () => null,
    (error: unknown) => error,
  );
  await eventually(() => expect(apid.calls).toContain(`Version ${NODE}`));
  clock.advance(6_000);

  expect(await asked).toMatchObject({
    kind: 'timeout',
    message: '127.0.0.11: no answer within 6 s',
  });
  expect(clock.now() - startMs).toBe(6_000);
});

test('a cancelled call ends at once', async () => {
  const { apid, client } = await aClientFor(asIs);
  apid.answer = (_method, node) => (node === NODE ? 'silence' : VERSION);
  const abort = new AbortController();
  const cancelled = expect(client.version(NODE, abort.signal)).rejects.toMatchObject({
    kind: 'cancelled',
  });
  await eventually(() => expect(apid.calls).toContain(`Version ${NODE}`));
  abort.abort();

  await cancelled;
});

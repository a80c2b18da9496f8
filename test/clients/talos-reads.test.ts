import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createTalosClient } from '../../src/clients/talos.js';
import { asIpAddress } from '../../src/model/ids.js';
import { createAuthority } from '../support/authority.js';
import { type Answer, startFakeApid, VERSION } from '../support/fake-apid.js';
import { talosAccessFor } from '../support/talos-access.js';

const NODE = asIpAddress('127.0.0.11');
const authority = await createAuthority();

async function aClient(read: Answer) {
  const apid = await startFakeApid(authority);
  apid.answer = (method) => (method === 'Read' ? read : VERSION);
  const access = await talosAccessFor(authority, [`127.0.0.1:${apid.port}`]);
  const client = createTalosClient({ access, clock: systemClock, directPort: 1 });
  onTestFinished(async () => {
    client.close();
    await apid.stop();
  });
  return client;
}

const bytes = (content: string | Buffer) => ({ bytes: Buffer.from(content) });

test('a file that comes in pieces is put together before it is read', async () => {
  const euro = Buffer.from('€');
  const client = await aClient([
    bytes('12 '),
    { bytes: euro.subarray(0, 1) },
    { bytes: euro.subarray(1) },
  ]);

  expect(await client.readFile(NODE, '/etc/price')).toBe('12 €');
});

test('an empty file is empty', async () => {
  const client = await aClient([]);

  expect(await client.readFile(NODE, '/etc/nothing')).toBe('');
});

test.each([
  ['taken at 64 KiB', 64 * 1024, null],
  ['refused above', 64 * 1024 + 1, 'rejected'],
])('a file is %s', async (_what, size, kind) => {
  const client = await aClient([bytes(Buffer.alloc(size - 1)), bytes('x')]);

  const read = client.readFile(NODE, '/var/log/large').then(
    (text) => text.length,
    (error: { kind: string }) => error.kind,
  );

  expect(await read).toBe(kind ?? size);
});

test.each([
  [
    'is not there',
    { code: 5, details: 'stat /proc/nothing: no such file or directory' },
    'not-found',
  ],
  [
    'is not there, as older nodes say it',
    { code: 2, details: 'stat /proc/nothing: no such file or directory' },
    'not-found',
  ],
  ['may not be read', { code: 7, details: 'not authorized' }, 'forbidden'],
  [
    'fails in the last message',
    [{ ...bytes(''), metadata: { error: 'read /proc/nothing: no such file or directory' } }],
    'not-found',
  ],
])('a file that %s is an error of its kind', async (_what, answer, kind) => {
  const client = await aClient(answer);

  await expect(client.readFile(NODE, '/proc/nothing')).rejects.toMatchObject({ kind });
});

import type { X509Certificate } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createPveClient } from '../../src/clients/pve.js';
import { asPveNodeName, asVmId } from '../../src/model/ids.js';
import { refuse, TOKEN } from '../support/fake-proxmox.js';
import { createManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/patience.js';
import { aPveClient } from '../support/pve-client.js';
import { tempDir } from '../support/temp-dir.js';

const VM = {
  id: 'qemu/101',
  type: 'qemu',
  vmid: '101',
  node: 'pve1',
  name: 'talos-cp1',
  status: 'running',
  cpu: 0.0731,
  maxmem: 4294967296,
  mem: '2147483648',
  uptime: 86400,
  tags: 'controlplane;talos',
  lock: 'backup',
  pressurecpusome: 0,
};

test('reads guests and storages from one call, sorted, whatever form their numbers have', async () => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = () => [
    { ...VM, vmid: 1000, name: 'last' },
    VM,
    { type: 'qemu', vmid: 102, node: 'pve1', template: 1 },
    { type: 'lxc', vmid: 200, node: 'pve1' },
    {
      type: 'storage',
      storage: 'local-lvm',
      node: 'pve1',
      plugintype: 'lvmthin',
      status: 'available',
      maxdisk: 100,
      disk: 25,
    },
    { type: 'storage', storage: 'dead', node: 'pve1', shared: '1', status: 'unknown' },
  ];

  const { vms, storages } = await pve.resources();

  expect(vms.map(({ id }) => id)).toEqual([101, 102, 1000]);
  expect(vms[0]).toEqual({
    id: 101,
    pveNode: 'pve1',
    name: 'talos-cp1',
    status: 'running',
    isTemplate: false,
    lock: 'backup',
    cpuRatio: 0.0731,
    memoryUsedBytes: 2147483648,
    memoryTotalBytes: 4294967296,
    uptimeMs: 86_400_000,
    tags: ['controlplane', 'talos'],
  });
  expect(vms[1]).toMatchObject({ name: 'VM 102', status: 'unknown', isTemplate: true, lock: null });
  expect(storages.map(({ name, isAvailable }) => [name, isAvailable])).toEqual([
    ['dead', false],
    ['local-lvm', true],
  ]);
  expect(proxmox.requests).toEqual([
    {
      method: 'GET',
      path: '/api2/json/cluster/resources',
      body: '',
      authorization: `PVEAPIToken=${TOKEN}`,
    },
  ]);
});

test('a cluster without quorum is told, a single host counts as quorate', async () => {
  const { proxmox, pve } = await aPveClient();
  const answers: Record<string, unknown> = {
    '/api2/json/version': { release: '9.1', version: '9.1.5' },
    '/api2/json/cluster/resources?type=node': [
      { type: 'node', node: 'pve2', status: 'offline' },
      { type: 'node', node: 'pve1', status: 'online', cpu: 0.12, mem: 1, maxmem: 4, uptime: 99 },
    ],
    '/api2/json/cluster/status': [
      { type: 'node', name: 'pve1', online: 1 },
      { type: 'cluster', name: 'lab', quorate: 0 },
    ],
  };
  proxmox.answer = ({ path }) => answers[path];

  expect(await pve.cluster()).toEqual({
    name: 'lab',
    isQuorate: false,
    release: '9.1',
    nodes: [
      {
        name: 'pve1',
        isOnline: true,
        cpuRatio: 0.12,
        memoryUsedBytes: 1,
        memoryTotalBytes: 4,
        uptimeMs: 99_000,
      },
      {
        name: 'pve2',
        isOnline: false,
        cpuRatio: null,
        memoryUsedBytes: null,
        memoryTotalBytes: null,
        uptimeMs: null,
      },
    ],
  });
  answers['/api2/json/cluster/status'] = [{ type: 'node', name: 'pve1', online: 1, local: 1 }];
  expect(await pve.cluster()).toMatchObject({ name: null, isQuorate: true });
});

test('a guest configuration is asked for without pending changes', async () => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = () => ({ digest: 'd', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0' });

  const config = await pve.vmConfig(asPveNodeName('pve1'), asVmId(101));

  expect(proxmox.requests[0]?.path).toBe('/api2/json/nodes/pve1/qemu/101/config?current=1');
  expect(config.nics).toEqual([
    { slot: 'net0', mac: 'bc:24:11:00:00:01', bridge: 'vmbr0', isLinkDown: false },
  ]);
});

test('tells running, finished and failed tasks, newest first', async () => {
  const { proxmox, pve } = await aPveClient();
  const task = (start: number, rest: object) => ({
    upid: `UPID:pve1:0000${start}:0000:0000:qmstart:101:root@pam:`,
    node: 'pve1',
    type: 'qmstart',
    id: '101',
    user: 'root@pam',
    starttime: start,
    ...rest,
  });
  proxmox.answer = () => [
    task(10, { endtime: 12, status: 'OK', saved: '1' }),
    task(30, { pid: 4711 }),
    task(20, { endtime: 21, status: 'VM 101 already running' }),
  ];

  expect(
    (await pve.tasks()).map(({ startedAtMs, endedAtMs, exitStatus }) => [
      startedAtMs,
      endedAtMs,
      exitStatus,
    ]),
  ).toEqual([
    [30_000, null, null],
    [20_000, 21_000, 'VM 101 already running'],
    [10_000, 12_000, 'OK'],
  ]);
});

test.each([
  ['no array', { some: 'object' }],
  ['a guest without a number', [{ type: 'qemu', node: 'pve1' }]],
  ['a guest id that cannot be', [{ type: 'qemu', vmid: 7, node: 'pve1' }]],
  ['text for a number', [{ ...VM, cpu: 'lots' }]],
  ['a login page', '<html>please log in</html>'],
])('garbage is an error, never an empty picture: %s', async (_what, data) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = () => data;

  await expect(pve.resources()).rejects.toMatchObject({ kind: 'malformed' });
});

test.each([
  [401, 'Authentication failed!', '', 'unauthenticated'],
  [403, 'Permission check failed (/vms/101, VM.Audit)', '', 'forbidden'],
  [500, "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist", '', 'not-found'],
  [500, 'VM is locked (backup)', '', 'conflict'],
  [501, "Method 'GET /x' not implemented", '', 'unsupported'],
  [595, 'No route to host', '', 'unreachable'],
  [596, 'Connection timed out', '', 'timeout'],
  [
    400,
    'Parameter verification failed.',
    '{"data":null,"message":"Parameter verification failed.\\n","errors":{"vmid":"invalid format"}}',
    'rejected',
  ],
])('answer %i "%s" is told by its kind', async (code, text, body, kind) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = (_request, response) => refuse(response, code, text, body);

  const error = await pve.resources().catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ kind, status: code, message: expect.stringContaining(text) });
  expect(error).toMatchObject({ hint: expect.stringMatching(/^[A-Z].*\.$/) });
  if (body !== '')
    expect(error).toMatchObject({ message: expect.stringContaining('vmid: invalid') });
  expect(JSON.stringify(error) + String(error)).not.toContain('123456789abc');
});

test('a replaced token is picked up after a refusal', async () => {
  const { proxmox, pve, tokenFile } = await aPveClient();
  const fresh = TOKEN.replace('123456789abc', 'ffffffffffff');
  proxmox.answer = ({ authorization }, response) =>
    authorization.endsWith('ffffffffffff') ? [] : refuse(response, 401, 'Authentication failed!');
  await expect(pve.resources()).rejects.toMatchObject({ kind: 'unauthenticated' });

  await writeFile(tokenFile, fresh);

  expect(await pve.resources()).toEqual({ vms: [], storages: [] });
});

test('a connection that the server has closed meanwhile is no failure of a read', async () => {
  const { proxmox, pve } = await aPveClient();
  let isFirst = true;
  proxmox.answer = (_request, response) => {
    if (!isFirst) return [];
    isFirst = false;
    response.socket?.destroy();
    return undefined;
  };

  expect(await pve.tasks()).toEqual([]);
  expect(proxmox.requests).toHaveLength(2);
});

test('an answer that does not come ends after its time', async () => {
  const clock = createManualClock();
  const { proxmox, pve } = await aPveClient({ clock });
  proxmox.answer = () => undefined;
  const asked = pve.tasks().catch((error: unknown) => error);
  await eventually(() => expect(proxmox.requests).toHaveLength(1));

  clock.advance(10_000);

  expect(await asked).toMatchObject({ kind: 'timeout', hint: expect.stringContaining('load') });
  expect(clock.pending()).toBe(0);
});

test('a certificate that no known CA has signed is not trusted', async () => {
  const { proxmox, pve } = await aPveClient({ connection: { caFile: null } });

  await expect(pve.tasks()).rejects.toMatchObject({
    kind: 'untrusted',
    hint: expect.stringContaining('pvenode cert info'),
  });
  expect(proxmox.requests).toEqual([]);
});

test('a certificate for another host is not trusted', async () => {
  const { proxmox, pve } = await aPveClient({ certificate: { ips: ['127.0.0.9'] } });

  await expect(pve.tasks()).rejects.toMatchObject({ kind: 'untrusted' });
  expect(proxmox.requests).toEqual([]);
});

test('a pinned certificate is accepted without its CA, another one never sees the token', async () => {
  const endsAt = new Date(Date.now() + 60_000);
  const { url, proxmox } = await aPveClient({ certificate: { endsAt } });
  const seen = await fingerprintAt(proxmox.port);
  const token = join(await tempDir(), 'token');
  await writeFile(token, TOKEN, { mode: 0o600 });
  const pinned = (fingerprint: string) => {
    const pve = createPveClient({
      connection: { url, tokenFile: token, caFile: null, fingerprint },
      clock: systemClock,
    });
    onTestFinished(pve.close);
    return pve;
  };
  proxmox.answer = () => [];

  expect(await pinned(seen.toLowerCase()).tasks()).toEqual([]);
  expect(proxmox.requests).toHaveLength(1);

  const wrong = seen.replace(/^../, seen.startsWith('00') ? '01' : '00');
  await expect(pinned(wrong).tasks()).rejects.toMatchObject({
    kind: 'untrusted',
    message: expect.stringContaining(seen),
  });
  expect(proxmox.requests).toHaveLength(1);
});

async function fingerprintAt(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate?.fingerprint256 ?? '';
}

test.each([
  ['open to others', async (file: string) => chmod(file, 0o644), 'chmod 600'],
  ['malformed', async (file: string) => writeFile(file, 'secret-without-form'), 'pveum user token'],
  ['empty', async (file: string) => writeFile(file, ''), 'pveum user token'],
])('a token file that is %s is refused before anything is sent', async (_what, spoil, hint) => {
  const { proxmox, pve, tokenFile } = await aPveClient();
  await spoil(tokenFile);

  const error = await pve.tasks().catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ kind: 'configuration', hint: expect.stringContaining(hint) });
  expect(String(error)).not.toContain('secret-without-form');
  expect(proxmox.requests).toEqual([]);
});

test.each([
  ['a missing token file', { tokenFile: 'nowhere' }],
  ['a missing CA file', { caFile: 'nowhere' }],
  ['a fingerprint that is none', { fingerprint: 'AB:CD' }],
  ['a URL without https', { url: 'http://127.0.0.1:8006' }],
  ['no URL', { url: 'pve' }],
])('%s is a mistake in the settings', async (_what, connection) => {
  const { pve } = await aPveClient({ connection });

  await expect(pve.tasks()).rejects.toMatchObject({
    kind: 'configuration',
    hint: expect.stringMatching(/^[A-Z].*\.$/),
  });
});

test('a host that is down is told as such', async () => {
  const port = await closedPort();
  const { pve } = await aPveClient({ connection: { url: `https://127.0.0.1:${port}` } });

  await expect(pve.tasks()).rejects.toMatchObject({
    kind: 'unreachable',
    message: `Proxmox at 127.0.0.1:${port}: connection refused`,
  });
});

test('a port that fetch refuses by itself is no crash', async () => {
  const { pve } = await aPveClient({ connection: { url: 'https://127.0.0.1:1' } });

  await expect(pve.tasks()).rejects.toMatchObject({
    kind: 'unreachable',
    message: 'Proxmox at 127.0.0.1:1: bad port',
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

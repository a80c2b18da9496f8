import { expect, test } from 'vitest';
import { refuse, TOKEN } from '../support/fake-proxmox.js';
import { createManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/patience.js';
import { aPveClient } from '../support/pve-client.js';

const UPID = 'UPID:pve1:0000ABCD:00BC614E:65F0A1B2:resize:101:root@pam!tui:';
const RESIZE = '/nodes/pve1/qemu/101/resize';
/** A text as Proxmox answers it: the fake sends texts as they are. */
const told = (data: unknown) => JSON.stringify({ data });
const SIZE = { disk: 'scsi0', size: '60G', digest: 'd' };

test('an order is sent once, as a form, and names its task', async () => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = () => told(UPID);

  expect(await pve.order('PUT', RESIZE, SIZE)).toBe(UPID);
  expect(proxmox.requests).toEqual([
    {
      method: 'PUT',
      path: `/api2/json${RESIZE}`,
      body: 'disk=scsi0&size=60G&digest=d',
      authorization: `PVEAPIToken=${TOKEN}`,
    },
  ]);
});

test.each([
  ['nothing', null],
  ['the name of a volume', 'local-lvm:vm-101-disk-2'],
])('an answer that holds %s names no task', async (_what, data) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = () => told(data);

  expect(await pve.order('DELETE', '/nodes/pve1/qemu/101/snapshot/old', {})).toBeNull();
});

test('a task whose name cannot be read is an error: it could not be followed', async () => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = () => told('UPID:pve1:zzz:resize:101:root@pam:');

  await expect(pve.order('PUT', RESIZE, SIZE)).rejects.toMatchObject({
    kind: 'malformed',
    message: expect.stringContaining('task'),
  });
});

test.each([
  ['the connection breaks', (destroy: () => void) => destroy()],
  ['the connection breaks a moment later', (destroy: () => void) => setImmediate(destroy)],
])('an order whose answer is lost since %s is never sent again', async (_what, end) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = (_request, response) => {
    end(() => void response.socket?.destroy());
    return undefined;
  };

  await expect(pve.order('POST', '/nodes/pve1/qemu/101/status/stop', {})).rejects.toMatchObject({
    kind: 'timeout',
    message: expect.stringContaining('may have been taken'),
    hint: expect.stringContaining('tasks'),
  });
  expect(proxmox.requests).toHaveLength(1);
});

test('a connection that the server closed meanwhile carries no order', async () => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = ({ method }) => (method === 'GET' ? [] : told(UPID));
  await pve.tasks();
  proxmox.dropConnections();

  expect(await pve.order('PUT', RESIZE, SIZE)).toBe(UPID);
});

test('an answer that does not come leaves open whether the order was taken', async () => {
  const clock = createManualClock();
  const { proxmox, pve } = await aPveClient({ clock });
  proxmox.answer = () => undefined;
  const asked = pve.order('PUT', RESIZE, SIZE).catch((error: unknown) => error);
  await eventually(() => expect(proxmox.requests).toHaveLength(1));

  clock.advance(30_000);
  await new Promise(setImmediate);
  clock.advance(10_000);

  expect(await asked).toMatchObject({
    kind: 'timeout',
    message: expect.stringContaining('may have been taken'),
  });
  expect(proxmox.requests).toHaveLength(1);
});

test('an order that is under way is waited for, whatever is cancelled', async () => {
  const { proxmox, pve } = await aPveClient();
  const cancel = new AbortController();
  let finish = () => {};
  proxmox.answer = (_request, response) => {
    finish = () => response.end(told(UPID));
    return undefined;
  };
  const asked = pve.order('PUT', RESIZE, SIZE, cancel.signal);
  await eventually(() => expect(proxmox.requests).toHaveLength(1));
  cancel.abort();
  finish();

  expect(await asked).toBe(UPID);
});

test('an order that was cancelled before is not sent', async () => {
  const { proxmox, pve } = await aPveClient();

  await expect(pve.order('PUT', RESIZE, SIZE, AbortSignal.abort())).rejects.toMatchObject({
    kind: 'cancelled',
  });
  expect(proxmox.requests).toEqual([]);
});

test.each([
  [500, 'VM is locked (backup)', 'conflict'],
  [500, "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout", 'conflict'],
  [500, 'checksum mismatch (file change by other user?)', 'conflict'],
  [500, 'detected modified configuration - file changed by other user? Try again.', 'conflict'],
  [403, 'Permission check failed (/vms/101, VM.Config.Disk)', 'forbidden'],
  [500, "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist", 'not-found'],
  [500, 'cluster not ready - no quorum?', 'rejected'],
  [501, "Method 'PUT /x' not implemented", 'unsupported'],
  [595, 'No route to host', 'unreachable'],
  [596, 'Connection timed out', 'timeout'],
  [599, 'Too many redirections', 'timeout'],
])('refusal %i "%s" is %s', async (code, text, kind) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = (_request, response) => refuse(response, code, text);

  const error = await pve.order('PUT', RESIZE, SIZE).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ kind, message: expect.stringContaining(text) });
  expect(String(error).includes('may have been taken')).toBe(kind === 'timeout');
  expect(proxmox.requests).toHaveLength(1);
});

test('a host that is down has not taken the order', async () => {
  const { proxmox, pve } = await aPveClient({ connection: { url: 'https://127.0.0.1:1' } });

  const error = await pve.order('PUT', RESIZE, SIZE).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ kind: expect.stringMatching(/unreachable|timeout/) });
  expect(proxmox.requests).toEqual([]);
});

test.each(['nodes/pve1', '/nodes/../access', '/nodes//qemu', ''])(
  'a path that leads elsewhere is not asked: "%s"',
  async (path) => {
    const { proxmox, pve } = await aPveClient();

    await expect(pve.get(path)).rejects.toMatchObject({ kind: 'rejected' });
    await expect(pve.order('DELETE', path, {})).rejects.toMatchObject({ kind: 'rejected' });
    expect(proxmox.requests).toEqual([]);
  },
);

const STATUS = `/api2/json/nodes/pve1/tasks/${encodeURIComponent(UPID)}/status`;

test.each([
  [{ status: 'running' }, { isRunning: true, exitStatus: null }],
  [
    { status: 'stopped', exitstatus: 'OK' },
    { isRunning: false, exitStatus: 'OK' },
  ],
  [
    { status: 'stopped', exitstatus: 'WARNINGS: 1' },
    { isRunning: false, exitStatus: 'WARNINGS: 1' },
  ],
  [{ status: 'stopped' }, { isRunning: false, exitStatus: 'unexpected status' }],
])('a task that is %o is told so, with its last lines', async (status, expected) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = ({ path }) =>
    path === STATUS
      ? status
      : [
          { n: 2, t: 'transferred 10%\rtransferred 20%' },
          { n: 1, t: 'resizing' },
        ];

  expect(await pve.taskStatus(UPID)).toEqual({
    ...expected,
    lastLogLines: ['resizing', 'transferred 20%'],
  });
});

test('of a long log the end is shown', async () => {
  const { proxmox, pve } = await aPveClient();
  const lines = Array.from({ length: 700 }, (_, index) => ({
    n: index + 1,
    t: `line ${index + 1}`,
  }));
  proxmox.answer = ({ path }) =>
    path === STATUS
      ? { status: 'stopped', exitstatus: 'OK' }
      : path.includes('limit=500')
        ? lines.slice(0, 500)
        : lines;

  const { lastLogLines } = await pve.taskStatus(UPID);

  expect(lastLogLines).toHaveLength(20);
  expect(lastLogLines.at(-1)).toBe('line 700');
});

test('a log that cannot be read hides no status', async () => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = ({ path }, response) =>
    path === STATUS ? { status: 'running' } : refuse(response, 500, 'unable to open file');

  expect(await pve.taskStatus(UPID)).toMatchObject({ isRunning: true, lastLogLines: [] });
});

test.each([
  ['nobody remembers', UPID, 400, 'no such task'],
  ['is of a host that is gone', UPID, 500, "hostname lookup 'pve1' failed"],
])('a task that %s is not found', async (_what, upid, code, text) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = (_request, response) => refuse(response, code, text);

  await expect(pve.taskStatus(upid)).rejects.toMatchObject({ kind: 'not-found' });
});

test('a task that was ordered a moment ago runs, although nobody knows it yet', async () => {
  const clock = createManualClock();
  const { proxmox, pve } = await aPveClient({ clock });
  proxmox.answer = ({ method }, response) =>
    method === 'PUT' ? told(UPID) : refuse(response, 400, 'no such task');
  await pve.order('PUT', RESIZE, SIZE);

  expect(await pve.taskStatus(UPID)).toEqual({
    ...{ isRunning: true, exitStatus: null, lastLogLines: [] },
  });
  clock.advance(5_001);

  await expect(pve.taskStatus(UPID)).rejects.toMatchObject({ kind: 'not-found' });
});

test('what is no task is not asked for', async () => {
  const { proxmox, pve } = await aPveClient();

  await expect(pve.taskStatus('UPID:../../access:::')).rejects.toMatchObject({ kind: 'not-found' });
  expect(proxmox.requests).toEqual([]);
});

test.each([{ status: 'done' }, {}, 'OK', null])('garbage is no finished task: %o', async (data) => {
  const { proxmox, pve } = await aPveClient();
  proxmox.answer = () => told(data);

  await expect(pve.taskStatus(UPID)).rejects.toMatchObject({ kind: 'malformed' });
});

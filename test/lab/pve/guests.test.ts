import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { isoOf } from '../../../src/lab/world/storage.js';
import type { LabVm, World } from '../../../src/lab/world/types.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { type PveReply, pveCall } from '../../support/pve-wire.js';

const CONFIG = '/nodes/pve1/qemu/104/config';
const PENDING = '/nodes/pve1/qemu/104/pending';

let serverLab: ServerLab;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0 });
});

afterEach(() => serverLab.close());

const world = (): World => serverLab.lab.world;

function vm(): LabVm {
  const found = world().vms.get(104);
  if (found === undefined) throw new Error('no VM 104');
  return found;
}

const get = async <T>(path: string): Promise<T> =>
  (await pveCall(serverLab.lab, path)).json.data as T;

const send = (
  method: string,
  path: string,
  values: Readonly<Record<string, string>> = {},
): Promise<PveReply> =>
  pveCall(serverLab.lab, path, { method, body: new URLSearchParams(values).toString() });

const power = (action: string, values?: Readonly<Record<string, string>>): Promise<PveReply> =>
  send('POST', `/nodes/pve1/qemu/104/status/${action}`, values);

const task = (upid: unknown): string => `/nodes/pve1/tasks/${encodeURIComponent(String(upid))}`;

test('stopping a guest is a task that can be followed to its end', async () => {
  const { json } = await power('stop');
  const upid = String(json.data);
  expect(upid).toMatch(
    /^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:qmstop:104:root@pam!tui:$/,
  );
  const running = await get<Record<string, unknown>>(`${task(upid)}/status`);
  expect(running).toMatchObject({ status: 'running', user: 'root@pam', tokenid: 'tui' });
  expect(running).not.toHaveProperty('exitstatus');
  world().clock.advance(5000);

  expect(await get(`${task(upid)}/status`)).toMatchObject({ status: 'stopped', exitstatus: 'OK' });
  const log = await pveCall(serverLab.lab, `${task(upid)}/log?limit=0`);
  const lines = log.json.data as readonly { readonly n: number; readonly t: string }[];
  expect(lines.at(-1)?.t).toBe('TASK OK');
  expect(log.json.total).toBe(lines.length);
  expect(await get('/nodes/pve1/qemu/104/status/current')).toMatchObject({
    status: 'stopped',
    qmpstatus: 'stopped',
    cpu: 0,
    mem: 0,
    uptime: 0,
  });
  expect(world().nodes.get('talos-w-01')?.isUp).toBe(false);
});

test('starting what runs is an error of the task, not of the call', async () => {
  const { code, json } = await power('start');
  world().clock.advance(2000);

  expect(code).toBe(200);
  expect(await get(`${task(json.data)}/status`)).toMatchObject({
    exitstatus: 'VM 104 already running',
  });
});

test('a guest that is off cannot be shut down, and a locked one not be touched', async () => {
  await power('stop');
  world().clock.advance(5000);
  expect(await power('shutdown')).toMatchObject({ code: 500, reason: 'VM 104 not running' });
  vm().lock = 'backup';

  expect(await power('start')).toMatchObject({ code: 500, reason: 'VM is locked (backup)' });
  expect(await send('PUT', CONFIG, { tags: 'a' })).toMatchObject({
    code: 500,
    reason: 'VM is locked (backup)',
  });
  expect(await get(CONFIG)).toMatchObject({ lock: 'backup' });
});

test('options of root are not for a token', async () => {
  expect((await power('stop', { skiplock: '1' })).json.errors).toEqual({
    skiplock: 'Only root may use this option.',
  });
  expect(vm().status).toBe('running');
});

test('tasks are listed where their source says', async () => {
  await power('stop');
  const running = await pveCall(serverLab.lab, '/nodes/pve1/tasks?source=active');
  expect(running.json).toMatchObject({ total: 1, data: [{ type: 'qmstop', status: 'RUNNING' }] });
  const archived = await get<readonly { readonly status: string }[]>('/nodes/pve1/tasks');
  expect(archived.every(({ status }) => status === 'OK')).toBe(true);
  const recent = await get<readonly Record<string, unknown>[]>('/cluster/tasks');
  const current = recent.find(({ type }) => type === 'qmstop');
  expect(current).not.toHaveProperty('endtime');
  expect(current).not.toHaveProperty('status');
});

test('a task that nobody knows is a bad request', async () => {
  const unknown = task('UPID:pve1:00000001:00000001:00000001:qmstart:104:root@pam:');

  expect(await pveCall(serverLab.lab, `${unknown}/status`)).toMatchObject({
    code: 400,
    reason: 'no such task',
  });
  expect((await pveCall(serverLab.lab, `${task('rubbish')}/status`)).code).toBe(400);
});

test('a medium changes at once, the boot order waits for a power cycle', async () => {
  const iso = isoOf(world());
  await send('PUT', CONFIG, { ide2: `${iso},media=cdrom` });
  await send('PUT', CONFIG, { boot: 'order=scsi0' });

  expect(await get(`${CONFIG}?current=1`)).toMatchObject({
    ide2: `${iso},media=cdrom,size=310M`,
    boot: 'order=scsi0;ide2',
  });
  expect(await get(CONFIG)).toMatchObject({ boot: 'order=scsi0' });
  const pending = await get<readonly { readonly key: string }[]>(PENDING);
  expect(pending.find(({ key }) => key === 'boot')).toEqual({
    key: 'boot',
    value: 'order=scsi0;ide2',
    pending: 'order=scsi0',
  });
  await power('stop');
  world().clock.advance(5000);
  await power('start');
  world().clock.advance(5000);

  expect(await get(`${CONFIG}?current=1`)).toMatchObject({ boot: 'order=scsi0' });
  const after = await get<readonly object[]>(PENDING);
  expect(after.some((entry) => 'pending' in entry)).toBe(false);
});

test('a raw semicolon cuts a form value in two, as pve-http-server does', async () => {
  const reply = await pveCall(serverLab.lab, CONFIG, {
    method: 'PUT',
    body: 'boot=order=ide2;scsi0',
  });

  expect(reply.code).toBe(200);
  expect(await get(CONFIG)).toMatchObject({ boot: 'order=ide2' });
});

test('a digest from before somebody else wrote is a checksum mismatch', async () => {
  const { digest } = await get<{ readonly digest: string }>(CONFIG);
  await send('PUT', CONFIG, { tags: 'talos;worker;new' });
  const late = await send('PUT', CONFIG, { tags: 'mine', digest });

  expect(late).toMatchObject({
    code: 500,
    reason: 'checksum mismatch (file change by other user?)',
  });
  expect(await get(CONFIG)).toMatchObject({ tags: 'talos;worker;new' });
});

test('pending changes can be reverted, and deleting a device leaves the boot order', async () => {
  await send('PUT', CONFIG, { memory: '16384' });
  expect(await get(CONFIG)).toMatchObject({ memory: '16384' });
  await send('PUT', CONFIG, { revert: 'memory' });
  expect(await get(CONFIG)).toMatchObject({ memory: '8192' });
  await send('PUT', CONFIG, { delete: 'ide2' });
  const pending = await get<readonly { readonly key: string }[]>(PENDING);
  expect(pending.find(({ key }) => key === 'ide2')).toMatchObject({ delete: 1 });
  await power('stop');
  world().clock.advance(5000);
  await send('PUT', CONFIG, { delete: 'ide2' });

  const config = await get<Record<string, unknown>>(CONFIG);
  expect(config).not.toHaveProperty('ide2');
  expect(config.boot).toBe('order=scsi0');
});

test('nonsense is refused before anything is written', async () => {
  const before = await get(CONFIG);

  expect(await send('PUT', CONFIG, {})).toMatchObject({ reason: 'no options specified' });
  expect((await send('PUT', CONFIG, { boot: 'order=scsi9' })).reason).toBe(
    "invalid bootorder: device 'scsi9' does not exist'",
  );
  expect((await send('PUT', CONFIG, { cores: 'many' })).json.errors).toEqual({
    cores: "type check ('integer') failed - got 'many'",
  });
  expect(await get(CONFIG)).toEqual(before);
});

test('a network device without a MAC gets a new one', async () => {
  await send('PUT', CONFIG, { net0: 'virtio,bridge=vmbr1' });
  const { net0 } = await get<{ readonly net0: string }>(CONFIG);

  expect(net0).toMatch(/^virtio=BC:24:11(:[0-9A-F]{2}){3},bridge=vmbr1$/);
  expect(net0).not.toContain(world().nodes.get('talos-w-01')?.mac.toUpperCase());
});

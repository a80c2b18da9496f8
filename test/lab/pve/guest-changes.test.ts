import { afterEach, beforeEach, expect, test } from 'vitest';
import { checksumOf } from '../../../src/lab/pve/download.js';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { storageFigures } from '../../../src/lab/world/storage.js';
import type { LabStorage, LabVm, World } from '../../../src/lab/world/types.js';
import { labLine } from '../../support/lab-line.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { whileTimePasses } from '../../support/passing-time.js';
import { type PveReply, pveCall } from '../../support/pve-wire.js';

const GUEST = '/nodes/pve1/qemu/104';
const CONFIG = `${GUEST}/config`;
const GIB = 1024 ** 3;

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

function pool(): LabStorage {
  const found = world().storages.find(({ name }) => name === 'local-lvm');
  if (found === undefined) throw new Error('no pool');
  return found;
}

type Values = Readonly<Record<string, string>>;

const send = (method: string, path: string, values: Values = {}): Promise<PveReply> =>
  pveCall(serverLab.lab, path, {
    method,
    ...(method === 'DELETE' ? {} : { body: new URLSearchParams(values).toString() }),
  });

const get = async <T = Record<string, unknown>>(path: string): Promise<T> =>
  (await pveCall(serverLab.lab, path)).json.data as T;

/** Orders a task and lets it come to its end. */
async function task(
  method: string,
  path: string,
  values: Values = {},
): Promise<{ exit: string; log: string }> {
  const { json } = await send(method, path, values);
  world().clock.advance(40_000);
  const at = `/nodes/pve1/tasks/${encodeURIComponent(String(json.data))}`;
  const status = await get<{ readonly exitstatus: string }>(`${at}/status`);
  const lines = await get<readonly { readonly t: string }[]>(`${at}/log?limit=0`);
  return { exit: status.exitstatus, log: lines.map(({ t }) => t).join('\n') };
}

const pendingKeys = async (): Promise<readonly string[]> =>
  (await get<readonly Record<string, unknown>[]>(`${GUEST}/pending`))
    .filter((entry) => 'pending' in entry || 'delete' in entry)
    .map(({ key }) => String(key))
    .toSorted();

test('what a running guest takes is in force, and the rest waits for its next process', async () => {
  const { net0, scsi0 } = vm().config;
  await send('PUT', CONFIG, {
    tags: 'a',
    onboot: '0',
    net1: 'virtio,bridge=vmbr1',
    cpulimit: '2',
    memory: '16384',
    cores: '8',
    agent: 'enabled=0',
    scsihw: 'virtio-scsi-pci',
    scsi0: `${String(scsi0).replace('ssd=1', 'ssd=0')}`,
    net0: `${String(net0)},tag=7`,
  });

  expect(await pendingKeys()).toEqual(['agent', 'cores', 'memory', 'scsi0', 'scsihw']);
  expect(await get(`${CONFIG}?current=1`)).toMatchObject({
    tags: 'a',
    net0: `${String(net0)},tag=7`,
    memory: '8192',
  });
});

test('a new disk is a volume of its own in GiB, a detached one stays as unused, a deleted one is gone', async () => {
  await send('PUT', CONFIG, { scsi1: 'local-lvm:20,ssd=1,discard=on' });
  expect(vm().config.scsi1).toBe('local-lvm:vm-104-disk-2,discard=on,size=20G,ssd=1');
  expect(await send('PUT', CONFIG, { scsi2: 'local-lvm:20G' })).toMatchObject({
    code: 500,
    reason: "unable to parse lvm volume name '20G'",
  });
  expect((await send('PUT', CONFIG, { scsi2: 'elsewhere:20' })).reason).toBe(
    "storage 'elsewhere' does not exist",
  );
  await send('PUT', CONFIG, { delete: 'scsi1' });
  expect(vm().config).toMatchObject({ unused0: 'local-lvm:vm-104-disk-2' });
  const content = () =>
    get<readonly { volid: string }[]>('/nodes/pve1/storage/local-lvm/content?vmid=104');
  expect((await content()).map(({ volid }) => volid)).toContain('local-lvm:vm-104-disk-2');
  await send('PUT', CONFIG, { delete: 'unused0' });

  expect((await content()).map(({ volid }) => volid)).not.toContain('local-lvm:vm-104-disk-2');
  expect(vm().disks).toHaveLength(2);
});

test('a disk grows by what is added or to what is named, never down, and a bare number is bytes', async () => {
  const size = async (text: string) =>
    (await task('PUT', `${GUEST}/resize`, { disk: 'scsi0', size: text })).exit;
  expect(await size('+5G')).toBe('OK');
  expect(vm().config.scsi0).toContain('size=105G');
  expect(await size('110G')).toBe('OK');
  expect(vm().disks.find(({ slot }) => slot === 'scsi0')?.sizeBytes).toBe(110 * GIB);
  expect(await size('110G')).toBe('OK');
  expect(await size('20G')).toBe('shrinking disks is not supported');
  expect(await size('20')).toBe('shrinking disks is not supported');
  expect((await task('PUT', `${GUEST}/resize`, { disk: 'ide2', size: '+1G' })).exit).toBe(
    "you can't resize a cdrom",
  );
  expect((await task('PUT', `${GUEST}/resize`, { disk: 'scsi9', size: '+1G' })).exit).toBe(
    "disk 'scsi9' does not exist",
  );
  expect((await send('PUT', `${GUEST}/resize`, { disk: 'scsi0', size: 'much' })).code).toBe(400);
});

test('more than the pool holds is promised with a warning, and takes no block of it', async () => {
  const before = storageFigures(world(), pool()).usedBytes;
  const { exit, log } = await task('PUT', `${GUEST}/resize`, { disk: 'scsi0', size: '+900G' });

  expect(exit).toBe('OK');
  expect(log).toContain('WARNING: Sum of all thin volume sizes');
  expect(storageFigures(world(), pool()).usedBytes - before).toBeLessThan(GIB);
});

test('a guest whose options do not fit together starts with warnings, which is success', async () => {
  labLine(world(), 'set-vm 104 scsihw virtio-scsi-pci');
  await task('POST', `${GUEST}/status/stop`);
  const { exit, log } = await task('POST', `${GUEST}/status/start`);

  expect(exit).toBe('WARNINGS: 1');
  expect(log).toContain('WARN: iothread is only valid');
  expect(log).toContain('TASK WARNINGS: 1');
  expect(vm().status).toBe('running');
});

test('while a task holds the lock file others wait ten seconds and give up; overrule-shutdown ends it', async () => {
  labLine(world(), 'hold-flock 104');
  expect(
    (await whileTimePasses(world(), send('PUT', CONFIG, { tags: 'mine' }))).value,
  ).toMatchObject({
    code: 500,
    reason: "can't lock file '/var/lock/qemu-server/lock-104.conf' - got timeout",
  });
  expect((await task('POST', `${GUEST}/status/stop`)).exit).toContain('got timeout');
  expect(vm().status).toBe('running');
  expect((await task('POST', `${GUEST}/status/stop`, { 'overrule-shutdown': '1' })).exit).toBe(
    'OK',
  );

  expect(vm().status).toBe('stopped');
  expect(world().pveTasks.some(({ exitStatus }) => exitStatus === 'received interrupt')).toBe(true);
});

test('who waits for the lock file writes as soon as it is free', async () => {
  labLine(world(), 'hold-flock 104');
  const waiting = send('PUT', CONFIG, { tags: 'late' });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(vm().config.tags).toBe('talos;worker');
  labLine(world(), 'release-flock 104');

  expect((await whileTimePasses(world(), waiting)).value.code).toBe(200);
  expect(vm().config.tags).toBe('late');
});

test('a guest that hears nothing is stopped after its time only when force is asked for', async () => {
  labLine(world(), 'hang-node talos-w-01');
  const shutdown = (values: Values) => send('POST', `${GUEST}/status/shutdown`, values);
  await shutdown({ timeout: '20' });
  world().clock.advance(21_000);
  expect(world().pveTasks[0]?.exitStatus).toBe('VM quit/powerdown failed - got timeout');
  expect(vm().status).toBe('running');
  await shutdown({ timeout: '20', forceStop: '1' });
  world().clock.advance(21_000);

  expect([world().pveTasks[0]?.exitStatus, vm().status]).toEqual(['OK', 'stopped']);
});

test('the agent answers where its extension runs, and costs three seconds where it does not', async () => {
  const ping = () => send('POST', `${GUEST}/agent/ping`);
  expect((await ping()).json.data).toEqual({ result: {} });
  labLine(world(), 'hang-node talos-w-01');
  expect((await whileTimePasses(world(), ping())).value).toMatchObject({
    code: 500,
    reason: 'QEMU guest agent is not running',
  });
  labLine(world(), 'set-vm 104 agent enabled=0');

  expect((await ping()).reason).toBe('No QEMU guest agent configured');
});

test('snapshots are listed with the present, hold what is overwritten since, and roll the configuration back', async () => {
  await task('POST', `${GUEST}/snapshot`, { snapname: 'before', description: 'x' });
  expect((await send('POST', `${GUEST}/snapshot`, { snapname: 'before' })).reason).toBe(
    "snapshot name 'before' already used",
  );
  const list = await get<readonly Record<string, unknown>[]>(`${GUEST}/snapshot`);
  expect(list.map(({ name, parent }) => [name, parent])).toEqual([
    ['current', 'before'],
    ['before', undefined],
  ]);
  const held = () => storageFigures(world(), pool()).usedBytes;
  const before = held();
  world().clock.advance(3_600_000);
  const written = 5 * 24 * 1024 ** 2;
  expect(held() - before).toBeGreaterThan(written);
  await send('PUT', CONFIG, { tags: 'later' });
  await task('POST', `${GUEST}/snapshot/before/rollback`);
  expect(vm()).toMatchObject({ status: 'stopped', config: { tags: 'talos;worker' } });
  expect((await task('DELETE', `${GUEST}/snapshot/before`)).exit).toBe('OK');

  expect(vm().snapshots).toEqual([]);
});

test('an ISO comes by URL once, with the right sum, and from where there is one', async () => {
  const url = `https://factory.talos.dev/image/${world().facts.schematic}/v1.12.4/nocloud-amd64.iso`;
  const download = (values: Values) =>
    task('POST', '/nodes/pve1/storage/local/download-url', { content: 'iso', url, ...values });
  const wrong = { checksum: '0'.repeat(64), 'checksum-algorithm': 'sha256' };
  expect((await download({ filename: 'new.iso', ...wrong })).exit).toMatch(/^checksum mismatch: /);
  const right = { ...wrong, checksum: checksumOf(url, 'sha256') };
  const { exit, log } = await download({ filename: 'new.iso', ...right });
  expect([exit, /100%/.test(log)]).toEqual(['OK', true]);
  expect((await download({ filename: 'new.iso' })).exit).toMatch(
    /^refusing to override existing file/,
  );
  expect((await download({ filename: 'b.iso', url: 'https://example.com/b.iso' })).exit).toMatch(
    /^download failed/,
  );
  expect(
    await send('POST', '/nodes/pve1/storage/local/download-url', {
      content: 'iso',
      url,
      filename: 'new.exe',
    }),
  ).toMatchObject({ code: 400, reason: 'filename: wrong file extension' });
  const files = await get<readonly { volid: string }[]>(
    '/nodes/pve1/storage/local/content?content=iso',
  );

  expect(files.map(({ volid }) => volid)).toContain('local:iso/new.iso');
});

test('an auditor reads everything and is told which privilege each change needs', async () => {
  labLine(world(), 'pve-role auditor');
  expect((await pveCall(serverLab.lab, CONFIG)).code).toBe(200);
  const refused = async (method: string, path: string, values?: Values) => {
    const { code, reason } = await send(method, path, values);
    return [code, reason];
  };
  expect(await refused('POST', `${GUEST}/status/stop`)).toEqual([
    403,
    'Permission check failed (/vms/104, VM.PowerMgmt)',
  ]);
  expect(await refused('PUT', CONFIG, { cores: '8' })).toEqual([
    403,
    'Permission check failed (/vms/104, VM.Config.CPU)',
  ]);
  expect(await refused('PUT', CONFIG, { ide2: 'none,media=cdrom' })).toEqual([
    403,
    'Permission check failed (/vms/104, VM.Config.CDROM)',
  ]);
  expect(await refused('PUT', CONFIG, { boot: 'order=scsi0' })).toEqual([
    403,
    'Permission check failed (/vms/104, VM.Config.Disk)',
  ]);
  const permissions = await get<Record<string, Record<string, number>>>('/access/permissions');
  expect(permissions['/']).toMatchObject({ 'VM.Audit': 1 });
  expect(permissions['/']).not.toHaveProperty('VM.PowerMgmt');
  labLine(world(), 'pve-role none');
  expect(await get('/cluster/resources?type=vm')).toEqual([]);
  expect(await get('/access/permissions')).toEqual({});
});

test('keys of root are not for a token, whatever its role', async () => {
  for (const key of ['args', 'hookscript', 'lock']) {
    expect(await send('PUT', CONFIG, { [key]: 'x' })).toMatchObject({
      code: 500,
      reason: `only root can set '${key}' config`,
    });
  }
});

test('tasks of a slow host take longer, and their end comes all the same', async () => {
  labLine(world(), 'slow-tasks 120');
  await send('POST', `${GUEST}/status/stop`);
  world().clock.advance(100_000);
  expect(world().pveTasks[0]).toMatchObject({ type: 'qmstop', endedAtMs: null });
  world().clock.advance(30_000);

  expect(world().pveTasks[0]).toMatchObject({ exitStatus: 'OK' });
});

test('a pool without free metadata stops its guests although it has free blocks', async () => {
  labLine(world(), 'fill-metadata local-lvm 100');
  const { usedBytes, totalBytes } = storageFigures(world(), pool());
  expect(usedBytes / totalBytes).toBeLessThan(0.9);
  const pools = await get<readonly Record<string, number>[]>('/nodes/pve1/disks/lvmthin');
  expect(pools[0]?.metadata_used).toBe(pools[0]?.metadata_size);
  world().clock.advance(15_000);
  expect((await get(`${GUEST}/status/current`)).qmpstatus).toBe('io-error');
  labLine(world(), 'fill-metadata local-lvm 40');
  await task('POST', `${GUEST}/status/resume`);

  expect((await get(`${GUEST}/status/current`)).qmpstatus).toBe('running');
});

test('guests that go on while their pool is still full stop again at their next write', async () => {
  labLine(world(), 'fill-storage local-lvm 100');
  await send('POST', `${GUEST}/status/resume`);
  world().clock.advance(1000);
  expect(vm().qmpStatus).toBe('running');
  world().clock.advance(15_000);

  expect(vm().qmpStatus).toBe('io-error');
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { labLine } from '../../support/lab-line.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { nodeIn } from '../../support/lab-world.js';
import { type PveGuest, pveGuest } from '../../support/pve-guest.js';

const GIB = 1024 ** 3;

let serverLab: ServerLab;
let guest: PveGuest;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0, pveHosts: 3 });
  guest = pveGuest(serverLab.lab, 104);
});

afterEach(() => serverLab.close());

const world = () => serverLab.lab.world;
const node = () => nodeIn(world(), 'talos-w-01');
const advance = (seconds: number): void => world().clock.advance(seconds * 1000);
const grow = (size: string, more: Record<string, string> = {}) =>
  guest.send('PUT', '/resize', { disk: 'scsi0', size, ...more });

test('a running guest sees its larger disk within seconds, and EPHEMERAL grows with the next boot only', async () => {
  const before = node().machine.systemDisk?.ephemeralBytes ?? 0;
  await guest.task('PUT', '/resize', { disk: 'scsi0', size: '150G' });

  expect(await guest.get('/config')).toMatchObject({
    scsi0: expect.stringContaining('size=150G'),
  });
  expect(node().machine.seenDisks.get('scsi0')).toBe(150 * GIB);
  expect(node().machine.systemDisk?.ephemeralBytes).toBe(before);
  labLine(world(), 'reboot-node talos-w-01');
  advance(240);

  expect((node().machine.systemDisk?.ephemeralBytes ?? 0) - before).toBeGreaterThan(49 * GIB);
});

test('a guest with the default controller sees it after its next start only', async () => {
  labLine(world(), 'set-vm 104 scsihw lsi');
  await guest.task('PUT', '/resize', { disk: 'scsi0', size: '+10G' });

  expect(node().machine.seenDisks.get('scsi0')).toBe(100 * GIB);
});

test('who read another configuration than there is now is told, and nothing grows', async () => {
  const { digest } = (await guest.get('/config')) as { readonly digest: string };
  await guest.send('PUT', '/config', { tags: 'other' });

  expect(await grow('+5G', { digest })).toMatchObject({
    code: 500,
    reason: 'checksum mismatch (file change by other user?)',
    json: { data: null, message: 'checksum mismatch (file change by other user?)\n' },
  });
  expect(guest.vm().config.scsi0).toContain('size=100G');
});

test('a lock, lost votes, root options and missing rights are refused before any task', async () => {
  const tasks = world().pveTasks.length;
  labLine(world(), 'lock-vm 104 snapshot');
  expect((await grow('+5G')).reason).toBe('VM is locked (snapshot)');
  labLine(world(), 'unlock-vm 104');
  expect(await grow('+5G', { skiplock: '1' })).toMatchObject({
    code: 400,
    json: { errors: { skiplock: 'Only root may use this option.' } },
  });
  expect((await grow('five')).json.errors).toEqual({
    size: 'value does not match the regex pattern',
  });
  expect((await guest.send('PUT', '/resize', { size: '+5G' })).json.errors).toEqual({
    disk: 'property is missing and it is not optional',
  });
  const other = pveGuest(serverLab.lab, 104, labLine(world(), 'pve-token disks auditor'));
  expect(await other.send('PUT', '/resize', { disk: 'scsi0', size: '+5G' })).toMatchObject({
    code: 403,
    reason: 'Permission check failed (/vms/104, VM.Config.Disk)',
  });
  labLine(world(), 'pve-quorum-lost');
  expect((await grow('+5G')).reason).toBe('cluster not ready - no quorum?');

  expect(world().pveTasks).toHaveLength(tasks);
});

test('a guest is asked for on the host that owns it, and nowhere else', async () => {
  const values = { disk: 'scsi0', size: '+5G' };
  expect(await guest.call('PUT', '/nodes/pve2/qemu/104/resize', values)).toMatchObject({
    code: 500,
    reason: "Configuration file 'nodes/pve2/qemu-server/104.conf' does not exist",
  });
  expect((await guest.call('PUT', '/nodes/pve1/qemu/999/resize', values)).reason).toBe(
    "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
  );
});

test('the recipe against an ISO first in order: the medium goes live, the order with the next cold start', async () => {
  labLine(world(), 'set-vm 104 boot order=ide2;scsi0');
  labLine(world(), 'attach-iso talos-w-01');
  const digestOf = async () => ((await guest.get('/config')) as { digest: string }).digest;
  const first = await digestOf();
  const eject = { ide2: 'none,media=cdrom', digest: first };
  expect((await guest.send('PUT', '/config', eject)).code).toBe(200);
  expect((await guest.send('PUT', '/config', { boot: 'order=scsi0', digest: first })).reason).toBe(
    'checksum mismatch (file change by other user?)',
  );
  await guest.send('PUT', '/config', { boot: 'order=scsi0', digest: await digestOf() });
  expect(await guest.get('/config?current=1')).toMatchObject({
    ide2: 'none,media=cdrom',
    boot: 'order=ide2;scsi0',
  });
  expect(await guest.get('/pending')).toContainEqual({
    key: 'boot',
    value: 'order=ide2;scsi0',
    pending: 'order=scsi0',
  });
  await guest.task('POST', '/status/reset');
  expect(await guest.get('/pending')).toContainEqual(
    expect.objectContaining({ pending: 'order=scsi0' }),
  );
  await guest.task('POST', '/status/stop');
  await guest.task('POST', '/status/start');

  expect(await guest.get('/config?current=1')).toMatchObject({ boot: 'order=scsi0' });
  advance(120);
  expect(node().stage).toBe('running');
});

test('a new drive joins an explicit order by itself, and leaves it with its device', async () => {
  await guest.task('POST', '/status/stop');
  await guest.send('PUT', '/config', { delete: 'ide2' });
  expect(guest.vm().config.boot).toBe('order=scsi0');
  await guest.send('PUT', '/config', { ide2: 'none,media=cdrom' });

  expect(guest.vm().config.boot).toBe('order=scsi0;ide2');
});

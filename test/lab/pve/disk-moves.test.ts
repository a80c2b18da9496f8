import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import type { LabStorage, LabVm } from '../../../src/lab/world/types.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { type PveReply, pveCall } from '../../support/pve-wire.js';

const GUEST = '/nodes/pve1/qemu/104';

let serverLab: ServerLab;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0 });
});

afterEach(() => serverLab.close());

function vm(): LabVm {
  const found = serverLab.lab.world.vms.get(104);
  if (found === undefined) throw new Error('no VM 104');
  return found;
}

function storage(name: string): LabStorage {
  const found = serverLab.lab.world.storages.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no storage ${name}`);
  return found;
}

const send = (method: string, path: string, values: Record<string, string>): Promise<PveReply> =>
  pveCall(serverLab.lab, `${GUEST}${path}`, {
    method,
    body: new URLSearchParams(values).toString(),
  });

const get = async (path: string): Promise<unknown> =>
  (await pveCall(serverLab.lab, `${GUEST}${path}`)).json.data;

async function end(method: string, path: string, values: Record<string, string>): Promise<string> {
  const { json } = await send(method, path, values);
  serverLab.lab.world.clock.advance(1_000_000);
  const task = serverLab.lab.world.pveTasks.find(({ upid }) => upid === json.data);
  return task?.exitStatus ?? 'no task';
}

test('a disk moves to another storage and leaves its old volume unused, or nothing', async () => {
  const local = storage('local');
  Object.assign(local, { content: `${local.content},images` });
  const before = vm().disks.find(({ slot }) => slot === 'scsi0')?.volume ?? '';

  expect(await end('POST', '/move_disk', { disk: 'scsi0', storage: 'local' })).toBe('OK');
  expect(vm().config).toMatchObject({
    scsi0: expect.stringMatching(/^local:104\/vm-104-disk-0\.raw,/),
    unused0: before,
  });

  expect(
    await end('POST', '/move_disk', { disk: 'scsi0', storage: 'local-lvm', delete: '1' }),
  ).toBe('OK');
  expect(String(vm().config.scsi0)).toMatch(/^local-lvm:/);
  expect(vm().disks.filter((disk) => disk.storage === 'local')).toEqual([]);
});

test('what cannot be moved says why, at once or as the end of its task', async () => {
  const reason = async (values: Record<string, string>): Promise<string> =>
    (await send('POST', '/move_disk', values)).reason;
  expect(await reason({ disk: 'scsi0', storage: 'local-lvm' })).toBe(
    "you can't move to the same storage with same format",
  );
  expect(await reason({ disk: 'scsi7', storage: 'local' })).toBe("disk 'scsi7' does not exist");
  expect(await reason({ disk: 'ide2', storage: 'local' })).toBe("you can't move a cdrom");
  expect(await end('POST', '/move_disk', { disk: 'scsi0', storage: 'local' })).toBe(
    "storage migration failed: storage 'local' does not support content-type 'images'",
  );
  expect(String(vm().config.scsi0)).toMatch(/^local-lvm:/);
});

test('a disk that is unlinked stays as an unused one, and goes when that is unlinked, too', async () => {
  await send('PUT', '/config', { scsi5: 'local-lvm:3' });
  expect((await send('PUT', '/unlink', { idlist: 'scsi5' })).code).toBe(200);
  expect(vm().config.unused0).toMatch(/^local-lvm:vm-104-disk-/);
  await send('PUT', '/unlink', { idlist: 'unused0' });
  expect(vm().disks.map(({ slot }) => slot)).not.toContain('unused0');
});

test('a snapshot keeps its configuration, and its description can be changed', async () => {
  await end('POST', '/snapshot', { snapname: 'before', description: 'old' });
  await send('PUT', '/config', { name: 'renamed' });
  await send('PUT', '/snapshot/before/config', { description: 'new' });
  expect(await get('/snapshot/before/config')).toMatchObject({
    name: 'talos-w-01',
    description: 'new',
  });
  expect((await send('PUT', '/snapshot/none/config', { description: 'x' })).reason).toBe(
    "snapshot 'none' does not exist",
  );
});

test('only a template can be cloned without a copy', async () => {
  expect(await get('/feature?feature=clone')).toEqual({ hasFeature: 0, nodes: ['pve1'] });
  expect(await get('/feature?feature=snapshot')).toMatchObject({ hasFeature: 1 });
  expect((await send('POST', '/clone', { newid: '900', full: '0' })).reason).toBe(
    "Linked clone feature is not supported for drive 'efidisk0'",
  );
});

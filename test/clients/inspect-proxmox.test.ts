import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { inspect } from '../../src/clients/inspect/inspect.js';
import { createPveClient } from '../../src/clients/pve.js';
import type { PveClient } from '../../src/clients/types.js';
import { asPveNodeName, asVmId } from '../../src/model/ids.js';
import { NOTHING_WANTED, storageKey, type VmInspection } from '../../src/model/inspection.js';
import { type InspectedLab, readOf, startInspectedLab } from '../support/inspected-lab.js';
import { tempDir } from '../support/temp-dir.js';

const START_MS = 60_000;
const GIB = 1024 ** 3;
const HOST = asPveNodeName('pve1');

let lab: InspectedLab;

beforeAll(async () => {
  lab = await startInspectedLab('healthy');
}, START_MS);
afterAll(() => lab.close());
beforeEach(() => {
  lab.change('allow');
});

async function vm(number: number): Promise<VmInspection> {
  const id = asVmId(number);
  const { vms } = await lab.inspect({ vms: [{ pveNode: HOST, id }] });
  return readOf(vms.get(id));
}

const storage = async (name: string) => {
  const { storages } = await lab.inspect({ storages: [{ pveNode: HOST, name }] });
  return storages.get(storageKey(HOST, name));
};

const order = (method: 'POST' | 'PUT', path: string, parameters: Record<string, string>) =>
  lab.clients.pve?.order(method, path, parameters);

/** A client with a token of its own. */
async function clientWith(change: string): Promise<PveClient> {
  const tokenFile = join(await tempDir(), 'token');
  await writeFile(tokenFile, `${lab.change(change)}\n`, { mode: 0o600 });
  const { proxmox } = lab.connection;
  if (proxmox === null) throw new Error('No Proxmox.');
  const pve = createPveClient({ connection: { ...proxmox, tokenFile }, clock: systemClock });
  onTestFinished(pve.close);
  return pve;
}

test('a healthy guest tells its boot order, drives and state', async () => {
  const found = await vm(104);

  expect(found).toMatchObject({
    digest: expect.stringMatching(/^[0-9a-f]{40}$/),
    status: 'running',
    qmpStatus: 'running',
    lock: null,
    bootOrder: ['scsi0', 'ide2'],
    pendingBootOrder: ['scsi0', 'ide2'],
    snapshots: [],
    runningTasks: [],
    haState: null,
    privileges: expect.arrayContaining(['VM.Config.Disk', 'VM.PowerMgmt']),
  });
  expect(found.drives).toContainEqual({
    slot: 'scsi0',
    volume: 'local-lvm:vm-104-disk-1',
    storage: 'local-lvm',
    sizeBytes: 100 * GIB,
    isCdrom: false,
    serial: null,
  });
  expect(found.drives).toContainEqual(
    expect.objectContaining({ slot: 'ide2', volume: 'none', isCdrom: true }),
  );
});

test('an ISO in front of the disk is seen', async () => {
  lab.change('set-vm 102 boot order=ide2;scsi0');
  lab.change('attach-iso talos-cp-02');

  const found = await vm(102);

  expect(found.bootOrder).toEqual(['ide2', 'scsi0']);
  expect(found.drives).toContainEqual(
    expect.objectContaining({
      slot: 'ide2',
      isCdrom: true,
      volume: expect.stringMatching(/\.iso$/),
    }),
  );
});

test('a boot order that waits for the next start stands beside the one in force', async () => {
  await order('PUT', '/nodes/pve1/qemu/103/config', { boot: 'order=ide2;scsi0' });

  const found = await vm(103);

  expect(found.bootOrder).toEqual(['scsi0', 'ide2']);
  expect(found.pendingBootOrder).toEqual(['ide2', 'scsi0']);
});

test('a lock, a running task, snapshots and the HA manager are told', async () => {
  await order('POST', '/nodes/pve1/qemu/105/snapshot', { snapname: 'before' });
  lab.handle.world.clock.advance(60_000);
  lab.change('ha-vm 105 started');
  lab.change('hold-flock 105');
  lab.change('lock-vm 105 backup');

  const found = await vm(105);

  expect(found).toMatchObject({ lock: 'backup', haState: 'started' });
  expect(found.snapshots).toEqual([{ name: 'before', atMs: expect.any(Number) }]);
  expect(found.runningTasks).toEqual([
    { upid: expect.stringMatching(/^UPID:pve1:/), type: expect.any(String) },
  ]);
  lab.change('release-flock 105');
  lab.change('unlock-vm 105');
});

test('a token that cannot see the tasks of others does not say that there are none', async () => {
  const pve = await clientWith('pve-token blind operator /vms');
  const id = asVmId(101);
  const wants = { ...NOTHING_WANTED, vms: [{ pveNode: HOST, id }] };

  const { vms } = await inspect(wants, { ...lab.clients, pve, clock: systemClock }, lab.connection);

  expect(vms.get(id)).toMatchObject({
    state: 'failed',
    error: { kind: 'forbidden', hint: expect.stringContaining('Sys.Audit') },
  });
});

test('what a token may do with guest and storage is told, whether or not it may see them', async () => {
  const pve = await clientWith('pve-token reader auditor /');
  const id = asVmId(101);
  const wants = {
    ...NOTHING_WANTED,
    vms: [{ pveNode: HOST, id }],
    storages: [{ pveNode: HOST, name: 'local-lvm' }],
  };

  const found = await inspect(wants, { ...lab.clients, pve, clock: systemClock }, lab.connection);

  expect(readOf(found.vms.get(id)).privileges).not.toContain('VM.Config.Disk');
  expect(readOf(found.vms.get(id)).privileges).toContain('VM.Audit');
  expect(readOf(found.storages.get(storageKey(HOST, 'local-lvm'))).privileges).not.toContain(
    'Datastore.AllocateSpace',
  );
});

test('every change of the configuration is another digest', async () => {
  const before = await vm(101);
  await order('PUT', '/nodes/pve1/qemu/101/config', { description: 'changed' });

  expect((await vm(101)).digest).not.toBe(before.digest);
});

test('a guest that is not there is an error, not an empty guest', async () => {
  const id = asVmId(999);
  const { vms } = await lab.inspect({ vms: [{ pveNode: HOST, id }] });

  expect(vms.get(id)).toMatchObject({ state: 'failed', error: { kind: 'not-found' } });
});

test('a thin pool tells its data, its metadata and what was promised', async () => {
  const found = readOf(await storage('local-lvm'));

  expect(found).toMatchObject({ type: 'lvmthin', virtualBytes: expect.any(Number) });
  expect(found.thin?.dataBytes).toBe(found.totalBytes);
  expect(found.thin?.metadataUsedBytes).toBeGreaterThan(0);
  expect(found.usedBytes + found.availableBytes).toBe(found.totalBytes);
  // Five guests: three with 40 GiB, two with 100 GiB, and their EFI disks.
  expect(found.virtualBytes).toBeGreaterThanOrEqual(320 * GIB);

  lab.change('fill-storage local-lvm 96');
  lab.change('fill-metadata local-lvm 91');
  const full = readOf(await storage('local-lvm'));

  expect(full.usedBytes / full.totalBytes).toBeGreaterThan(0.95);
  expect((full.thin?.metadataUsedBytes ?? 0) / (full.thin?.metadataBytes ?? 1)).toBeGreaterThan(
    0.9,
  );
});

test('a storage that is no thin pool has none', async () => {
  expect(readOf(await storage('local'))).toMatchObject({ type: 'dir', thin: null });
});

test('a storage that is not active, or not there, has no figures', async () => {
  expect(await storage('nothing')).toMatchObject({ state: 'failed' });
  const found = lab.handle.world.storages.find(({ name }) => name === 'local');
  if (found === undefined) throw new Error('No storage.');
  found.isActive = false;

  expect(await storage('local')).toMatchObject({
    state: 'failed',
    error: { kind: 'unreachable', message: expect.stringContaining('not active') },
  });
  found.isActive = true;
});

test('where the token may not look nothing is known', async () => {
  lab.change('pve-role none');
  try {
    const found = await lab.inspect(lab.everything);

    expect([...found.vms.values()].map(({ state }) => state)).toEqual(
      Array.from({ length: 5 }, () => 'failed'),
    );
    expect([...found.storages.values()].every(({ state }) => state === 'failed')).toBe(true);
    expect([...found.nodes.values()].every(({ state }) => state === 'fresh')).toBe(true);
  } finally {
    lab.change('pve-role operator');
  }
});

test('without Proxmox its parts say so', async () => {
  const none = { ...lab.clients, talos: null, kube: null, pve: null, clock: systemClock };

  const found = await inspect(lab.everything, none, lab.connection);

  const all = [...found.nodes.values(), ...found.vms.values(), ...found.storages.values()];
  expect([...all, found.kube].map(({ state }) => state)).toEqual(
    Array.from({ length: all.length + 1 }, () => 'failed'),
  );
});

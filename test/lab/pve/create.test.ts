import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { isoOf } from '../../../src/lab/world/storage.js';
import { nodeOfVm } from '../../../src/lab/world/vm.js';
import { labLine } from '../../support/lab-line.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { type PveGuest, pveGuest } from '../../support/pve-guest.js';

const NEW_ID = 200;
const GIB = 1024 ** 3;

let serverLab: ServerLab;
let guest: PveGuest;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0 });
  guest = pveGuest(serverLab.lab, NEW_ID);
});

afterEach(() => serverLab.close());

const world = () => serverLab.lab.world;
const advance = (seconds: number): void => world().clock.advance(seconds * 1000);

const wanted = (): Record<string, string> => ({
  vmid: String(NEW_ID),
  name: 'edge-1',
  ostype: 'l26',
  machine: 'q35',
  bios: 'ovmf',
  efidisk0: 'local-lvm:1,efitype=4m,pre-enrolled-keys=0',
  cpu: 'host',
  cores: '4',
  sockets: '1',
  numa: '0',
  memory: '8192',
  balloon: '0',
  scsihw: 'virtio-scsi-pci',
  scsi0: 'local-lvm:20,discard=on,ssd=1,cache=none',
  net0: 'virtio=BC:24:11:00:AA:01,bridge=vmbr0,queues=4',
  agent: 'enabled=1',
  serial0: 'socket',
  rng0: 'source=/dev/urandom',
  ide2: `${isoOf(world())},media=cdrom`,
  boot: 'order=scsi0;ide2',
  onboot: '1',
  startup: 'order=20,up=15,down=180',
  tags: 'talos;cluster-lab;worker',
});

const create = (change: Record<string, string> = {}) =>
  guest.call('POST', '/nodes/pve1/qemu', { ...wanted(), ...change });

async function created(change: Record<string, string> = {}): Promise<string> {
  const { json, reason } = await create(change);
  const upid = String(json.data);
  if (!upid.startsWith('UPID:')) throw new Error(reason);
  expect(upid).toContain(':qmcreate:200:');
  advance(30);
  return world().pveTasks.find((task) => task.upid === upid)?.exitStatus ?? '';
}

test('a guest is made as it was asked for, with volumes named in the order of their keys', async () => {
  expect(await created()).toBe('OK');

  expect(await guest.get('/config')).toMatchObject({
    name: 'edge-1',
    cores: 4,
    memory: '8192',
    boot: 'order=scsi0;ide2',
    efidisk0: 'local-lvm:vm-200-disk-0,efitype=4m,pre-enrolled-keys=0,size=4M',
    scsi0: 'local-lvm:vm-200-disk-1,cache=none,discard=on,size=20G,ssd=1',
    ide2: `${isoOf(world())},media=cdrom,size=310M`,
    net0: 'virtio=BC:24:11:00:AA:01,bridge=vmbr0,queues=4',
  });
  expect(guest.vm()).toMatchObject({ status: 'stopped', lock: null });
});

test('while it is being made it is locked, and the number is taken', async () => {
  await create();
  expect((await guest.send('POST', '/status/start')).reason).toBe('VM is locked (create)');
  expect(await create()).toMatchObject({
    code: 500,
    reason: "unable to create VM 200 - VM 200 already exists on node 'pve1'",
  });
  const next = await guest.call('GET', '/cluster/nextid?vmid=200');

  expect(next).toMatchObject({ code: 400, json: { errors: { vmid: 'VM 200 already exists' } } });
});

test('a blank disk falls through to the ISO: the machine waits for its configuration', async () => {
  await created();
  await guest.task('POST', '/status/start');
  advance(60);
  const node = nodeOfVm(world(), NEW_ID);

  expect(node).toMatchObject({ stage: 'maintenance', isUp: true, mac: 'bc:24:11:00:aa:01' });
  const { json } = await guest.call('GET', '/cluster/sdn/ipams/pve/status');
  expect(json.data).toContainEqual(
    expect.objectContaining({ mac: 'BC:24:11:00:AA:01', ip: node?.address, vmid: NEW_ID }),
  );
});

test('an address that is reserved for a MAC is what the machine has when it boots', async () => {
  const ip = `${world().facts.lanPrefix}.0.60`;
  await created();
  const reply = await guest.call('PUT', '/cluster/sdn/vnets/tnet0/ips', {
    zone: 'lab',
    mac: 'BC:24:11:00:AA:01',
    ip,
  });

  expect(reply.code).toBe(200);
  expect(nodeOfVm(world(), NEW_ID)?.address).toBe(ip);
  const taken = await guest.call('PUT', '/cluster/sdn/vnets/tnet0/ips', {
    zone: 'lab',
    mac: 'BC:24:11:00:AA:02',
    ip,
  });
  expect(taken.reason).toBe(`IP: ${ip} already exists`);
});

test.each([
  [{ scsi0: 'local-lvm:20G' }, 500, "unable to parse lvm volume name '20G'"],
  [{ scsi0: 'elsewhere:20' }, 500, "storage 'elsewhere' does not exist"],
  [{ scsi0: 'local:20' }, 500, "storage 'local' does not support content-type 'images'"],
  [{ ide2: 'local:iso/none.iso,media=cdrom' }, 500, "volume 'local:iso/none.iso' does not exist"],
  [{ boot: 'order=scsi5' }, 500, "invalid bootorder: device 'scsi5' does not exist'"],
  [{ args: '-no-reboot' }, 500, "only root can set 'args' config"],
  [{ name: 'under_score' }, 400, 'Parameter verification failed.'],
  [{ net0: 'virtio=01:24:11:00:AA:01,bridge=vmbr0' }, 400, 'Parameter verification failed.'],
  [{ bios: 'coreboot' }, 400, 'Parameter verification failed.'],
  [{ vmid: '7' }, 400, 'Parameter verification failed.'],
  [{ ide2: 'local:iso/a.iso' }, 400, 'Parameter verification failed.'],
  [
    { scsi0: 'local-lvm:20,import-from=local:import/a.qcow2' },
    400,
    'Parameter verification failed.',
  ],
  [{ colour: 'red' }, 400, 'Parameter verification failed.'],
])('%j is refused before anything is made', async (change, code, reason) => {
  expect(await create(change as unknown as Record<string, string>)).toMatchObject({ code, reason });
  expect(world().vms.has(NEW_ID)).toBe(false);
});

test('an imported disk has the size of its image, is grown afterwards, and boots without a medium', async () => {
  const { schematic } = world().facts;
  await guest.call('POST', '/nodes/pve1/storage/local/download-url', {
    content: 'import',
    filename: 'talos.qcow2',
    url: `https://factory.talos.dev/image/${schematic}/v1.12.4/nocloud-amd64.qcow2`,
  });
  advance(40);
  const given = { scsi0: 'local-lvm:0,import-from=local:import/talos.qcow2,discard=on' };
  expect(await created({ ...given, ide2: 'none,media=cdrom', boot: 'order=scsi0' })).toBe('OK');
  expect(guest.vm().config.scsi0).toBe('local-lvm:vm-200-disk-1,discard=on,size=8G');
  expect((await guest.task('PUT', '/resize', { disk: 'scsi0', size: '40G' })).exit).toBe('OK');
  await guest.task('POST', '/status/start');
  advance(60);

  expect(nodeOfVm(world(), NEW_ID)).toMatchObject({ stage: 'maintenance', platform: 'nocloud' });
});

test('a download that is an error page ends well, and nothing boots from it', async () => {
  labLine(world(), 'short-downloads 1');
  const { schematic } = world().facts;
  await guest.call('POST', '/nodes/pve1/storage/local/download-url', {
    content: 'iso',
    filename: 'short.iso',
    url: `https://factory.talos.dev/image/${schematic}/v1.12.4/metal-amd64.iso`,
  });
  advance(40);
  const files = await guest.call('GET', '/nodes/pve1/storage/local/content?content=iso');
  expect(files.json.data).toContainEqual(
    expect.objectContaining({ volid: 'local:iso/short.iso', size: 9 }),
  );
  await created({ ide2: 'local:iso/short.iso,media=cdrom', start: '1' });
  advance(120);

  expect(guest.vm().status).toBe('running');
  expect(nodeOfVm(world(), NEW_ID)?.isUp).toBe(false);
});

test('only what is stopped and unprotected is destroyed, with every volume of it', async () => {
  await created({ protection: '1', start: '1' });
  expect((await guest.send('DELETE', '')).reason).toBe(
    "can't remove VM 200 - protection mode enabled",
  );
  await guest.send('PUT', '/config', { protection: '0' });
  expect((await guest.send('DELETE', '')).reason).toBe('VM 200 is running - destroy failed');
  await guest.task('POST', '/status/stop');
  labLine(world(), 'ha-vm 200 stopped');
  expect((await guest.send('DELETE', '')).reason).toContain('used in HA resources');
  await guest.send('DELETE', '?purge=1&destroy-unreferenced-disks=1');
  advance(10);

  expect(world().vms.has(NEW_ID)).toBe(false);
  expect(nodeOfVm(world(), NEW_ID)).toBeUndefined();
  const { json } = await guest.call('GET', '/nodes/pve1/storage/local-lvm/content?vmid=200');
  expect(json.data).toEqual([]);
});

test('a clone has MAC and id of its own, and a linked one keeps its template from being destroyed', async () => {
  await created();
  const copy = pveGuest(serverLab.lab, 201);
  expect((await guest.send('POST', '/clone', { newid: '104' })).reason).toBe(
    'unable to create VM 104: config file already exists',
  );
  expect((await guest.task('POST', '/template')).exit).toBe('OK');
  expect((await guest.send('POST', '/status/start')).reason).toBe(
    "you can't start a vm if it's a template",
  );
  expect((await guest.task('POST', '/clone', { newid: '201', name: 'copy' })).exit).toBe('OK');
  expect(copy.vm().config.name).toBe('copy');
  expect(copy.vm().config.net0).not.toBe(guest.vm().config.net0);
  expect(copy.vm().config.smbios1).not.toBe(guest.vm().config.smbios1);
  expect(copy.vm().disks.find(({ slot }) => slot === 'scsi0')?.sizeBytes).toBe(20 * GIB);

  expect((await guest.send('DELETE', '')).reason).toContain('still in use by linked cloned');
});

test('an upload needs its fields before the file, and its sum to be right', async () => {
  const send = (checksum: string) => {
    const mark = 'x-mark-x';
    const field = (name: string, value: string): string =>
      `--${mark}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const body = `${field('content', 'iso')}${field('checksum-algorithm', 'sha256')}${field('checksum', checksum)}--${mark}\r\nContent-Disposition: form-data; name="filename"; filename="mine.iso"\r\n\r\nhello\r\n--${mark}--\r\n`;
    return guest.raw(
      '/nodes/pve1/storage/local/upload',
      body,
      `multipart/form-data; boundary=${mark}`,
    );
  };
  const right = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  await send('0'.repeat(64));
  advance(5);
  expect(world().pveTasks[0]).toMatchObject({ type: 'imgcopy' });
  expect(world().pveTasks[0]?.exitStatus).toMatch(/^checksum mismatch/);
  await send(right);
  advance(5);
  const files = await guest.call('GET', '/nodes/pve1/storage/local/content?content=iso');

  expect(files.json.data).toContainEqual(
    expect.objectContaining({ volid: 'local:iso/mine.iso', size: 5 }),
  );
});

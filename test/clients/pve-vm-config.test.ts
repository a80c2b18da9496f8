import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vmConfigOf } from '../../src/clients/pve-answers.js';
import { parsePropertyString, parseSize } from '../../src/clients/pve-property-string.js';
import { smbiosFields } from '../../src/clients/pve-vm-config.js';

/** As PVE 9.1 answers for a Talos guest. */
const TALOS_VM = {
  digest: '5a1f0000000000000000000000000000000000aa',
  name: 'talos-cp1',
  ostype: 'l26',
  machine: 'q35',
  bios: 'ovmf',
  cpu: 'host',
  cores: 4,
  sockets: 1,
  numa: 0,
  memory: '4096',
  balloon: 0,
  scsihw: 'virtio-scsi-single',
  boot: 'order=scsi0;ide2',
  onboot: 1,
  agent: 'enabled=1',
  scsi0: 'local-lvm:vm-101-disk-1,discard=on,iothread=1,size=20G,ssd=1',
  scsi10: 'local-lvm:vm-101-disk-3,size=512M',
  scsi2: 'local:101/vm-101-disk-2.qcow2,size=1.5T',
  efidisk0: 'local-lvm:vm-101-disk-0,efitype=4m,pre-enrolled-keys=0,size=4M',
  ide2: 'local:iso/talos.iso,media=cdrom,size=310M',
  ide0: 'none,media=cdrom',
  unused0: 'local-lvm:vm-101-disk-9',
  net0: 'virtio=BC:24:11:AA:BB:01,bridge=vmbr0,queues=4',
  net1: 'model=virtio,macaddr=BC:24:11:AA:BB:02,bridge=vmbr1,link_down=1',
  serial0: 'socket',
  smbios1: 'uuid=8C2E7E5A-0F00-4A5C-9D2E-000000000101',
  lock: 'backup',
  meta: 'creation-qemu=10.1.2,ctime=1763000000',
};

test('reads the configuration of a Talos guest', () => {
  expect(vmConfigOf(TALOS_VM)).toEqual({
    digest: '5a1f0000000000000000000000000000000000aa',
    smbiosUuid: '8c2e7e5a-0f00-4a5c-9d2e-000000000101',
    nics: [
      { slot: 'net0', mac: 'bc:24:11:aa:bb:01', bridge: 'vmbr0', isLinkDown: false },
      { slot: 'net1', mac: 'bc:24:11:aa:bb:02', bridge: 'vmbr1', isLinkDown: true },
    ],
    bootOrder: ['scsi0', 'ide2'],
    disks: [
      {
        slot: 'efidisk0',
        volume: 'local-lvm:vm-101-disk-0',
        storage: 'local-lvm',
        sizeBytes: 4 * 1024 ** 2,
        isCdrom: false,
      },
      { slot: 'ide0', volume: 'none', storage: null, sizeBytes: null, isCdrom: true },
      {
        slot: 'ide2',
        volume: 'local:iso/talos.iso',
        storage: 'local',
        sizeBytes: 310 * 1024 ** 2,
        isCdrom: true,
      },
      {
        slot: 'scsi0',
        volume: 'local-lvm:vm-101-disk-1',
        storage: 'local-lvm',
        sizeBytes: 20 * 1024 ** 3,
        isCdrom: false,
      },
      {
        slot: 'scsi2',
        volume: 'local:101/vm-101-disk-2.qcow2',
        storage: 'local',
        sizeBytes: 1.5 * 1024 ** 4,
        isCdrom: false,
      },
      {
        slot: 'scsi10',
        volume: 'local-lvm:vm-101-disk-3',
        storage: 'local-lvm',
        sizeBytes: 512 * 1024 ** 2,
        isCdrom: false,
      },
    ],
    cores: 4,
    memoryBytes: 4 * 1024 ** 3,
    cpuType: 'host',
    bios: 'ovmf',
    hasGuestAgent: true,
    onBoot: true,
  });
});

test.each([
  ['1', true],
  ['0', false],
  ['enabled=0,fstrim_cloned_disks=1', false],
  ['enabled=1,type=virtio', true],
  [undefined, false],
  [1, true],
])('guest agent %s', (agent, has) => {
  expect(vmConfigOf({ digest: 'd', agent }).hasGuestAgent).toBe(has);
});

test.each([
  ['order=scsi0;net0', ['scsi0', 'net0']],
  ['order=', []],
  ['legacy=cdn', ['scsi1', 'ide2', 'net0']],
  ['dc', ['ide2', 'scsi1']],
  [undefined, []],
])('boot %s', (boot, order) => {
  const config = {
    digest: 'd',
    boot,
    bootdisk: 'scsi1',
    ide2: 'none,media=cdrom',
    net0: 'virtio,bridge=vmbr0',
  };
  expect(vmConfigOf(config).bootOrder).toEqual(order);
});

test.each([
  [{ memory: 'current=2048' }, { memoryBytes: 2 * 1024 ** 3 }],
  [{ memory: 512 }, { memoryBytes: 512 * 1024 ** 2 }],
  [{ cpu: 'cputype=x86-64-v2-AES,flags=+aes' }, { cpuType: 'x86-64-v2-AES' }],
  [{ cores: '2', sockets: 2 }, { cores: 4 }],
  [{}, { cores: null, memoryBytes: null, cpuType: null, bios: 'seabios', smbiosUuid: null }],
])('%j', (config, part) => {
  expect(vmConfigOf({ digest: 'd', ...config })).toMatchObject(part);
});

test('smbios fields are decoded from base64, the uuid stands as it is', () => {
  const uuid = '8c2e7e5a-0f00-4a5c-9d2e-000000000101';
  const serial = Buffer.from('ds=nocloud;h=cp-1').toString('base64');

  expect(smbiosFields(`base64=1,serial=${serial},uuid=${uuid}`)).toEqual({
    serial: 'ds=nocloud;h=cp-1',
    uuid,
  });
  expect(
    vmConfigOf({ digest: 'd', smbios1: `base64=1,serial=${serial},uuid=${uuid}` }),
  ).toMatchObject({ smbiosUuid: uuid });
  expect(smbiosFields(`serial=plain,uuid=${uuid}`)).toEqual({ serial: 'plain', uuid });
});

test('a configuration without a digest is an error', () => {
  expect(() => vmConfigOf({ name: 'x' })).toThrow('digest');
});

test.each([
  ['20G', 20 * 1024 ** 3],
  ['528K', 528 * 1024],
  ['4096', 4096],
  ['0.5T', 0.5 * 1024 ** 4],
  ['20GB', null],
  ['lots', null],
  [undefined, null],
])('size %s', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

const key = fc.stringMatching(/^[a-z][a-z0-9_-]{0,11}$/);
const value = fc.stringMatching(/^[A-Za-z0-9:/+._;-][A-Za-z0-9:/+._;=-]{0,29}$/);

test('every pair of a property string is found again, whatever its values hold', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 8 }),
      fc.option(fc.stringMatching(/^[A-Za-z0-9:/._-]{1,20}$/)),
      (pairs, first) => {
        const text = [...(first === null ? [] : [first]), ...pairs.map((pair) => pair.join('='))];
        const properties = parsePropertyString(text.join(','));

        expect(properties.first).toBe(first);
        expect(properties.entries).toEqual(pairs);
        for (const [name, expected] of pairs) expect(properties.get(name)).toBe(expected);
      },
    ),
  );
});

test('no text makes the parser fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parsePropertyString(text);
      parseSize(text);
    }),
  );
});

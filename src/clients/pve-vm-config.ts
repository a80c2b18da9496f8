import { z } from 'zod';
import { asMacAddress, asSmbiosUuid, type MacAddress, type SmbiosUuid } from '../model/ids.js';
import type { VmConfig } from '../model/proxmox.js';
import { bool01, maybe, num, str } from './pve-fields.js';
import { isOn, parsePropertyString, parseSize } from './pve-property-string.js';

const MIB = 1024 ** 2;
const DISK_SLOT = /^(ide|sata|scsi|virtio)\d+$|^(efidisk|tpmstate)0$/;
const NIC_SLOT = /^net\d+$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Disk = VmConfig['disks'][number];
type Nic = VmConfig['nics'][number];

/** Slots have numbers in their names, so the keys are not known beforehand. */
const known = z.looseObject({
  digest: str,
  smbios1: maybe(str),
  boot: maybe(str),
  bootdisk: maybe(str),
  cores: maybe(num),
  sockets: maybe(num),
  memory: maybe(str),
  cpu: maybe(str),
  bios: maybe(str),
  agent: maybe(str),
  onboot: bool01,
});

export const vmConfigShape = known.transform((config): VmConfig => {
  const slots = Object.entries(config).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const disks = slots
    .filter(([slot]) => DISK_SLOT.test(slot))
    .map(asDisk)
    .sort(bySlot);
  const nics = slots
    .filter(([slot]) => NIC_SLOT.test(slot))
    .map(asNic)
    .sort(bySlot);
  return {
    digest: config.digest,
    smbiosUuid: smbiosUuid(config.smbios1),
    nics,
    bootOrder: bootOrder(config.boot, config.bootdisk, { disks, nics }),
    disks,
    cores: config.cores === null ? null : config.cores * (config.sockets ?? 1),
    memoryBytes: memoryBytes(config.memory),
    cpuType: cpuType(config.cpu),
    bios: config.bios === 'ovmf' ? 'ovmf' : 'seabios',
    hasGuestAgent: hasAgent(config.agent),
    onBoot: config.onboot,
  };
});

function asDisk([slot, text]: readonly [string, string]): Disk {
  const properties = parsePropertyString(text);
  const volume = properties.first ?? properties.get('file') ?? '';
  const isEmpty = volume === 'none' || volume === 'cdrom';
  const storage = /^([A-Za-z][\w.-]*):/.exec(volume)?.[1] ?? null;
  return {
    slot,
    volume,
    storage,
    sizeBytes: parseSize(properties.get('size')),
    isCdrom: properties.get('media') === 'cdrom' || isEmpty,
  };
}

/** `virtio=BC:24:11:AA:BB:01,…`, or with the keys `model` and `macaddr` (qemu-server: parse_net). */
function asNic([slot, text]: readonly [string, string]): Nic {
  const properties = parsePropertyString(text);
  const mac =
    properties.get('macaddr') ?? properties.entries.find(([, value]) => MAC.test(value))?.[1];
  return {
    slot,
    mac: asMac(mac),
    bridge: properties.get('bridge') ?? null,
    isLinkDown: isOn(properties.get('link_down')),
  };
}

const asMac = (text: string | undefined): MacAddress | null =>
  text !== undefined && MAC.test(text) ? asMacAddress(text) : null;

/** `base64=1` encodes every field but the uuid (qemu-server: config_to_command). */
function smbiosUuid(smbios: string | null): SmbiosUuid | null {
  const uuid = parsePropertyString(smbios ?? '').get('uuid');
  return uuid !== undefined && UUID.test(uuid) ? asSmbiosUuid(uuid) : null;
}

/** Text fields of smbios1, decoded; `serial` may carry Talos' nocloud settings. */
export function smbiosFields(smbios: string): Readonly<Record<string, string>> {
  const properties = parsePropertyString(smbios);
  const isEncoded = isOn(properties.get('base64'));
  return Object.fromEntries(
    properties.entries
      .filter(([key]) => key !== 'base64')
      .map(([key, value]) => [
        key,
        isEncoded && key !== 'uuid' ? Buffer.from(value, 'base64').toString('utf8') : value,
      ]),
  );
}

/** `order=scsi0;ide2`, or letters of before PVE 6.3: c disk, d CD, n network (qemu-server: BootOrder). */
function bootOrder(
  boot: string | null,
  bootDisk: string | null,
  { disks, nics }: Pick<VmConfig, 'disks' | 'nics'>,
): readonly string[] {
  const properties = parsePropertyString(boot ?? '');
  const order = properties.get('order');
  if (order !== undefined) return order.split(';').filter((slot) => slot !== '');
  const letters = properties.get('legacy') ?? properties.first ?? '';
  return [...letters].flatMap((letter) => {
    switch (letter) {
      case 'c':
        return bootDisk === null ? [] : [bootDisk];
      case 'd':
        return disks.filter(({ isCdrom }) => isCdrom).map(({ slot }) => slot);
      case 'n':
        return nics.map(({ slot }) => slot);
      default:
        return [];
    }
  });
}

function memoryBytes(memory: string | null): number | null {
  const properties = parsePropertyString(memory ?? '');
  const text = properties.first ?? properties.get('current');
  return text !== undefined && /^\d+$/.test(text) ? Number(text) * MIB : null;
}

function cpuType(cpu: string | null): string | null {
  const properties = parsePropertyString(cpu ?? '');
  return properties.first ?? properties.get('cputype') ?? null;
}

function hasAgent(agent: string | null): boolean {
  const properties = parsePropertyString(agent ?? '');
  return isOn(properties.first ?? properties.get('enabled'));
}

function bySlot(a: { readonly slot: string }, b: { readonly slot: string }): number {
  return a.slot.localeCompare(b.slot, 'en', { numeric: true });
}

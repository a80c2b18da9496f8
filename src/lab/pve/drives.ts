import { isoBytes } from '../world/pve-files.js';
import type { LabDisk, LabFile, LabStorage, LabVm, World } from '../world/types.js';
import { allocateDisk, sizeText, storageOf, volumeOwner } from '../world/vm-disks.js';
import { isCdrom } from './hotplug.js';
import { died, invalidParameters } from './refusal.js';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
/** OVMF's variables and a TPM's state have the size that they have, whatever is asked for. */
const FIXED_BYTES = 4 * MIB;

/** Slots that may hold a volume. */
export const isDiskSlot = (key: string): boolean =>
  /^(?:ide|sata|scsi|virtio|efidisk|tpmstate)\d+$/.test(key);

export interface DriveContext {
  readonly world: World;
  readonly vm: LabVm;
  /** `local-lvm:20`: what a drive of a bare size lies on when nothing else is said. */
  readonly defaultStorage?: string;
}

interface DriveText {
  readonly source: string;
  readonly options: readonly string[];
  readonly importFrom: string | null;
}

function parse(text: string): DriveText {
  const [first = '', ...rest] = text.split(',');
  const options = rest.filter((each) => !each.startsWith('import-from='));
  const importFrom = rest.find((each) => each.startsWith('import-from='));
  return {
    source: first.replace(/^(?:file|volume)=/, ''),
    options,
    importFrom: importFrom === undefined ? null : importFrom.slice('import-from='.length),
  };
}

const isSize = (text: string): boolean => /^\d+(?:\.\d+)?$/.test(text);

/** @throws PveRefusal 500 */
export function imagesStorage({ world, vm }: DriveContext, name: string): LabStorage {
  const storage = storageOf(world, vm, name);
  if (storage === undefined) {
    const exists = world.storages.some((each) => each.name === name);
    throw died(
      exists
        ? `storage '${name}' is not available on node '${vm.pveNode}'`
        : `storage '${name}' does not exist`,
    );
  }
  if (!storage.isActive) throw died(`storage '${name}' is not online`);
  if (!storage.content.split(',').includes('images')) {
    throw died(`storage '${name}' does not support content-type 'images'`);
  }
  return storage;
}

/**
 * What a drive string asks for is possible. Nothing is allocated yet.
 * @throws PveRefusal 400, 500
 */
export function checkDrive(context: DriveContext, key: string, text: string): void {
  const { source, importFrom } = parse(text);
  if (source === '' || source === 'none' || source === 'cdrom') return;
  if (isCdrom(text)) {
    mediumOf(context, source);
    return;
  }
  const [first = '', name] = source.split(/:(.*)/s);
  if (name === undefined && !isSize(first)) throw pathRefusal(key, source);
  if ((name ?? '').startsWith('iso/')) {
    throw invalidParameters({ [key]: "explicit 'media=cdrom' is required for iso images" });
  }
  if (importFrom !== null) {
    if (name !== '0') {
      throw invalidParameters({
        [key]: "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>",
      });
    }
    importedFile(context, key, importFrom);
  }
  const storage = imagesStorage(
    context,
    name === undefined ? (context.defaultStorage ?? '') : first,
  );
  if (name !== undefined && !isSize(name)) existingDisk(context, storage, source, name);
}

const pathRefusal = (key: string, source: string) =>
  source.startsWith('/')
    ? died('Only root can pass arbitrary filesystem paths.')
    : invalidParameters({ [key]: `invalid format - invalid drive string '${source}'\n` });

/** @throws PveRefusal 500 */
function mediumOf({ world, vm }: DriveContext, volid: string): LabFile | undefined {
  const [name = '', rest = ''] = volid.split(/:(.*)/s);
  // The cloud-init drive is made by the call itself.
  if (rest === 'cloudinit' || rest.endsWith('-cloudinit')) return undefined;
  const storage = storageOf(world, vm, name);
  if (storage === undefined) throw died(`storage '${name}' does not exist`);
  const file = storage.files.find((each) => each.volid === volid);
  if (file === undefined) throw died(`volume '${volid}' does not exist`);
  return file;
}

/** @throws PveRefusal 400, 500 */
function importedFile({ world, vm }: DriveContext, key: string, source: string): LabFile {
  if (source.startsWith('/')) throw died('Only root can pass arbitrary filesystem paths.');
  const [name = ''] = source.split(':');
  const storage = storageOf(world, vm, name);
  if (storage === undefined) throw died(`storage '${name}' does not exist`);
  const file = storage.files.find((each) => each.volid === source);
  if (file === undefined) throw died(`volume '${source}' does not exist`);
  if (file.content !== 'import') {
    throw invalidParameters({
      [key]: `${source} has wrong type '${file.content}' - needs to be 'images' or 'import'`,
    });
  }
  return file;
}

/** A volume of this guest, in use or left over. @throws PveRefusal 500 */
function existingDisk(
  { world, vm }: DriveContext,
  storage: LabStorage,
  source: string,
  name: string,
): LabDisk {
  const known = vm.disks.find(({ volume }) => volume === source);
  if (known !== undefined) return known;
  const isName = /^(?:vm|base)-\d+-[\w.-]+$/.test(name);
  if (!isName && storage.type === 'lvmthin')
    throw died(`unable to parse lvm volume name '${name}'`);
  if (volumeOwner(world, source) !== null) {
    throw died(`volume '${source}' belongs to another guest`);
  }
  throw died(`volume '${source}' does not exist`);
}

/**
 * `local-lvm:20` makes a volume of 20 GiB; a volume that exists stays. The answer is what the file will say.
 * @throws PveRefusal 400, 500
 */
export function resolveDrive(context: DriveContext, key: string, text: string): string {
  checkDrive(context, key, text);
  const { source, options, importFrom } = parse(text);
  if (source === '' || source === 'none' || source === 'cdrom') return text;
  if (isCdrom(text)) return cdrom(context, source, options);
  const [first = '', name] = source.split(/:(.*)/s);
  const storage = imagesStorage(
    context,
    name === undefined ? (context.defaultStorage ?? '') : first,
  );
  const size = name ?? first;
  const disk = isSize(size)
    ? newDisk(context, { key, storage, sizeGib: Number(size), importFrom })
    : existingDisk(context, storage, source, size);
  disk.slot = key;
  return driveText(disk, options);
}

function cdrom(context: DriveContext, source: string, options: readonly string[]): string {
  const file = mediumOf(context, source);
  if (file === undefined) {
    const [storage = ''] = source.split(':');
    const volume = `${storage}:vm-${context.vm.vmId}-cloudinit`;
    return sorted(volume, [...options, 'size=4M']);
  }
  return sorted(source, [...options, `size=${isoBytes(file)}`]);
}

interface NewDisk {
  readonly key: string;
  readonly storage: LabStorage;
  readonly sizeGib: number;
  readonly importFrom: string | null;
}

function newDisk(context: DriveContext, { key, storage, sizeGib, importFrom }: NewDisk): LabDisk {
  const { vm } = context;
  const isFixed = /^(?:efidisk|tpmstate)/.test(key);
  if (importFrom === null) {
    const bytes = isFixed ? FIXED_BYTES : sizeGib * GIB;
    const disk = allocateDisk(context.world, vm, key, storage, bytes);
    if (isFixed) disk.writtenBytes = bytes;
    return disk;
  }
  const file = importedFile(context, key, importFrom);
  const disk = allocateDisk(context.world, vm, key, storage, file.diskBytes ?? file.sizeBytes);
  disk.writtenBytes = Math.min(disk.sizeBytes, file.sizeBytes);
  disk.image = file.image ?? null;
  return disk;
}

const sorted = (volume: string, options: readonly string[]): string =>
  [volume, ...[...options.filter((each) => !/^size=$/.test(each))].sort()].join(',');

const driveText = ({ volume, sizeBytes }: LabDisk, options: readonly string[]): string =>
  sorted(volume, [
    ...options.filter((option) => !option.startsWith('size=')),
    `size=${sizeText(sizeBytes)}`,
  ]);

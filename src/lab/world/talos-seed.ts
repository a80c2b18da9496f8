import { ukiNameOf } from './boot-entries.js';
import { roomForEphemeral } from './talos-disk.js';
import type { TalosImage } from './talos-image.js';
import type { TalosMachine } from './talos-types.js';
import type { LabNode, LabVm } from './types.js';

/** A machine of which Talos knows nothing yet. */
export const blankMachine = (linkName: string): TalosMachine => ({
  systemDisk: null,
  booted: null,
  config: null,
  sequence: null,
  endTrial: null,
  seenDisks: new Map(),
  linkName,
  clockSkewMs: 0,
  isHalted: false,
  recovery: null,
  whenConfigured: null,
  whenUp: null,
  kubernetes: new Map(),
});

/** As if this image had been installed weeks ago, with the lab's own configuration. */
export function installSeeded(node: LabNode, vm: LabVm | undefined, image: TalosImage): void {
  const disk = vm?.disks.find(({ slot }) => slot === 'scsi0');
  const bootloader = vm?.config.bios === 'ovmf' ? 'sd-boot' : 'grub';
  const config = { text: null, settings: null };
  node.machine.config = config;
  node.machine.booted = { medium: 'disk', entry: 'A', ukiName: ukiNameOf(image) };
  node.machine.systemDisk = {
    slot: 'scsi0',
    bootloader,
    entries: { A: image, B: null },
    next: 'A',
    fallback: null,
    config,
    ephemeralBytes: roomForEphemeral(bootloader, disk?.sizeBytes ?? 0),
    hasEtcdData: node.role === 'controlplane',
    kubeletCertificates: new Set(['client', 'serving']),
    meta: new Map(),
  };
}

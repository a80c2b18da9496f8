import type { TalosImage } from './talos-image.js';
import type { BootEntry, SystemDisk } from './talos-types.js';
import { talosMinor } from './talos-version.js';
import type { LabNode } from './types.js';

/** talos: META key of the entry that a failed start goes back to (machinery/meta Upgrade). */
export const FALLBACK_KEY = 6;

const otherOf = (entry: BootEntry): BootEntry => (entry === 'A' ? 'B' : 'A');

/** The entry that a rollback or a failed start takes; null = there is none. */
export function otherEntry(disk: SystemDisk | null): BootEntry | null {
  if (disk === null) return null;
  const other = otherOf(disk.next);
  return disk.entries[other] === null ? null : other;
}

/** The UKI of an entry; GRUB has a directory `A` and one `B` instead. */
export const ukiNameOf = (image: TalosImage & { readonly ukiName?: string }): string =>
  image.ukiName ?? `Talos-${image.talosVersion}.efi`;

/**
 * talos@1.11–1.14 bootloader/sdboot `Upgrade`, bootloader/grub `flip`: what is kept is the entry that would start NEXT,
 * not the one that runs. An upgrade over an armed node removes the image that runs.
 * @returns what the installer says
 */
export function writeNextEntry(disk: SystemDisk, image: TalosImage): readonly string[] {
  const previous = disk.next;
  const target = otherOf(previous);
  const known = knownUkis(disk);
  const kept = disk.entries[previous];
  const ukiName = nextUkiName(image.talosVersion, known);
  disk.entries[target] = { ...image, ukiName };
  disk.next = target;
  if (disk.bootloader === 'grub') {
    disk.fallback = kept === null ? '' : previous;
    return [
      'executing: grub-install --boot-directory=/boot --removable --efi-directory=/boot/EFI /dev/sda',
    ];
  }
  const keptName = kept === null ? '' : ukiNameOf(kept);
  disk.fallback = keptName;
  const verb = talosMinor(image.talosVersion) >= 13 ? 'upgrade' : 'install';
  return [
    `sd-boot: found existing UKIs during ${verb}: [${known.join(' ')}]`,
    ...known
      .filter((name) => name !== keptName)
      .map((name) => `removing old UKI: /boot/EFI/EFI/Linux/${name}`),
    'updating EFI variables',
  ];
}

/** talos: machined/revert.go. Whatever machined fails of, an installation that has not proved itself is taken back. */
export function takeFallback({ machine, journal }: LabNode, nowMs: number): void {
  const disk = machine.systemDisk;
  if (disk === null || disk.fallback === null) return;
  const other = otherEntry(disk);
  if (disk.fallback !== '' && other !== null) {
    journal.say(nowMs, `reverting failed upgrade, switching to "${disk.fallback}"`);
    disk.next = other;
  }
  forgetFallback(disk);
}

/** talos: DropUpgradeFallbackController, once in a boot: with the first moment in which all is well. */
export function dropFallback({ machine, stage, isReady, journal }: LabNode, nowMs: number): void {
  const disk = machine.systemDisk;
  if (disk === null || stage !== 'running' || !isReady) return;
  // What was installed since this boot is not in the memory of machined.
  if (!disk.meta.has(FALLBACK_KEY)) return;
  journal.say(nowMs, 'removing fallback entry');
  forgetFallback(disk);
}

function forgetFallback(disk: SystemDisk): void {
  disk.fallback = null;
  disk.meta.delete(FALLBACK_KEY);
}

const knownUkis = ({ entries }: SystemDisk): readonly string[] =>
  [entries.A, entries.B].flatMap((each) => (each === null ? [] : [ukiNameOf(each)])).sort();

/** talos@1.11–1.14 sdboot `generateNextUKIName`: `Talos-v1.12.4.efi`, then `Talos-v1.12.4~1.efi`. */
function nextUkiName(version: string, known: readonly string[]): string {
  const indexes = known.flatMap((name) => {
    const [, of, index] = /^Talos-(.+?)(?:~(\d+))?\.efi$/.exec(name) ?? [];
    return of === version ? [Number(index ?? 0)] : [];
  });
  return indexes.length === 0
    ? `Talos-${version}.efi`
    : `Talos-${version}~${Math.max(...indexes) + 1}.efi`;
}

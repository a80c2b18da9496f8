import { usageError } from '../refusal.js';
import type { Refusal } from '../types.js';

export const GIB = 1024 ** 3;
/** Beyond what any Proxmox storage gives to one guest. */
const MOST_GIB = 1_000_000;

/** `40`, `40G` and `40GiB` are 40 GiB; always the size that the disk will have, never what is added to it. */
export function parseSizeGib(text: string): number | Refusal {
  const [, digits] = /^(\d{1,9})(?:g|gib)?$/i.exec(text.trim()) ?? [];
  const sizeGib = Number(digits);
  if (digits === undefined) {
    return usageError(
      `${text} is no size.`,
      'Set size to the size that the disk shall have, in whole GiB: 40, 40G or 40GiB.',
    );
  }
  return sizeGib >= 1 && sizeGib <= MOST_GIB
    ? sizeGib
    : usageError(`${text} is no size for a disk.`, `Set size to 1 to ${MOST_GIB} GiB.`);
}

import type { LabFile } from './types.js';

const MIB = 1024 ** 2;

/** A drive string says a medium's size in whole units: `310M`, `9` for an error page. */
export const isoBytes = ({ sizeBytes }: LabFile): string =>
  sizeBytes < MIB ? String(sizeBytes) : `${Math.floor(sizeBytes / MIB)}M`;

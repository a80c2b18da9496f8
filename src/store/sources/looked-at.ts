import { knownValue } from '../../model/reading.js';
import type { TalosNode } from '../../model/talos.js';

/** Screens name a machine by address, row key or name. */
export function isLookedAt({ address, identity }: TalosNode, wanted: string | null): boolean {
  if (wanted === null) return false;
  const known = knownValue(identity);
  return [address, `talos:${address}`, known?.nodeName, known?.hostname].includes(wanted);
}

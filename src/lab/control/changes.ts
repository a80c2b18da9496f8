import { Arguments, type Change, type ChangeContext } from './change.js';
import { clusterChanges } from './cluster-changes.js';
import { firmwareChanges } from './firmware-changes.js';
import { hostChanges } from './host-changes.js';
import { incidentChanges } from './incident-changes.js';
import { killChanges } from './kill-changes.js';
import { machineChanges } from './machine-changes.js';
import { nodeChanges } from './node-changes.js';
import { pveAccessChanges } from './pve-access-changes.js';
import { pveChanges } from './pve-changes.js';
import { LabUsageError, suggest } from './usage-error.js';
import { wireChanges } from './wire-changes.js';

/** Everything that `lab do` knows, in the order in which help lists it. */
export const labChanges: readonly Change[] = [
  ...machineChanges,
  ...clusterChanges,
  ...hostChanges,
  ...wireChanges,
  ...killChanges,
  ...pveChanges,
  ...pveAccessChanges,
  ...nodeChanges,
  ...incidentChanges,
  ...firmwareChanges,
];

/** @returns what happened. @throws LabUsageError when the change or an argument is unknown. */
export function applyChange(context: ChangeContext, id: string, words: readonly string[]): string {
  const change = labChanges.find((candidate) => candidate.id === id);
  if (change === undefined) {
    const names = labChanges.map((candidate) => candidate.id);
    throw new LabUsageError(`The lab has no change "${id}".`, suggest(id, names));
  }
  return change.run(context, new Arguments(change, words));
}

import { LabUsageError, suggest } from '../control/usage-error.js';
import { parseSize } from '../world/topology.js';
import { clusterIncidents } from './cluster-incidents.js';
import { nodeIncidents } from './node-incidents.js';
import { proxmoxIncidents } from './proxmox-incidents.js';
import { talosIncidents } from './talos-incidents.js';
import { topologies } from './topologies.js';
import type { Incident, Scenario } from './types.js';

export type { Incident, Scenario } from './types.js';

/** What operators met, in the order in which a drill may take them. */
export const labIncidents: readonly Incident[] = [
  ...clusterIncidents,
  ...talosIncidents,
  ...nodeIncidents,
  ...proxmoxIncidents,
];

export const labScenarios: readonly Scenario[] = [...topologies, ...labIncidents];

/** Any `N+M` and `N+M@P` is a scenario too. @throws LabUsageError */
export function scenarioOf(id: string): Scenario {
  const known = labScenarios.find((scenario) => scenario.id === id);
  if (known !== undefined) return known;
  const size = parseSize(id);
  if (size !== null) {
    return { id, help: 'a generated size', size, changes: [], settleSeconds: 0 };
  }
  if (/^\d+\+\d+(@\d+)?$/.test(id)) {
    throw new LabUsageError(
      `The lab cannot have the size ${id}.`,
      'Use 1 to 9 control planes, at most 2000 machines in all and 10 Proxmox nodes, for example 3+97@4.',
    );
  }
  throw new LabUsageError(
    `The lab has no scenario "${id}".`,
    suggest(
      id,
      labScenarios.map((scenario) => scenario.id),
    ),
  );
}

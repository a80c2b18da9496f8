import { type ActionFacts, type ProgramFact, unknownFacts } from '../model/action-facts.js';
import type { Connection } from '../model/connection.js';
import { OperatorError } from '../model/errors.js';
import type { InspectionWants } from '../model/inspection.js';
import { inspectPrograms, type ProgramState } from './programs.js';
import { inspectDirectory } from './snapshot-directory.js';
import { readTalosconfig, talosAccess } from './talosconfig.js';
import type { Shell } from './types.js';

export interface FactSource {
  /** The last reading; everything unknown before the first. */
  readonly get: () => ActionFacts;
  /** With `wants` these are inspected too; without, the last inspection stands. */
  readonly refresh: (wants?: InspectionWants) => Promise<ActionFacts>;
}

/** What `PlanContext.facts` is filled from: read at start, before a headless plan, and now and then. */
export function createFacts(connection: Connection, shell: Shell): FactSource {
  let current = unknownFacts(connection.snapshotDir);
  return {
    get: () => current,
    async refresh() {
      const [programs, snapshotDirectory, talosRoles] = await Promise.all([
        inspectPrograms(connection.programs, shell),
        inspectDirectory(connection.snapshotDir),
        readRoles(connection),
      ]);
      current = {
        talosctl: programFact(programs.talosctl),
        kubectl: programFact(programs.kubectl),
        snapshotDirectory,
        talosRoles,
        inspection: current.inspection,
      };
      return current;
    },
  };
}

function programFact(found: ProgramState): ProgramFact {
  return found.state === 'usable'
    ? { state: 'usable', version: found.version.text }
    : { state: 'unusable', problem: found.error.message, hint: found.error.hint };
}

/** Null when they cannot be read: then the server is the one who says no. */
async function readRoles({ talos }: Connection): Promise<readonly string[] | null> {
  if (talos === null) return null;
  try {
    const access = talosAccess(await readTalosconfig(talos.configPath), talos.context);
    return access.certificate.organizations;
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

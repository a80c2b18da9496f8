import { type ActionFacts, type ProgramFact, unknownFacts } from '../model/action-facts.js';
import type { Connection } from '../model/connection.js';
import { OperatorError } from '../model/errors.js';
import type { InspectionWants } from '../model/inspection.js';
import { type InspectionClients, inspect } from './inspect/inspect.js';
import { inspectPrograms, type ProgramState, type ProgramStates } from './programs.js';
import { inspectDirectory } from './snapshot-directory.js';
import { readTalosconfig, talosAccess } from './talosconfig.js';

export interface FactSource {
  /** The last reading; everything unknown before the first. */
  readonly get: () => ActionFacts;
  /** With `wants` these are inspected too; without, the last inspection stands. */
  readonly refresh: (wants?: InspectionWants) => Promise<ActionFacts>;
}

export interface FactWiring extends InspectionClients {
  readonly connection: Connection;
}

/** To know their versions two programs have to be started: not for every look at a plan. */
const PROGRAMS_LAST_MS = 30_000;

/** What `PlanContext.facts` is filled from: read at start, before a headless plan, and now and then. */
export function createFacts({ connection, ...clients }: FactWiring): FactSource {
  const { clock, shell } = clients;
  let current = unknownFacts(connection.snapshotDir);
  let known: { readonly programs: ProgramStates; readonly atMs: number } | null = null;
  const readPrograms = async (isInspection: boolean): Promise<ProgramStates> => {
    if (known === null || !isInspection || clock.now() - known.atMs > PROGRAMS_LAST_MS) {
      known = { programs: await inspectPrograms(connection.programs, shell), atMs: clock.now() };
    }
    return known.programs;
  };
  return {
    get: () => current,
    async refresh(wants) {
      const reading = readPrograms(wants !== undefined);
      const versioned = {
        ...clients,
        talosctlVersion: async () => versionOf((await reading).talosctl),
      };
      const [programs, snapshotDirectory, talosRoles, inspection] = await Promise.all([
        reading,
        inspectDirectory(connection.snapshotDir),
        readRoles(connection),
        wants === undefined ? null : inspect(wants, versioned, connection, current.inspection),
      ]);
      current = {
        talosctl: programFact(programs.talosctl),
        kubectl: programFact(programs.kubectl),
        snapshotDirectory,
        talosRoles,
        // Another refresh may have inspected in the meantime.
        inspection: inspection ?? current.inspection,
      };
      return current;
    },
  };
}

const versionOf = (found: ProgramState): string | null =>
  found.state === 'usable' ? found.version.text : null;

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

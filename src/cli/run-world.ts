import { actions } from '../actions/index.js';
import { createFacts } from '../clients/action-facts.js';
import { systemClock } from '../clients/clock.js';
import type { Connection } from '../model/connection.js';
import { controlPlaneAddresses } from '../model/control-planes.js';
import type { RunWorld } from '../runs/run-process.js';
import type { RunSession } from '../runs/session.js';
import { createSession } from '../store/session.js';
import { addressesOf } from './addresses-of.js';
import { openClients } from './cluster-clients.js';

/** What a run process works with: the same clients and sources as the console, without its screens. */
export const runWorld = (env: NodeJS.ProcessEnv): RunWorld => ({
  actions,
  attach: (connection) => attach(connection, env),
});

async function attach(connection: Connection, env: NodeJS.ProcessEnv): Promise<RunSession> {
  // Its commands are told by the journal.
  const clients = await openClients(connection, {
    env,
    clock: systemClock,
    record: () => undefined,
    controlPlanes: () => controlPlaneAddresses(session.snapshots.get()),
  });
  const session = createSession({
    connection,
    identity: clients.identity,
    talosNodes: clients.talosNodes,
    clients,
    clock: systemClock,
    resolve: addressesOf,
    ports: { runs: null, catalogue: null, host: null },
  });
  session.start();
  return {
    snapshot: session.snapshots.get,
    talos: clients.talos,
    kube: clients.kube,
    pve: clients.pve,
    viaServer: clients.viaServer,
    shell: clients.shell,
    facts: createFacts({ connection, clock: systemClock, ...clients }),
    async close() {
      session.stop();
      await clients.close();
    },
  };
}

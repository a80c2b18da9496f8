import type { Answers, Plan, PlanContext } from '../actions/types.js';
import { createFacts } from '../clients/action-facts.js';
import { systemClock } from '../clients/clock.js';
import { readHostFacts } from '../clients/host.js';
import { snapshotFiles } from '../clients/snapshot-file.js';
import type { Connection } from '../model/connection.js';
import { controlPlaneAddresses } from '../model/control-planes.js';
import type { InspectionWants } from '../model/inspection.js';
import type { CommandRecord } from '../model/run.js';
import { gatesAhead } from '../runs/gates-ahead.js';
import { runRequest } from '../runs/request.js';
import type { BrokenLayers } from '../store/discovery.js';
import { createSession } from '../store/session.js';
import { createStore } from '../store/store.js';
import { addressesOf } from './addresses-of.js';
import type { Attached } from './attached.js';
import { type ClusterClients, openClients } from './cluster-clients.js';
import type { Directories } from './directories.js';
import { openRuns } from './open-runs.js';
import { operatorName } from './operator-name.js';
import { openRunFiles } from './run-files.js';

export interface AttachOptions extends Directories {
  readonly isReadOnly: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly broken: BrokenLayers;
}

const MOST_COMMANDS = 500;
/** Free space and program versions may change while the console is open. */
const FACTS_EVERY_MS = 60_000;
/** They start two programs: the first picture of the cluster comes before them. */
const FIRST_FACTS_AFTER_MS = 1_500;

/** Connects to a cluster and keeps everything about it fresh until it is closed. */
export async function attachCluster(
  connection: Connection,
  { stateDir, isReadOnly, env, broken }: AttachOptions,
): Promise<Attached> {
  const commands = createStore<readonly CommandRecord[]>([]);
  const clients = await openClients(connection, {
    env,
    clock: systemClock,
    broken,
    record: (command) => commands.update((all) => [...all, command].slice(-MOST_COMMANDS)),
    controlPlanes: () => controlPlaneAddresses(session.snapshots.get()),
  });
  const runs = openRuns(stateDir);
  const session = createSession({
    connection,
    identity: clients.identity,
    talosNodes: clients.talosNodes,
    clients,
    clock: systemClock,
    resolve: addressesOf,
    ports: { runs, catalogue: snapshotFiles.list, host: readHostFacts, commands },
  });
  const facts = createFacts({ connection, clock: systemClock, ...clients });
  const readFacts = oneAtATime(
    async (wants?: InspectionWants) => void (await facts.refresh(wants)),
  );
  session.start();
  const stopFacts = every(FACTS_EVERY_MS, () => readFacts(), FIRST_FACTS_AFTER_MS);

  const contextFor = (answers: Answers): PlanContext => ({
    snapshot: session.snapshots.get(),
    answers,
    connection,
    facts: facts.get(),
    nowMs: systemClock.now(),
  });
  const gatesOf = (plan: Plan) => gatesAhead(plan, contextFor(plan.answers));

  return {
    connection,
    isReadOnly: isReadOnly || connection.isReadOnly,
    snapshots: session.snapshots,
    runs,
    runFiles: openRunFiles(stateDir, runs),
    plan: (action, answers) => action.plan(contextFor(answers)),
    options: (action, answers) => action.options?.(contextFor(answers)) ?? [],
    gatesAhead: gatesOf,
    readFacts,
    startRun: (plan, { overrides, keepGoing, maxDurationMs = null }) =>
      runs.start(
        runRequest(plan, {
          connection,
          operator: operatorName(env),
          nowMs: systemClock.now(),
          keepGoing,
          overrides,
          gates: gatesOf(plan),
          maxDurationMs,
        }),
      ),
    isSettled: session.isSettled,
    refresh: () => session.refresh(),
    setFocus: session.setFocus,
    setIdle: session.setIdle,
    close: () =>
      close(clients, () => {
        stopFacts();
        session.stop();
      }),
  };
}

async function close(clients: ClusterClients, stop: () => void): Promise<void> {
  stop();
  await clients.close();
}

function every(intervalMs: number, run: () => Promise<void>, firstMs: number): () => void {
  let isStopped = false;
  const turn = async (): Promise<void> => {
    await run();
    if (!isStopped) stopTimer = systemClock.after(intervalMs, () => void turn());
  };
  let stopTimer = systemClock.after(firstMs, () => void turn());
  return () => {
    isStopped = true;
    stopTimer();
  };
}

/** A call waits for the one before it, however that ended. */
function oneAtATime<Args extends readonly unknown[]>(
  call: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const next = last.then(() => call(...args));
    last = next.catch(() => undefined);
    return next;
  };
}

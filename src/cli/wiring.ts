import type { Action, Answers } from '../actions/types.js';
import { systemClock } from '../clients/clock.js';
import type { SessionState } from '../hooks/wiring.js';
import { emptySnapshot } from '../model/empty-snapshot.js';
import { ClientError } from '../model/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { createStore, type Store } from '../store/store.js';
import { appearance } from './appearance.js';
import type { Attached } from './attached.js';
import type { ConsoleWiring } from './console/mount.js';
import { directories } from './directories.js';
import { createIdleness } from './idleness.js';
import { operatorName } from './operator-name.js';
import type { Options } from './options.js';
import { version } from './version.js';

/** The console's wiring exists before any client is loaded; a cluster is put behind it later. */
export interface LateWiring {
  readonly wiring: ConsoleWiring;
  readonly session: Store<SessionState>;
  /** From now on the screens show this cluster. */
  readonly attach: (attached: Attached, actions: readonly Action[]) => void;
}

export function createWiring(options: Options, env: NodeJS.ProcessEnv): LateWiring {
  const session = createStore<SessionState>({ state: 'connecting', text: 'Starting…' });
  const snapshots = createStore<Snapshot>(emptySnapshot(NO_CLUSTER));
  let attached: Attached | null = null;
  let actions: readonly Action[] = [];
  let focus: Parameters<ConsoleWiring['setFocus']>[0] | null = null;
  const idleness = createIdleness(systemClock, (isIdle) => attached?.setIdle(isIdle));
  const behind = (): Attached => {
    if (attached === null) throw notAttached();
    return attached;
  };

  const wiring: ConsoleWiring = {
    session,
    snapshots,
    actions: () => actions,
    appearance: appearance(options, env, directories(options, env).configDir),
    version: version(),
    isReadOnly: () => options.isReadOnly || attached?.isReadOnly === true,
    nowMs: systemClock.now,
    plan: (action, answers: Answers) =>
      attached === null ? NOT_YET : attached.plan(action, answers),
    options: (action, answers) => attached?.options(action, answers) ?? [],
    startRun: (plan, overrides) => behind().startRun(plan, { overrides, keepGoing: false }),
    resumeRun: (id) => behind().runs.resume(id),
    pauseRun: (id) => behind().runs.pause(id),
    cancelRun: (id) => behind().runs.cancel(id),
    overrideGate: (id, gate) =>
      behind().runs.override(id, { gates: [gate], operator: operatorName(env) }),
    inspect: (wants) => behind().readFacts(wants),
    saveScript: (id) => behind().runFiles.saveScript(id),
    readLog: (id) => behind().runFiles.readLog(id),
    followOutput: (id, step, onLines) => behind().runFiles.followOutput(id, step, onLines),
    refresh: () => attached?.refresh(),
    setFocus(next) {
      focus = next;
      attached?.setFocus(next);
    },
    heardKey: idleness.touch,
  };

  return {
    wiring,
    session,
    attach(next, offered) {
      attached = next;
      actions = offered;
      if (focus !== null) next.setFocus(focus);
      const copy = (): void => snapshots.update(() => next.snapshots.get());
      next.snapshots.subscribe(copy);
      copy();
      session.update(() => ({ state: 'attached', connection: next.connection }));
    },
  };
}

const NO_CLUSTER: Snapshot['cluster'] = {
  name: '',
  endpoints: [],
  kubernetesServer: null,
  vip: null,
  isProduction: false,
  isReadOnly: false,
  pveUrl: null,
  talosCertificateEndsAtMs: null,
  kubernetesCertificateEndsAtMs: null,
};

const NOT_YET = {
  kind: 'refusal',
  reason: 'No cluster is connected yet.',
  hint: 'Wait for the connection or choose a cluster.',
  gate: null,
} as const;

const notAttached = (): ClientError => new ClientError('rejected', NOT_YET.reason, NOT_YET.hint);

import type { Action, Answers, Plan, Question } from '../../src/actions/types.js';
import type { Appearance, SessionState, Wiring } from '../../src/hooks/wiring.js';
import { DEFAULT_WAITS } from '../../src/model/connection.js';
import { asRunId, type RunId } from '../../src/model/ids.js';
import type { InspectionWants } from '../../src/model/inspection.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { createStore } from '../../src/store/store.js';
import { NOW_MS } from './builders.js';

/** What the console asked of the outside. */
export interface Calls {
  readonly copied: string[];
  readonly planned: { readonly action: string; readonly answers: Answers }[];
  readonly started: { readonly plan: Plan; readonly overrides: readonly string[] }[];
  readonly resumed: RunId[];
  readonly paused: RunId[];
  readonly cancelled: RunId[];
  readonly overridden: string[];
  readonly inspected: InspectionWants[];
  readonly followed: string[];
  readonly focus: { readonly screen: string; readonly node: string | null }[];
  readonly refreshed: number[];
  readonly heardKeys: number[];
  readonly quit: number[];
}

export interface WiringOptions {
  readonly snapshot: Snapshot;
  readonly session?: SessionState;
  readonly actions?: readonly Action[];
  readonly plan?: (action: Action, answers: Answers) => ReturnType<Action['plan']>;
  readonly options?: (action: Action, answers: Answers) => readonly Question[];
  readonly inspect?: (wants: InspectionWants) => Promise<void>;
  /** What the step that is followed has printed. */
  readonly output?: readonly string[];
  /** What exporting a run gives. */
  readonly script?: string;
  readonly startRun?: () => Promise<RunId>;
  readonly appearance?: Partial<Appearance>;
  readonly isReadOnly?: boolean;
}

const ATTACHED: SessionState = {
  state: 'attached',
  connection: {
    name: 'home',
    origin: 'clusters/home.yaml',
    isProduction: false,
    isReadOnly: false,
    talos: null,
    kubernetes: null,
    proxmox: null,
    factoryUrl: 'https://factory.talos.dev',
    vip: null,
    snapshotDir: '/var/lib/talos-tui/snapshots',
    programs: { talosctl: 'talosctl', kubectl: 'kubectl', helm: 'helm' },
    waits: DEFAULT_WAITS,
  },
};

/** The wiring of a console without a cluster behind it: stores that tests write to, and a record of its wishes. */
export function recordedWiring(options: WiringOptions) {
  const clock = { nowMs: NOW_MS };
  const calls = noCalls();
  const snapshots = createStore(options.snapshot);
  const session = createStore<SessionState>(options.session ?? ATTACHED);
  const wiring: Wiring = {
    session,
    snapshots,
    actions: () => options.actions ?? [],
    appearance: { isAscii: false, hasColor: true, theme: 'dark', ...options.appearance },
    version: '0.1.0',
    isReadOnly: () => options.isReadOnly ?? false,
    nowMs: () => clock.nowMs,
    plan(action, answers) {
      calls.planned.push({ action: action.id, answers });
      if (options.plan === undefined) throw new Error('No plan was expected');
      return options.plan(action, answers);
    },
    options: (action, answers) => options.options?.(action, answers) ?? [],
    startRun(plan, overrides) {
      calls.started.push({ plan, overrides });
      return options.startRun?.() ?? Promise.resolve(asRunId('run-1'));
    },
    resumeRun: async (id) => void calls.resumed.push(id),
    pauseRun: async (id) => void calls.paused.push(id),
    cancelRun: async (id) => void calls.cancelled.push(id),
    overrideGate: async (id, gate) => void calls.overridden.push(`${id} ${gate}`),
    async inspect(wants) {
      calls.inspected.push(wants);
      await options.inspect?.(wants);
    },
    saveScript: async (id) => ({
      path: `/state/runs/${id}/script.sh`,
      text: options.script ?? `#!/bin/sh\n# ${id}\n`,
    }),
    readLog: async (id) => [`log of ${id}`],
    followOutput(id, step, onLines) {
      calls.followed.push(`${id} ${step}`);
      onLines(options.output ?? []);
      return () => undefined;
    },
    refresh: () => void calls.refreshed.push(clock.nowMs),
    setFocus: (focus) => void calls.focus.push(focus),
    heardKey: () => void calls.heardKeys.push(clock.nowMs),
    copy: (text) => void calls.copied.push(text),
    suspend: () => Promise.resolve(),
    quit: () => void calls.quit.push(clock.nowMs),
  };
  return { wiring, snapshots, session, clock, calls };
}

const noCalls = (): Calls => ({
  copied: [],
  planned: [],
  started: [],
  resumed: [],
  paused: [],
  cancelled: [],
  overridden: [],
  inspected: [],
  followed: [],
  focus: [],
  refreshed: [],
  heardKeys: [],
  quit: [],
});

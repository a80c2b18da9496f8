import type { Plan, Step } from '../../src/actions/types.js';
import type { AuditLog, AuditRecord } from '../../src/clients/local-files.js';
import { snapshotFiles } from '../../src/clients/snapshot-file.js';
import type { Shell } from '../../src/clients/types.js';
import type { ActionFacts } from '../../src/model/action-facts.js';
import { type Connection, DEFAULT_WAITS } from '../../src/model/connection.js';
import { NOTHING_INSPECTED } from '../../src/model/inspection.js';
import type { Engine } from '../../src/runs/engine.js';
import type { RunRequest } from '../../src/runs/types.js';
import { aSnapshot, GIB, NOW_MS } from './builders.js';
import { eagerClock } from './eager-clock.js';
import { memoryJournal } from './memory-journal.js';
import { aStepPlan } from './run-summaries.js';

export const aConnection = (change: Partial<Connection> = {}): Connection => ({
  name: 'home',
  origin: 'clusters/home.yaml',
  isProduction: false,
  isReadOnly: false,
  talos: { configPath: '/etc/home/talosconfig', context: 'home' },
  kubernetes: { kubeconfigPath: '/etc/home/kubeconfig', context: 'admin@home' },
  proxmox: null,
  factoryUrl: 'https://factory.talos.dev',
  vip: null,
  snapshotDir: '/var/lib/talos-tui/snapshots',
  programs: { talosctl: 'talosctl', kubectl: 'kubectl', helm: 'helm' },
  waits: DEFAULT_WAITS,
  ...change,
});

/** A host where everything is as it should be. */
export const goodFacts = (change: Partial<ActionFacts> = {}): ActionFacts => ({
  talosctl: { state: 'usable', version: 'v1.12.4' },
  kubectl: { state: 'usable', version: 'v1.35.0' },
  snapshotDirectory: {
    path: '/var/lib/talos-tui/snapshots',
    state: 'ready',
    problem: '',
    freeBytes: 100 * GIB,
  },
  talosRoles: ['os:admin'],
  inspection: NOTHING_INSPECTED,
  ...change,
});

/** A step that remembers nothing but whether it was done. */
export function aStep(id: string, change: Partial<Step> = {}): Step {
  let isDone = false;
  const sight = async () =>
    isDone
      ? ({ done: true, evidence: `${id} is so` } as const)
      : ({ done: false, lastSeen: `${id} is not so` } as const);
  return {
    id,
    title: `Do ${id}`,
    target: null,
    command: { kind: 'local', text: `do ${id}` },
    isDisruptive: false,
    proof: `${id} is so`,
    expectedMs: 10,
    proveTimeoutMs: 10_000,
    look: sight,
    async run() {
      isDone = true;
    },
    prove: sight,
    ...change,
  };
}

export const aPlan = (steps: readonly Step[], change: Partial<Plan> = {}): Plan => ({
  kind: 'plan',
  action: 'test',
  answers: {},
  level: 2,
  summary: 'Do things',
  lines: [],
  gates: [],
  steps,
  expectedMs: 10,
  downtime: 'none',
  ifConsoleDies: 'It goes on.',
  undo: 'None.',
  confirmName: null,
  ...change,
});

export const aRequest = (change: Partial<RunRequest> = {}): RunRequest => ({
  schema: 1,
  action: 'test',
  answers: {},
  cluster: 'home',
  connection: aConnection(),
  level: 2,
  fingerprint: 'f',
  summary: 'Do things',
  steps: [aStepPlan({ id: 'one', title: 'Do one' }), aStepPlan({ id: 'two', title: 'Do two' })],
  operator: 'ops',
  createdAtMs: NOW_MS,
  keepGoing: false,
  overrides: [],
  ...change,
});

export const noShell: Shell = {
  run: () => Promise.reject(new Error('This test runs no programs.')),
};

/** Keeps the records in memory, newest last. */
export function memoryAudit(): AuditLog & { readonly records: readonly AuditRecord[] } {
  const records: AuditRecord[] = [];
  return {
    records,
    append: async (record) => void records.push(record),
    lastIssued: async (node) =>
      records.findLast((record) => record.node === node && record.outcome === 'issued') ?? null,
  };
}

/** Somebody watches, nothing is cancelled, planning again gives the same. */
export const anEngine = (plan: Plan, change: Partial<Engine> = {}): Engine => ({
  journal: memoryJournal(),
  clock: eagerClock(),
  context: {
    connection: aConnection(),
    snapshot: () => aSnapshot(),
    talos: null,
    kube: null,
    pve: null,
    snapshotFiles,
    audit: memoryAudit(),
    runDir: '/nowhere',
    operator: 'ops',
  },
  shellFor: () => noShell,
  earlier: [],
  inspect: async () => ({
    snapshot: aSnapshot(),
    answers: plan.answers,
    connection: aConnection(),
    facts: goodFacts(),
    nowMs: NOW_MS,
  }),
  replan: () => plan,
  lostLock: async () => null,
  overrides: () => [],
  keepGoing: false,
  maxDurationMs: null,
  isWatched: () => true,
  isPauseWished: () => false,
  takeContinue: () => false,
  cancel: new AbortController().signal,
  ...change,
});

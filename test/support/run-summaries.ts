import { asRunId } from '../../src/model/ids.js';
import type {
  CommandRecord,
  RunStepPlan,
  RunStepSummary,
  RunSummary,
} from '../../src/model/run.js';
import { NOW_MS } from './builders.js';

export const aStepPlan = (overrides: Partial<RunStepPlan> = {}): RunStepPlan => ({
  id: 'take',
  title: 'Take the snapshot',
  target: 'cp-2',
  group: null,
  isDisruptive: false,
  expectedMs: null,
  stateWhenStopped: '',
  ...overrides,
});

export const aRunStep = (overrides: Partial<RunStepSummary> = {}): RunStepSummary => ({
  ...aStepPlan(),
  state: 'done',
  detail: '24 MiB',
  startedAtMs: NOW_MS - 5_000,
  endedAtMs: NOW_MS - 2_000,
  ...overrides,
});

export const aRun = ({
  id = '2026-11-20T11-59-50Z-etcd-snapshot-home',
  ...overrides
}: Partial<Omit<RunSummary, 'id'>> & { readonly id?: string } = {}): RunSummary => ({
  id: asRunId(id),
  action: 'etcd-snapshot',
  cluster: 'home',
  summary: 'Take an etcd snapshot from cp-2',
  state: 'succeeded',
  startedAtMs: NOW_MS - 6_000,
  endedAtMs: NOW_MS - 2_000,
  steps: [aRunStep()],
  pause: null,
  outcome: '',
  operator: 'root',
  pid: null,
  keepGoing: false,
  ...overrides,
});

export const aCommand = (overrides: Partial<CommandRecord> = {}): CommandRecord => ({
  atMs: NOW_MS - 5_000,
  argv: ['talosctl', '--nodes', '10.0.0.12', 'etcd', 'snapshot', 'a b.db'],
  effect: 'change',
  durationMs: 1_200,
  exitCode: 0,
  target: 'cp-2',
  runId: null,
  ...overrides,
});

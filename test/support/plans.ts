import type { Action, Form, Gate, Plan, Question, Step } from '../../src/actions/types.js';

export const aStep = (overrides: Partial<Step> = {}): Step => ({
  id: 'take',
  title: 'Take the snapshot',
  target: 'cp-2',
  command: {
    kind: 'argv',
    argv: ['talosctl', '--nodes', '10.0.0.12', 'etcd', 'snapshot', 'a b.db'],
  },
  isDisruptive: false,
  proof: 'the file is verified',
  expectedMs: 3_000,
  look: () => Promise.resolve({ done: false, lastSeen: '' }),
  run: () => Promise.resolve(),
  prove: () => Promise.resolve({ done: true, evidence: '' }),
  proveTimeoutMs: 10_000,
  ...overrides,
});

export const aGate = (overrides: Partial<Gate> = {}): Gate => ({
  id: 'G-ETCD',
  title: 'etcd is healthy',
  state: 'green',
  text: '3 of 3 healthy',
  remedy: 'Repair the member first.',
  override: 'no',
  ...overrides,
});

export const aPlan = (overrides: Partial<Plan> = {}): Plan => ({
  kind: 'plan',
  action: 'etcd-snapshot',
  answers: {},
  level: 1,
  summary: 'Take an etcd snapshot from cp-2',
  lines: ['The file goes to /var/lib/talos-tui/snapshots'],
  gates: [aGate()],
  steps: [aStep()],
  expectedMs: 3_000,
  downtime: 'none',
  ifConsoleDies: 'the run goes on by itself',
  undo: 'delete the file',
  confirmName: null,
  ...overrides,
});

export const anAction = (overrides: Partial<Action> = {}): Action => ({
  id: 'etcd-snapshot',
  title: 'Take an etcd snapshot',
  description: 'Copies the etcd database of a healthy follower to this host.',
  key: 'S',
  level: 1,
  answerNames: ['node'],
  missing: () => [],
  plan: () => aPlan(),
  ...overrides,
});

export const aQuestion = (overrides: Partial<Question> = {}): Question => ({
  name: 'node',
  label: 'From which member?',
  kind: 'choice',
  choices: [
    { value: 'cp-1', label: 'cp-1 (leader)' },
    { value: 'cp-2', label: 'cp-2' },
  ],
  suggestion: 'cp-2',
  problem: null,
  ...overrides,
});

export const aForm = (...questions: readonly Question[]): Form => ({
  kind: 'form',
  title: 'Take an etcd snapshot',
  questions,
});

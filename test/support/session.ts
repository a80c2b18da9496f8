import { onTestFinished } from 'vitest';
import { type Connection, DEFAULT_WAITS } from '../../src/model/connection.js';
import { createSession, type SessionOptions } from '../../src/store/session.js';
import type { Session } from '../../src/store/types.js';
import { aCluster, type Seat } from './builders.js';
import { createFakeKube, createFakePve, type FakeKube, type FakePve } from './fake-clients.js';
import { createFakeTalos, type FakeTalos, seats } from './fake-talos.js';
import { createManualClock, type ManualClock } from './manual-clock.js';

export interface TestSession {
  readonly session: Session;
  readonly clock: ManualClock;
  readonly talos: FakeTalos;
  readonly kube: FakeKube;
  readonly pve: FakePve;
  readonly seats: readonly Seat[];
  /** Passes time in steps, with room for what is awaited between them. */
  readonly pass: (ms: number) => Promise<void>;
}

/** A started session on a cluster of fakes. */
export function startSession(
  shape: { readonly controlPlanes?: number; readonly workers?: number } = {},
  overrides: Partial<SessionOptions> = {},
): TestSession {
  const all = seats(shape.controlPlanes ?? 3, shape.workers ?? 2);
  const clock = createManualClock();
  const talos = createFakeTalos(all);
  const kube = createFakeKube(all);
  const pve = createFakePve(all);
  const session = createSession({
    connection: aConnection(),
    identity: aCluster(),
    clients: { talos: talos.client, kube: kube.client, pve: pve.client },
    clock,
    ports: { runs: null, catalogue: null, host: null },
    resolve: async () => [],
    random: () => 0.5,
    ...overrides,
  });
  session.start();
  onTestFinished(session.stop);
  const pass = async (ms: number) => {
    const endMs = clock.now() + ms;
    await breathe();
    while (clock.now() < endMs) {
      clock.advance(Math.min(250, endMs - clock.now()));
      await breathe();
    }
  };
  return { session, clock, talos, kube, pve, seats: all, pass };
}

export const aConnection = (overrides: Partial<Connection> = {}): Connection => ({
  name: 'home',
  origin: 'test',
  isProduction: false,
  isReadOnly: false,
  talos: { configPath: '/talosconfig', context: 'home' },
  kubernetes: { kubeconfigPath: '/kubeconfig', context: 'admin@home' },
  proxmox: null,
  factoryUrl: 'https://factory.talos.dev',
  vip: null,
  snapshotDir: '/snapshots',
  programs: { talosctl: 'talosctl', kubectl: 'kubectl', helm: 'helm' },
  waits: DEFAULT_WAITS,
  ...overrides,
});

/** Everything that is ready to run runs. */
export const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

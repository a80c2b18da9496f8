import { basename } from 'node:path';
import type { Clock } from '../clients/clock.js';
import type { Connection } from '../model/connection.js';
import { emptySnapshot } from '../model/empty-snapshot.js';
import { ConfigurationError } from '../model/errors.js';
import type { ClusterIdentity, Snapshot } from '../model/snapshot.js';
import { type ClusterSlot, createSnapshotStore } from './snapshot-store.js';
import { createKubernetesSource } from './sources/kubernetes.js';
import { createLocalSource } from './sources/local.js';
import { createProxmoxSource } from './sources/proxmox.js';
import { createTalosSource, type TalosSource } from './sources/talos.js';
import type { Attention, Source, SourceContext } from './sources/types.js';
import type { Session, SessionClients, SessionPorts, Tool } from './types.js';

export interface SessionOptions {
  readonly connection: Connection;
  readonly identity: ClusterIdentity;
  /** Nodes that the talosconfig names besides its endpoints. */
  readonly talosNodes?: readonly string[];
  readonly clients: SessionClients;
  readonly clock: Clock;
  readonly ports: SessionPorts;
  /** Addresses of an endpoint that is a DNS name. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** 0–1, for jitter. */
  readonly random?: () => number;
}

/** Which slots stay empty without a client, and what the operator is told. */
const UNCONFIGURED: Readonly<
  Record<
    keyof SessionClients,
    { readonly slots: readonly ClusterSlot[]; readonly message: string; readonly hint: string }
  >
> = {
  talos: {
    slots: ['talosMembers', 'etcdMembers', 'etcdAlarms'],
    message: 'No talosconfig is set for this cluster',
    hint: 'Set TALOSCONFIG or name a talosconfig in the inventory of the cluster.',
  },
  kube: {
    slots: ['kubeNodes', 'kubeHealth', 'csrs', 'kubeEvents', 'leases', 'pdbs'],
    message: 'No kubeconfig is set for this cluster',
    hint: 'Fetch one with `talosctl kubeconfig` or set KUBECONFIG.',
  },
  pve: {
    slots: ['pve', 'vms', 'storages', 'pveTasks'],
    message: 'No Proxmox API is set for this cluster',
    hint: 'Name url and tokenFile under `proxmox` in the inventory of the cluster.',
  },
};

export function createSession(options: SessionOptions): Session {
  const { clients, clock, connection, identity, ports, random = Math.random } = options;
  const initial = withoutClients(emptySnapshot(identity), clients, clock);
  const store = createSnapshotStore(initial, clock);
  let attention: Attention = { screen: '', node: null, isIdle: false };
  const context: SourceContext = { clock, store, random, attention: () => attention };

  const refresh = (tool?: Tool) => {
    for (const source of sources) if (tool === undefined || source.tool === tool) source.refresh();
  };
  const talos = clients.talos && createTalos(context, clients.talos, options);
  const sources: readonly Source[] = [
    ...(talos ? [talos] : []),
    ...(clients.kube ? [createKubernetesSource(context, clients.kube)] : []),
    ...(clients.pve ? [createProxmoxSource(context, clients.pve)] : []),
    createLocalSource(context, ports, connection.snapshotDir, (argv) => refresh(toolOf(argv))),
  ];

  return {
    snapshots: store.snapshots,
    start() {
      for (const source of sources) source.start();
    },
    stop() {
      for (const source of sources) source.stop();
      store.stop();
    },
    refresh,
    setFocus({ screen, node }) {
      attention = { ...attention, screen, node };
      talos?.attend();
    },
    setIdle(isIdle) {
      const wasIdle = attention.isIdle;
      attention = { ...attention, isIdle };
      // Nodes are asked for their signs of life all the time; the others are a call or two each.
      if (wasIdle && !isIdle)
        for (const tool of ['kubernetes', 'proxmox', 'host'] as const) refresh(tool);
    },
    isSettled: () => sources.every((source) => source.isSettled()),
  };
}

function createTalos(
  context: SourceContext,
  client: NonNullable<SessionClients['talos']>,
  { identity, talosNodes, resolve }: SessionOptions,
): TalosSource {
  return createTalosSource(context, client, {
    endpoints: identity.endpoints,
    nodes: talosNodes ?? [],
    resolve,
  });
}

function withoutClients(empty: Snapshot, clients: SessionClients, clock: Clock): Snapshot {
  const missing = (['talos', 'kube', 'pve'] as const).filter((name) => clients[name] === null);
  const readings = missing.flatMap((name) => {
    const { slots, message, hint } = UNCONFIGURED[name];
    const error = new ConfigurationError(message, hint);
    const reading = { state: 'failed', error, failedAtMs: clock.now() } as const;
    return slots.map((slot) => [slot, reading] as const);
  });
  return { ...empty, ...Object.fromEntries(readings) };
}

/** A change through one tool shows first in what that tool reports. */
function toolOf(argv: readonly string[]): Tool | undefined {
  switch (basename(argv[0] ?? '')) {
    case 'talosctl':
      return 'talos';
    case 'kubectl':
    case 'helm':
      return 'kubernetes';
    default:
      return undefined;
  }
}

/** Resolves true as soon as every slot has left 'waiting', false when the time is up. */
export async function settled(session: Session, timeoutMs: number, clock: Clock): Promise<boolean> {
  return await new Promise((resolve) => {
    const end = (isSettled: boolean) => {
      stopTimer();
      unsubscribe();
      resolve(isSettled);
    };
    const stopTimer = clock.after(timeoutMs, () => end(session.isSettled()));
    const unsubscribe = session.snapshots.subscribe(() => {
      if (session.isSettled()) end(true);
    });
    if (session.isSettled()) end(true);
  });
}

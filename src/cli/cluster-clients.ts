import type { Clock } from '../clients/clock.js';
import { createKubeClient } from '../clients/kube.js';
import { kubeAlternatives } from '../clients/kube-alternatives.js';
import { type KubeAccess, kubeAccess, readKubeconfig } from '../clients/kubeconfig.js';
import { shellThrough } from '../clients/kubectl-server.js';
import { createPveClient } from '../clients/pve.js';
import { createShell } from '../clients/shell.js';
import { createTalosClient } from '../clients/talos.js';
import { readTalosconfig, type TalosAccess, talosAccess } from '../clients/talosconfig.js';
import type { KubeClient, PveClient, Shell, TalosClient } from '../clients/types.js';
import type { Connection } from '../model/connection.js';
import { ConfigurationError } from '../model/errors.js';
import type { CommandRecord } from '../model/run.js';
import type { ClusterIdentity } from '../model/snapshot.js';
import type { BrokenLayers } from '../store/discovery.js';
import { clusterIdentity } from '../store/identity.js';
import { refusingKube, refusingPve, refusingTalos } from './refusing-clients.js';

export interface ClientsWiring {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Told of every command that this process runs. */
  readonly record: (command: CommandRecord) => void;
  /** Why a layer is not in the connection although something leads to it. */
  readonly broken?: BrokenLayers;
  /** Addresses of control planes as far as they are known by now: they may serve Kubernetes when its address does not. */
  readonly controlPlanes?: () => readonly string[];
}

/** Every way to one cluster. A way that its files do not lead to refuses with the reason; the others work. */
export interface ClusterClients {
  readonly identity: ClusterIdentity;
  /** Nodes that the talosconfig names besides its endpoints. */
  readonly talosNodes: readonly string[];
  readonly talos: TalosClient | null;
  readonly kube: KubeClient | null;
  readonly pve: PveClient | null;
  /** URL of the control plane that serves Kubernetes instead of the kubeconfig's server; null while that one does. */
  readonly viaServer: () => string | null;
  readonly shell: Shell;
  readonly close: () => Promise<void>;
}

/** @throws ConfigurationError when no file of the connection can be used */
export async function openClients(
  connection: Connection,
  { env, clock, record, broken, controlPlanes = () => [] }: ClientsWiring,
): Promise<ClusterClients> {
  const { programs, brokenProxmox } = connection;
  const talosWay = await usable(connection.talos, async ({ configPath, context }) =>
    talosAccess(await readTalosconfig(configPath), context),
  );
  const kubeWay = explained(
    await usable(connection.kubernetes, async ({ kubeconfigPath, context }) =>
      kubeAccess(await readKubeconfig(kubeconfigPath), context),
    ),
    broken?.kubernetes,
  );
  const pveWay = explained(
    await usable(connection.proxmox, async (proxmox) =>
      createPveClient({ connection: proxmox, clock }),
    ),
    brokenProxmox
      ? new ConfigurationError(brokenProxmox.message, brokenProxmox.hint)
      : broken?.proxmox,
  );
  refuseAllBroken([talosWay, kubeWay, pveWay]);

  const talos = clientOf(talosWay, (access) => createTalosClient({ access, clock }), refusingTalos);
  const identity: ClusterIdentity = {
    ...clusterIdentity(connection, valueIn(talosWay), valueIn(kubeWay)),
    isProxmoxBroken: brokenProxmox !== undefined,
  };
  let viaServer = (): string | null => null;
  const openKube = (access: KubeAccess): KubeClient => {
    const client = createKubeClient({
      connection: { context: access.contextName, kubeconfigPath: access.kubeconfigPath },
      program: programs.kubectl,
      env,
      clock,
      alternatives: kubeAlternatives(access, () => [...identity.endpoints, ...controlPlanes()]),
    });
    viaServer = client.viaServer;
    return client;
  };
  const kube = clientOf(kubeWay, openKube, refusingKube);
  const pve = clientOf(pveWay, (client) => client, refusingPve);
  return {
    identity,
    talosNodes: valueIn(talosWay)?.nodes ?? [],
    talos,
    kube,
    pve,
    viaServer: () => viaServer(),
    shell: shellThrough(createShell({ env, clock, record }), () => viaServer()),
    async close() {
      talos?.close();
      await Promise.allSettled([kube?.close(), pve?.close()]);
    },
  };
}

type Way<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'usable'; readonly value: T }
  | { readonly state: 'broken'; readonly error: ConfigurationError };

async function usable<Named, T>(
  named: Named | null,
  read: (named: Named) => Promise<T>,
): Promise<Way<T>> {
  if (named === null) return { state: 'absent' };
  try {
    return { state: 'usable', value: await read(named) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { state: 'broken', error };
  }
}

const explained = <T>(way: Way<T>, error: ConfigurationError | null | undefined): Way<T> =>
  way.state === 'absent' && error ? { state: 'broken', error } : way;

function clientOf<T, Client>(
  way: Way<T>,
  make: (value: T) => Client,
  refuse: (error: ConfigurationError) => Client,
): Client | null {
  switch (way.state) {
    case 'absent':
      return null;
    case 'usable':
      return make(way.value);
    case 'broken':
      return refuse(way.error);
  }
}

const valueIn = <T>(way: Way<T>): T | null => (way.state === 'usable' ? way.value : null);

function refuseAllBroken(ways: readonly Way<TalosAccess | KubeAccess | PveClient>[]): void {
  if (ways.some(({ state }) => state === 'usable')) return;
  const broken = ways.find((way) => way.state === 'broken');
  if (broken !== undefined) throw broken.error;
}

import { join } from 'node:path';
import type { Kubeconfig } from '../clients/kubeconfig.js';
import { readKubeconfig } from '../clients/kubeconfig.js';
import { readTalosconfig, type Talosconfig } from '../clients/talosconfig.js';
import {
  type Connection,
  DEFAULT_WAITS,
  type KubernetesConnection,
  type Programs,
  type ProxmoxConnection,
  type TalosConnection,
  type Waits,
} from '../model/connection.js';
import { ConfigurationError } from '../model/errors.js';
import type { Inventory } from './file-shapes.js';
import type { InventoryFile } from './inventories.js';
import { matchKubernetes } from './match-kubernetes.js';
import { asFileName, expandPath, shortPath } from './paths.js';
import { proxmoxConnection } from './pve-discovery.js';
import type { Settings } from './settings.js';

/** What all connections of this host share. */
export interface ConnectionBase {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly configDir: string;
  readonly stateDir: string;
  readonly settings: Settings;
  /** A file that may call clusters read-only cannot be used. */
  readonly isProtectionUnknown: boolean;
  readonly proxmox: ProxmoxConnection | null;
  /** Why the Proxmox that somebody named is not in `proxmox`. */
  readonly brokenProxmox: ConfigurationError | null;
}

const FACTORY_URL = 'https://factory.talos.dev';

/** A context of a talosconfig that no inventory describes. */
export function connectionOf(
  config: Talosconfig,
  context: string,
  kubernetes: KubernetesConnection | null,
  base: ConnectionBase,
): Connection {
  return {
    ...shared(context, base, {}),
    origin: shortPath(config.file.path, base.homeDir),
    talos: { configPath: config.file.path, context },
    kubernetes,
    ...proxmoxOf(base),
    vip: null,
  };
}

/** @throws ConfigurationError when a file that the inventory names cannot be used. */
export async function inventoryConnection(
  { path, directory, name, inventory }: InventoryFile,
  base: ConnectionBase,
  kubeconfigs: readonly Kubeconfig[],
): Promise<Connection> {
  const resolve = (file: string) => expandPath(file, directory, base.homeDir);
  const talosconfig = inventory.talos && (await readTalosconfig(resolve(inventory.talos.config)));
  const talos = talosconfig ? talosOf(talosconfig, inventory, name, path) : null;
  const snapshotDir = inventory.snapshotDir && resolve(inventory.snapshotDir);
  return {
    ...shared(name, base, inventory),
    ...(snapshotDir ? { snapshotDir } : {}),
    origin: shortPath(path, base.homeDir),
    talos,
    kubernetes:
      inventory.kubernetes === undefined
        ? talosconfig && talos
          ? matchKubernetes(talos.context, talosconfig, kubeconfigs)
          : null
        : await kubernetesOf(resolve(inventory.kubernetes.config), inventory, name),
    ...(inventory.proxmox
      ? { proxmox: proxmoxConnection(inventory.proxmox, directory, base.homeDir) }
      : proxmoxOf(base)),
    vip: inventory.vip ?? null,
  };
}

const proxmoxOf = ({
  proxmox,
  brokenProxmox,
}: ConnectionBase): Pick<Connection, 'proxmox' | 'brokenProxmox'> => ({
  proxmox,
  ...(brokenProxmox !== null && {
    brokenProxmox: { message: brokenProxmox.message, hint: brokenProxmox.hint },
  }),
});

function talosOf(
  config: Talosconfig,
  { talos }: Inventory,
  name: string,
  path: string,
): TalosConnection {
  const context =
    talos?.context ?? (config.contexts.has(name) ? name : (config.currentContext ?? name));
  if (!config.contexts.has(context)) {
    throw new ConfigurationError(
      `The cluster file ${path} names the Talos context "${context}", which ${config.file.path} does not have.`,
      `Choose one of: ${[...config.contexts.keys()].join(', ')}.`,
    );
  }
  return { configPath: config.file.path, context };
}

async function kubernetesOf(
  kubeconfigPath: string,
  { kubernetes }: Inventory,
  name: string,
): Promise<KubernetesConnection> {
  const config = await readKubeconfig(kubeconfigPath);
  const wanted = kubernetes?.context;
  const context =
    wanted ??
    [`admin@${name}`, name].find((each) => config.contexts.has(each)) ??
    config.currentContext;
  if (context === null || !config.contexts.has(context)) {
    throw new ConfigurationError(
      `The cluster "${name}" names the Kubernetes context "${context ?? ''}", which ${kubeconfigPath} does not have.`,
      `Choose one of: ${[...config.contexts.keys()].join(', ')}.`,
    );
  }
  return { kubeconfigPath, context };
}

function shared(
  name: string,
  { env, homeDir, configDir, stateDir, settings, isProtectionUnknown }: ConnectionBase,
  inventory: Pick<Inventory, 'production' | 'readOnly' | 'factoryUrl' | 'programs' | 'waits'>,
): Omit<Connection, 'origin' | 'talos' | 'kubernetes' | 'proxmox' | 'vip'> {
  const preferences = settings.clusters?.[name];
  const snapshots = settings.snapshotDir
    ? expandPath(settings.snapshotDir, configDir, homeDir)
    : join(stateDir, 'snapshots');
  return {
    name,
    isProduction: inventory.production ?? preferences?.production ?? false,
    // A mistake elsewhere in that file must not open a cluster for changes.
    isReadOnly: inventory.readOnly ?? preferences?.readOnly ?? isProtectionUnknown,
    factoryUrl:
      inventory.factoryUrl ?? (env.TALOS_TUI_FACTORY_URL || settings.factoryUrl || FACTORY_URL),
    snapshotDir: join(snapshots, asFileName(name)),
    programs: programs({ ...settings.programs, ...inventory.programs }),
    waits: waits({ ...settings.waits, ...inventory.waits }),
  };
}

const waits = ({ quietSeconds }: NonNullable<Inventory['waits']>): Waits => ({
  quietMs: quietSeconds === undefined ? DEFAULT_WAITS.quietMs : quietSeconds * 1_000,
});

const programs = (wanted: Partial<Programs>): Programs => ({
  talosctl: wanted.talosctl ?? 'talosctl',
  kubectl: wanted.kubectl ?? 'kubectl',
  helm: wanted.helm ?? 'helm',
});

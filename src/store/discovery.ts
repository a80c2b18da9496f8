import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Kubeconfig, readKubeconfig } from '../clients/kubeconfig.js';
import { readTalosconfig, type Talosconfig } from '../clients/talosconfig.js';
import type { Connection, ProxmoxConnection } from '../model/connection.js';
import { ConfigurationError } from '../model/errors.js';
import { type ConnectionBase, connectionOf, inventoryConnection } from './connections.js';
import { type InventoryFile, readInventories } from './inventories.js';
import { matchKubernetes, withoutContext } from './match-kubernetes.js';
import { expandPath } from './paths.js';
import { findProxmox } from './pve-discovery.js';
import { readSettings, type Settings, settingsFile } from './settings.js';
import { hiddenProxmox, type UnusableFile, unusableFile } from './unusable-file.js';

export interface DiscoveryOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configDir: string;
  readonly stateDir: string;
  readonly homeDir?: string;
  /** `/` except in tests. */
  readonly rootDir?: string;
}

export interface Discovery {
  /** Inventories first, then the contexts of the talosconfig with the current one in front. */
  readonly connections: readonly Connection[];
  /** What was found and cannot be used; nothing of it was changed. */
  readonly problems: readonly ConfigurationError[];
  readonly settings: Settings;
  /** Why a layer has no connection although something leads to it: what its readings are to say. */
  readonly broken: BrokenLayers;
  /** Why a cluster that a file describes is not among the connections, by its name. */
  readonly brokenClusters: ReadonlyMap<string, ConfigurationError>;
}

export interface BrokenLayers {
  /** Without it there are no contexts to open. */
  readonly talos: ConfigurationError | null;
  readonly kubernetes: ConfigurationError | null;
  /** One that is merely there is no layer of a cluster until it has a token; one that is named is told by the connection. */
  readonly proxmox: ConfigurationError | null;
}

/** talosctl looks at the second one too (talos@1.12: clientconfig.GetDefaultPaths). */
const TALOSCONFIGS = ['var/run/secrets/talos.dev/config', 'etc/talos-tui/talosconfig'];
const KUBECONFIGS = ['etc/talos-tui/kubeconfig'];

/** Finds every cluster that the operator's files lead to. Broken files become problems, never exceptions. */
export async function discoverConnections(options: DiscoveryOptions): Promise<Discovery> {
  const problems: ConfigurationError[] = [];
  const attempt = async <T>(read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(error);
      return otherwise;
    }
  };
  const homeDir = options.homeDir ?? homedir();
  const places = { ...options, homeDir, rootDir: options.rootDir ?? '/' };

  const settings = await attempt(() => readSettings(options.configDir), {});
  const settingsProblem = problems[0] ?? null;
  const inventories = await readInventories(options.configDir);
  problems.push(...inventories.unusable.map(({ problem }) => problem));
  const beforeKubernetes = problems.length;
  const kubeconfigs = await readAll(kubeconfigPaths(places), readKubeconfig, attempt);
  const beforeProxmox = problems.length;
  const hidden = settingsProblem && (await hiddenInSettings(places, settingsProblem));
  const proxmox = await attempt<ProxmoxConnection | null>(
    async () => (hidden ? null : await findProxmox(places, settings.proxmox)),
    null,
  );
  const broken = {
    kubernetes: problems.slice(beforeKubernetes, beforeProxmox)[0] ?? withoutContext(kubeconfigs),
    proxmox: hidden ?? problems[beforeProxmox] ?? null,
  };
  const base: ConnectionBase = {
    ...places,
    settings,
    proxmox,
    brokenProxmox: hidden || options.env.TALOS_TUI_PVE ? broken.proxmox : null,
    isProtectionUnknown: settingsProblem !== null,
  };

  const { configured, dead } = await connectAll(inventories.files, base, kubeconfigs);
  problems.push(...dead.map(({ problem }) => problem));
  const unusable = [...inventories.unusable, ...dead];
  const beforeTalos = problems.length;
  const talosconfigs = await readAll(talosconfigPaths(places), readTalosconfig, attempt);
  const found = talosconfigs.flatMap((config) =>
    contextsOf(config).map((context) => {
      const kubernetes = matchKubernetes(context, config, kubeconfigs);
      return connectionOf(config, context, kubernetes, besides(unusable, config, context, base));
    }),
  );
  return {
    connections: withoutDoubles([...configured, ...found]),
    problems,
    settings,
    brokenClusters: new Map(unusable.map(({ name, problem }) => [name, problem])),
    broken: { ...broken, talos: problems[beforeTalos] ?? null },
  };
}

/** Settings that cannot be used, if they may name the Proxmox that would be used. */
const hiddenInSettings = async (
  { env, configDir }: DiscoveryOptions,
  problem: ConfigurationError,
): Promise<ConfigurationError | null> => {
  if (env.TALOS_TUI_PVE) return null;
  const { mayNameProxmox } = await unusableFile(settingsFile(configDir), '', problem);
  return mayNameProxmox ? problem : null;
};

async function connectAll(
  files: readonly InventoryFile[],
  base: ConnectionBase,
  kubeconfigs: readonly Kubeconfig[],
): Promise<{
  readonly configured: readonly Connection[];
  readonly dead: readonly UnusableFile[];
}> {
  const configured: Connection[] = [];
  const dead: UnusableFile[] = [];
  for (const file of files) {
    try {
      configured.push(await inventoryConnection(file, base, kubeconfigs));
    } catch (error) {
      dead.push(await unusableFile(file.path, file.name, problemOf(file, error)));
    }
  }
  return { configured, dead };
}

/** An unusable cluster file may be about any context: what it would say of that one is not known. */
function besides(
  unusable: readonly UnusableFile[],
  config: Talosconfig,
  context: string,
  base: ConnectionBase,
): ConnectionBase {
  if (unusable.length === 0) return base;
  const hidden = hiddenProxmox(unusable, context, config);
  return {
    ...base,
    isProtectionUnknown: true,
    ...(hidden !== null && { proxmox: null, brokenProxmox: hidden }),
  };
}

/** What a cluster file points to is told together with the file that points there. */
function problemOf({ path }: InventoryFile, error: unknown): ConfigurationError {
  if (!(error instanceof ConfigurationError)) throw error;
  if (error.message.includes(path)) return error;
  const message = `The cluster file ${path} cannot be used: ${error.message}`;
  return new ConfigurationError(message, error.hint, { cause: error });
}

interface Places {
  readonly env: DiscoveryOptions['env'];
  readonly homeDir: string;
  readonly rootDir: string;
}

/** A path that was asked for by name must exist; a default one may be missing. */
function talosconfigPaths({ env, homeDir, rootDir }: Places): readonly string[] {
  if (env.TALOSCONFIG) return [expandPath(env.TALOSCONFIG, process.cwd(), homeDir)];
  const defaults = [join(homeDir, '.talos', 'config'), ...TALOSCONFIGS.map(under(rootDir))];
  return defaults.filter(existsSync);
}

/** client-go: a colon separated list in which missing files are skipped; but not one of them is a mistake. */
function kubeconfigPaths({ env, homeDir, rootDir }: Places): readonly string[] {
  const named = (env.KUBECONFIG ?? '').split(':').filter((path) => path !== '');
  if (named.length > 0) {
    const paths = named.map((path) => expandPath(path, process.cwd(), homeDir));
    const present = paths.filter(existsSync);
    return present.length > 0 ? present : paths.slice(0, 1);
  }
  return [join(homeDir, '.kube', 'config'), ...KUBECONFIGS.map(under(rootDir))].filter(existsSync);
}

const under =
  (rootDir: string) =>
  (path: string): string =>
    join(rootDir, path);

async function readAll<T>(
  paths: readonly string[],
  read: (path: string) => Promise<T>,
  attempt: <R>(run: () => Promise<R>, otherwise: R) => Promise<R>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (const path of paths) {
    const config = await attempt<T | null>(() => read(path), null);
    if (config !== null) all.push(config);
  }
  return all;
}

function contextsOf({ contexts, currentContext }: Talosconfig): readonly string[] {
  const names = [...contexts.keys()];
  return currentContext !== null && contexts.has(currentContext)
    ? [currentContext, ...names.filter((name) => name !== currentContext)]
    : names;
}

/** The same context of the same file, or the same name, is one cluster: the first description counts. */
function withoutDoubles(connections: readonly Connection[]): readonly Connection[] {
  const keyOf = ({ talos }: Connection) => talos && `${talos.configPath}\n${talos.context}`;
  return connections.filter(
    (connection, index) =>
      !connections
        .slice(0, index)
        .some(
          (earlier) =>
            earlier.name === connection.name ||
            (keyOf(earlier) !== null && keyOf(earlier) === keyOf(connection)),
        ),
  );
}

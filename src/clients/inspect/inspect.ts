import type { Connection } from '../../model/connection.js';
import { ConfigurationError } from '../../model/errors.js';
import {
  type Inspection,
  type InspectionWants,
  NOTHING_INSPECTED,
  storageKey,
} from '../../model/inspection.js';
import { type Reading, WAITING } from '../../model/reading.js';
import type { Clock } from '../clock.js';
import type { KubeClient, PveClient, Shell, TalosClient } from '../types.js';
import { checkConfig } from './config-check.js';
import { inspectFactory } from './factory.js';
import { hasImage } from './images.js';
import { inspectKube } from './kube.js';
import { inspectNode } from './node.js';
import { createLimit, readPart } from './part.js';
import { inspectStorage } from './storage.js';
import { inspectVm } from './vm.js';

/** Null: the connection has no such part. */
export interface InspectionClients {
  readonly talos: TalosClient | null;
  readonly kube: KubeClient | null;
  readonly pve: PveClient | null;
  readonly shell: Shell;
  readonly clock: Clock;
  /** Of the talosctl of the connection; absent or null: not known. */
  readonly talosctlVersion?: () => Promise<string | null>;
}

const MOST_PARTS_AT_ONCE = 8;
const PART_MS = 5_000;
/** Pages of pods of 1,000 nodes; every page has its own, shorter time. */
const KUBE_MS = 30_000;
/** The factory builds an image that nobody has asked for yet. */
const IMAGE_MS = 20_000;
/** talosctl is a large program: it takes a while to be read from a slow disk. */
const CONFIG_MS = 30_000;

/** Reads what is wanted, all parts at once and each with an outcome of its own. Nothing else is kept of `last`. */
export async function inspect(
  wants: InspectionWants,
  clients: InspectionClients,
  connection: Connection,
  last: Inspection = NOTHING_INSPECTED,
): Promise<Inspection> {
  const part = createPart(clients.clock);
  const [nodes, vms, storages, images, configs, kube, factory] = await Promise.all([
    keyed(wants.nodes, (address) => address, part, last.nodes, {
      what: (address) => address,
      read: (address, signal) =>
        inspectNode(there(clients.talos, 'Talos'), address, clients.clock, signal),
    }),
    keyed(wants.vms, ({ id }) => id, part, last.vms, {
      what: ({ id }) => `VM ${id}`,
      read: ({ pveNode, id }, signal) =>
        inspectVm(there(clients.pve, 'Proxmox'), pveNode, id, signal),
    }),
    keyed(wants.storages, ({ pveNode, name }) => storageKey(pveNode, name), part, last.storages, {
      what: ({ name }) => `the storage ${name}`,
      read: ({ pveNode, name }, signal) =>
        inspectStorage({ pve: there(clients.pve, 'Proxmox'), node: pveNode, name, signal }),
    }),
    keyed(wants.images, (image) => image, part, last.images, {
      what: (image) => image,
      read: (image, signal) => hasImage(image, connection.factoryUrl, signal),
      deadlineMs: IMAGE_MS,
    }),
    readConfigs(wants, clients, connection, part, last.configs),
    readKube(wants, clients, connection, part, last.kube),
    readFactory(wants.factoryVersion, connection, part, last.factory),
  ]);
  return { nodes, vms, storages, images, configs, kube, factory };
}

type Part = <T>(
  what: string,
  deadlineMs: number,
  before: Reading<T>,
  read: (signal: AbortSignal) => Promise<T>,
) => Promise<Reading<T>>;

function createPart(clock: Clock): Part {
  const limit = createLimit(MOST_PARTS_AT_ONCE);
  return (what, deadlineMs, before, read) =>
    limit(() => readPart({ what, deadlineMs, clock }, before, async (signal) => read(signal)));
}

interface PartOf<Wanted, T> {
  readonly what: (wanted: Wanted) => string;
  readonly read: (wanted: Wanted, signal: AbortSignal) => Promise<T>;
  readonly deadlineMs?: number;
}

/** One part per thing that is wanted; what is named twice is read once. */
async function keyed<Wanted, Key, T>(
  wanted: readonly Wanted[],
  keyOf: (wanted: Wanted) => Key,
  part: Part,
  last: ReadonlyMap<Key, Reading<T>>,
  { what, read, deadlineMs = PART_MS }: PartOf<Wanted, T>,
): Promise<ReadonlyMap<Key, Reading<T>>> {
  const byKey = new Map(wanted.map((each) => [keyOf(each), each]));
  const entries = [...byKey].map(async ([key, each]) => {
    const before = last.get(key) ?? WAITING;
    const reading = await part(what(each), deadlineMs, before, (signal) => read(each, signal));
    return [key, reading] as const;
  });
  return new Map(await Promise.all(entries));
}

async function readConfigs(
  { configs = [] }: InspectionWants,
  { talos, shell, talosctlVersion = async () => null }: InspectionClients,
  { programs }: Connection,
  part: Part,
  last: Inspection['configs'],
): Promise<Inspection['configs']> {
  return keyed(configs, ({ node }) => node, part, last, {
    what: ({ node }) => `the machine configuration of ${node}`,
    read: async ({ node, mode }, signal) =>
      checkConfig({
        ...{ node, mode, shell, signal },
        talos: there(talos, 'Talos'),
        talosctl: programs.talosctl,
        version: await talosctlVersion(),
      }),
    deadlineMs: CONFIG_MS,
  });
}

async function readKube(
  { isKubeWanted, nodes }: InspectionWants,
  { kube, shell }: InspectionClients,
  connection: Connection,
  part: Part,
  last: Inspection['kube'],
): Promise<Inspection['kube']> {
  if (!isKubeWanted) return WAITING;
  return part('the Kubernetes API', KUBE_MS, last, async (signal) =>
    inspectKube({
      kube: there(kube, 'Kubernetes'),
      shell,
      connection,
      preferred: nodes,
      signal,
    }),
  );
}

async function readFactory(
  version: string | null,
  { factoryUrl }: Connection,
  part: Part,
  last: Inspection['factory'],
): Promise<Inspection['factory']> {
  if (version === null) return WAITING;
  return part('the image factory', PART_MS, last, (signal) =>
    inspectFactory(factoryUrl, version, signal),
  );
}

/** @throws ConfigurationError */
function there<T>(client: T | null, layer: string): T {
  if (client !== null) return client;
  throw new ConfigurationError(
    `${layer} is not configured for this cluster.`,
    `Add ${layer} to the settings of the cluster.`,
  );
}

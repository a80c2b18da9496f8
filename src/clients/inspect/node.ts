import { ClientError, OperatorError } from '../../model/errors.js';
import type { IpAddress } from '../../model/ids.js';
import type { NodeInspection } from '../../model/inspection.js';
import type { TalosMount } from '../../model/talos.js';
import type { Clock } from '../clock.js';
import { talosMalformed } from '../talos-errors.js';
import type { CosiKind, CosiResource, TalosClient } from '../types.js';
import { activeConfig, type ConfigFacts, configFactsOf } from './machine-config.js';
import * as resources from './node-resources.js';
import { within } from './part.js';

/** Namespaces and types are the same from Talos 1.9 to main; a type that a node does not know is an empty list. */
const KINDS = {
  bootIds: { namespace: 'runtime', type: 'BootIDs.runtime.talos.dev' },
  disks: { namespace: 'runtime', type: 'Disks.block.talos.dev' },
  discovered: { namespace: 'runtime', type: 'DiscoveredVolumes.block.talos.dev' },
  security: { namespace: 'runtime', type: 'SecurityStates.talos.dev' },
  sideroLinks: { namespace: 'config', type: 'SiderolinkConfigs.siderolink.talos.dev' },
  sideroLinkStatuses: { namespace: 'config', type: 'SiderolinkStatuses.siderolink.talos.dev' },
  staticPods: { namespace: 'k8s', type: 'StaticPodStatuses.kubernetes.talos.dev' },
  systemDisk: { namespace: 'runtime', type: 'SystemDisks.block.talos.dev' },
  time: { namespace: 'runtime', type: 'TimeStatuses.v1alpha1.talos.dev' },
  volumes: { namespace: 'runtime', type: 'VolumeStatuses.block.talos.dev' },
} as const satisfies Readonly<Record<string, CosiKind>>;

const EPHEMERAL_MOUNT = '/var';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The node waits longer than this for a time server that does not answer. */
const TIME_MS = 3_000;
/** Half of it is no error that matters. */
const QUICK_ROUND_TRIP_MS = 100;
/** Beyond it half a round trip is more than a skew that matters. */
const SLOW_ROUND_TRIP_MS = 1_000;

interface Reader {
  readonly node: IpAddress;
  readonly talos: TalosClient;
  readonly signal: AbortSignal;
  readonly list: (kind: CosiKind) => Promise<readonly CosiResource[]>;
}

/** @throws OperatorError when a part that every client may read cannot be read or understood */
export async function inspectNode(
  talos: TalosClient,
  node: IpAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<NodeInspection> {
  const list = (kind: CosiKind) => talos.list(node, kind, signal);
  const reader: Reader = { node, talos, signal, list };
  const [bootId, mounts, config, sideroLink, skewMs, ...lists] = await Promise.all([
    readBootId(reader),
    allowed(talos.mounts(node, signal)),
    readConfig(reader),
    hasSideroLink(reader),
    readSkew(reader, clock),
    list(KINDS.security),
    list(KINDS.systemDisk),
    list(KINDS.disks),
    list(KINDS.volumes),
    list(KINDS.discovered),
    list(KINDS.time),
    list(KINDS.staticPods),
  ]);
  const [security, systemDisk, disks, volumes, discovered, time, staticPods] = lists;
  return {
    bootId,
    ...resources.securityOf(security, node),
    installImage: config?.installImage ?? null,
    hasExtraKernelArgs: config?.hasExtraKernelArgs ?? null,
    ephemeralConfig: config?.ephemeralConfig ?? null,
    systemDisk: resources.systemDiskOf(systemDisk, node),
    disks: resources.disksOf(disks, node),
    ephemeral: resources.ephemeralOf(volumes, node),
    ephemeralRoom: roomOn(mounts ?? [], EPHEMERAL_MOUNT),
    partitions: resources.partitionsOf(discovered, node),
    time: { isSynced: resources.isSyncedOf(time, node), skewMs },
    staticPods: resources.staticPodsOf(staticPods, node),
    isManagedByOmni: sideroLink || config?.hasSideroLink === true,
  };
}

function roomOn(mounts: readonly TalosMount[], wanted: string): NodeInspection['ephemeralRoom'] {
  // The last one covers what was mounted there before.
  const mount = mounts.findLast(({ mountedOn }) => mountedOn === wanted);
  return mount === undefined
    ? null
    : { freeBytes: mount.availableBytes, sizeBytes: mount.sizeBytes };
}

/** A file until Talos 1.14, then a resource too, which needs no os:admin. */
async function readBootId({ node, talos, signal, list }: Reader): Promise<string | null> {
  const file = await allowed(talos.readFile(node, BOOT_ID, signal));
  const text = file?.trim() ?? resources.bootIdOf(await list(KINDS.bootIds), node);
  if (text === null || UUID.test(text)) return text;
  throw talosMalformed(node, `${BOOT_ID} holds no boot id`);
}

/** Null for who may not read it, and in maintenance mode, where there is none. */
async function readConfig({ node, talos, signal }: Reader): Promise<ConfigFacts | null> {
  const config = await allowed(activeConfig(talos, node, signal));
  return config === null ? null : configFactsOf(config, node);
}

/** The configuration is for os:admin only; its status tells whoever may read. */
async function hasSideroLink({ list }: Reader): Promise<boolean> {
  const configs = await allowed(list(KINDS.sideroLinks));
  return (configs ?? (await list(KINDS.sideroLinkStatuses))).length > 0;
}

/** Null when the node's time servers do not answer it, or the way there is too slow to tell. */
async function readSkew(reader: Reader, clock: Clock): Promise<number | null> {
  try {
    return await within(clock, TIME_MS, `the clock of ${reader.node}`, async (own) => {
      const signal = AbortSignal.any([reader.signal, own]);
      const first = await compareClocks(reader, clock, signal);
      // The first call may have waited for its connection.
      const again = first.roundTripMs > QUICK_ROUND_TRIP_MS;
      const second = again ? await compareClocks(reader, clock, signal) : first;
      const { skewMs, roundTripMs } = second.roundTripMs < first.roundTripMs ? second : first;
      const isBlurred = roundTripMs > SLOW_ROUND_TRIP_MS && Math.abs(skewMs) <= roundTripMs / 2;
      return isBlurred ? null : skewMs;
    });
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

async function compareClocks({ node, talos }: Reader, clock: Clock, signal: AbortSignal) {
  const sentAtMs = clock.now();
  const nodeMs = await talos.time(node, signal);
  const receivedAtMs = clock.now();
  return {
    skewMs: Math.round(nodeMs - (sentAtMs + receivedAtMs) / 2),
    roundTripMs: receivedAtMs - sentAtMs,
  };
}

/** Null where this client or this version of Talos does not give it. */
async function allowed<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ClientError && WITHHELD.includes(error.kind)) return null;
    throw error;
  }
}

const WITHHELD: readonly string[] = ['forbidden', 'unsupported', 'not-found'];

import { createClock } from './clock.js';
import { requestServing } from './csr.js';
import { createEtcd, replicate } from './etcd.js';
import { createFaults } from './faults.js';
import { nodeDraft } from './kube-node.js';
import { createKubeStore, type KubeDraft, putObject } from './kube-store.js';
import { createLan } from './lan.js';
import { createNode } from './node.js';
import { createPveAccess } from './pve-access.js';
import { seedTasks } from './pve-tasks.js';
import { createRandom } from './random.js';
import { createStorages } from './storage.js';
import { seeDisks } from './talos-disk.js';
import { DEFAULT_SCHEMATIC, extensionsOf, schematicYaml } from './talos-factory.js';
import type { TalosImage } from './talos-image.js';
import { DEFAULT_TALOS, releaseOf } from './talos-release.js';
import { installSeeded } from './talos-seed.js';
import {
  type HostPlan,
  hostAddress,
  lanPrefixLengthFor,
  type Placement,
  planHosts,
  planMachines,
  type Size,
} from './topology.js';
import type {
  ClusterFacts,
  KubePki,
  LabNode,
  LabPveHost,
  Listener,
  Topic,
  World,
} from './types.js';
import { createVm } from './vm.js';
import { seedWorkloads } from './workload-seed.js';

/** iscsi-tools, qemu-guest-agent, util-linux-tools in this order (talos.md §5.6). */
const SCHEMATIC = '88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b';
const EXTENSIONS = ['iscsi-tools', 'qemu-guest-agent', 'util-linux-tools'];
const VIP_HOST = 20;
const GIB = 1024 ** 3;
const REQUEST_AGE_MS = 130_000;

export interface WorldOptions {
  readonly seed: number;
  readonly size: Size;
  /** `127.7` */
  readonly lanPrefix: string;
  readonly pki: KubePki;
  readonly timeScale: number;
  /** Default `spread`. */
  readonly placement?: Placement;
  /** Virtual start; default: the real time. */
  readonly startMs?: number;
  readonly clusterName?: string;
  /** Default 6443. */
  readonly kubePort?: number;
  /** Which Talos all machines run; default `v1.12.4`. */
  readonly talosVersion?: string;
}

/** A cluster that has been running healthily for days. Nothing moves yet: `startWorld` does that. */
export function createWorld(options: WorldOptions): World {
  const random = createRandom(options.seed);
  const clock = createClock({
    scale: options.timeScale,
    ...(options.startMs === undefined ? {} : { startMs: options.startMs }),
  });
  const facts = createFacts(options, clock.now(), random.hex(64));
  const image = installedImage(facts);
  const plans = planMachines(options.size, options.lanPrefix, options.placement);
  const nodes = plans.map((plan) => createNode(plan, image, random, facts.startedAtMs, facts.seed));
  const vms = nodes.map((node, index) =>
    createVm(node, plans[index]?.pveNode ?? facts.pveNode, random, facts),
  );
  for (const [index, node] of nodes.entries()) installSeeded(node, vms[index], image);
  const hosts = planHosts(options.size, options.lanPrefix);
  const vmsOf = ({ name }: HostPlan) => vms.filter(({ pveNode }) => pveNode === name);
  const members = nodes.filter((node) => node.role === 'controlplane');
  const etcd = createEtcd(members, random, facts.seed);
  const world: World = {
    facts,
    clock,
    random,
    pki: options.pki,
    nodes: new Map(nodes.map((node) => [node.hostname, node])),
    vms: new Map(vms.map((vm) => [vm.vmId, vm])),
    pveHosts: new Map(
      hosts.map((host) => [host.name, createHost(host, vmsOf(host).length, facts.startedAtMs)]),
    ),
    storages: hosts.flatMap((host) =>
      createStorages(vmsOf(host), host.name, facts.startedAtMs, nodes.length === 0 ? null : image),
    ),
    pveAccess: createPveAccess(random),
    lan: createLan(facts.lanPrefix, facts.lanPrefixLength),
    pveTasks: [],
    etcd,
    vip: {
      address: facts.vip,
      holder: members[random.int(0, members.length - 1)]?.hostname ?? null,
      leaseEndsAtMs: null,
      isConfigured: true,
    },
    kube: createKubeStore(etcd.revision),
    schematics: knownSchematics(facts),
    faults: createFaults(),
    ...createTopics(),
  };
  seedTasks(world);
  for (const node of nodes) seeDisks(world, node);
  const hasWorkers = nodes.some(({ role }) => role === 'worker');
  for (const node of nodes) {
    const draft = nodeDraft(world, node);
    putObject(world, 'nodes', hasWorkers ? draft : untainted(draft));
  }
  if (nodes.length > 0) seedWorkloads(world);
  for (const [index, node] of withPendingRequest(nodes).entries()) {
    requestServing(world, node, facts.startedAtMs - (index + 1) * REQUEST_AGE_MS);
  }
  replicate(world);
  return world;
}

/** As with allowSchedulingOnControlPlanes: without workers the control planes take the workloads. */
const untainted = (draft: KubeDraft): KubeDraft => {
  const { taints: _, ...rest } = { taints: [], ...(draft.spec as object) };
  return { ...draft, spec: rest };
};

const installedImage = ({ talosVersion, schematic }: ClusterFacts): TalosImage => ({
  talosVersion,
  schematic,
  extensions: extensionsOf(EXTENSIONS, schematic),
  platform: 'metal',
  isSecureBoot: false,
  kernelArgs: [],
});

/** The empty one, and the one that the machines of this lab run. */
const knownSchematics = ({ schematic }: ClusterFacts): World['schematics'] =>
  new Map([
    [DEFAULT_SCHEMATIC, schematicYaml([])],
    [schematic, schematicYaml(EXTENSIONS)],
  ]);

/** Rotation of serving certificates is on, and nobody has approved the last control plane and worker. */
const withPendingRequest = (nodes: readonly LabNode[]): readonly LabNode[] =>
  (['worker', 'controlplane'] as const).flatMap((role) =>
    nodes.filter((node) => node.role === role).slice(-1),
  );

function createFacts(options: WorldOptions, nowMs: number, idHex: string): ClusterFacts {
  const vip = hostAddress(options.lanPrefix, VIP_HOST);
  const talosVersion = options.talosVersion ?? DEFAULT_TALOS;
  const release = releaseOf(talosVersion);
  if (release === null) throw new Error(`The lab does not speak Talos ${talosVersion}.`);
  return {
    seed: options.seed,
    clusterName: options.clusterName ?? 'lab',
    clusterId: Buffer.from(idHex, 'hex').toString('base64'),
    lanPrefix: options.lanPrefix,
    lanPrefixLength: lanPrefixLengthFor(options.size),
    gateway: hostAddress(options.lanPrefix, 1),
    vip,
    kubeEndpoint: `https://${vip}:${options.kubePort ?? 6443}`,
    ...release,
    schematic: SCHEMATIC,
    linkName: 'ens18',
    pveNode: 'pve1',
    pveAddress: hostAddress(options.lanPrefix, 2),
    pveRelease: '9.1',
    pveVersion: '9.1.5',
    factoryAddress: hostAddress(options.lanPrefix, 3),
    startedAtMs: nowMs,
  };
}

function createHost(plan: HostPlan, vmCount: number, nowMs: number): LabPveHost {
  return {
    ...plan,
    cpuCount: Math.max(16, vmCount * 2),
    memoryTotalBytes: Math.max(64, vmCount * 10) * GIB,
    rootTotalBytes: 100_861_726_720,
    rootUsedBytes: 8_589_934_592,
    bootedAtMs: nowMs - 43 * 86_400_000,
    taskDelayMs: 0,
    isOnline: true,
    isHung: false,
    isLinked: true,
    silentSinceMs: null,
  };
}

/** Listeners are told at once, in the order of their coming. */
function createTopics(): Pick<World, 'subscribe' | 'touch'> {
  const listeners = new Set<Listener>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    touch(...topics: Topic[]) {
      for (const listener of listeners) listener(topics);
    },
  };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FactSource } from '../../src/clients/action-facts.js';
import { inspect } from '../../src/clients/inspect/inspect.js';
import { loadTalosProto, type TalosProto } from '../../src/clients/talos-proto.js';
import { WatchCache } from '../../src/lab/kube/api/watch-cache.js';
import { createKubeSigner, createLabPki, type KubeSigner } from '../../src/lab/pki/lab-pki.js';
import { TalosLab } from '../../src/lab/talos/talos-lab.js';
import { createWorld } from '../../src/lab/world/create.js';
import { controlPlanes } from '../../src/lab/world/node.js';
import { runWorld } from '../../src/lab/world/run.js';
import { TALOS_VERSIONS } from '../../src/lab/world/talos-factory.js';
import { installerImage } from '../../src/lab/world/talos-image.js';
import { parseSize } from '../../src/lab/world/topology.js';
import type { LabHandle, World } from '../../src/lab/world/types.js';
import { type ActionFacts, unknownFacts } from '../../src/model/action-facts.js';
import type { Connection } from '../../src/model/connection.js';
import { asIpAddress } from '../../src/model/ids.js';
import type { FactoryInspection, InspectionWants } from '../../src/model/inspection.js';
import { fresh, WAITING } from '../../src/model/reading.js';
import type { ClusterIdentity } from '../../src/model/snapshot.js';
import type { RunSession } from '../../src/runs/session.js';
import { createSession } from '../../src/store/session.js';
import { GIB } from '../support/builders.js';
import { aConnection } from '../support/run-world.js';
import type { Faults } from './faults.js';
import type { Order } from './orders.js';
import { type SimFiles, simFiles } from './sim-files.js';
import { simKube } from './sim-kube.js';
import { simPve } from './sim-pve.js';
import { simShell } from './sim-shell.js';
import { simTalos } from './sim-talos.js';

const START_MS = Date.parse('2026-11-20T10:00:00Z');
const FACTORY = 'https://127.7.0.3';

/** Expensive, and the same for every trial. */
export interface Common {
  readonly signer: KubeSigner;
  readonly proto: TalosProto;
  /** Where the server is read from: nobody authenticates in here. */
  readonly kubeconfigPath: string;
}

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: 'https://127.7.0.20:6443'}}]
users: [{name: admin, user: {token: soak}}]
contexts: [{name: admin@lab, context: {cluster: lab, user: admin}}]
current-context: admin@lab
`;

export async function createCommon(directory: string): Promise<Common> {
  const kubeconfigPath = join(directory, 'kubeconfig');
  writeFileSync(kubeconfigPath, KUBECONFIG, { mode: 0o600 });
  return {
    signer: createKubeSigner(START_MS),
    proto: await loadTalosProto(),
    kubeconfigPath,
  };
}

export function simWorld(
  { signer }: Common,
  shape: { readonly size: string; readonly talosVersion: string; readonly seed: number },
): World {
  const size = parseSize(shape.size);
  if (size === null) throw new Error(`No size ${shape.size}.`);
  const world = createWorld({
    seed: shape.seed,
    size,
    lanPrefix: '127.7',
    pki: signer,
    timeScale: 0,
    startMs: START_MS,
    talosVersion: shape.talosVersion,
  });
  runWorld(world);
  return world;
}

/** Everything of a simulated cluster that outlives one run process. */
export interface Sim {
  readonly world: World;
  readonly files: SimFiles;
  readonly connection: Connection;
  /** What a run process holds while it lives. */
  readonly attach: () => RunSession;
}

export interface SimOptions {
  readonly onOrder: (order: Order) => () => void;
  /** The cluster is about to be inspected. */
  readonly onLook: () => void;
  readonly talosctlVersion: string;
}

export function createSim(
  common: Common,
  world: World,
  faults: Faults,
  { onOrder, onLook, talosctlVersion }: SimOptions,
): Sim {
  const pki = createLabPki(common.signer, {
    facts: world.facts,
    controlPlanes: () => controlPlanes(world),
    nowMs: START_MS,
  });
  const lab: LabHandle = {
    world,
    pki,
    dir: '',
    pveToken: '',
    ports: { talos: 50_000, kube: 6443, kubelet: 10_250, pve: 8006, factory: 8080 },
    log: (line) => {
      throw new Error(line);
    },
  };
  const talosLab = new TalosLab(lab);
  const cache = new WatchCache(world);
  const files = simFiles();
  const connection = aConnection({
    name: world.facts.clusterName,
    kubernetes: { kubeconfigPath: common.kubeconfigPath, context: 'admin@lab' },
    proxmox: {
      url: 'https://127.7.0.2:8006',
      tokenFile: '/token',
      caFile: null,
      fingerprint: null,
    },
    factoryUrl: FACTORY,
    // A minute costs thirty inspections, and the rules watch on their own.
    waits: { quietMs: 10_000 },
  });

  return {
    world,
    files,
    connection,
    attach() {
      const { clock } = faults;
      const talos = simTalos(talosLab, common.proto, faults);
      const kube = simKube(world, cache, faults);
      const pve = simPve(world, faults, onOrder);
      const shell = simShell({ world, talos, kube, files, doors: faults, onOrder });
      const clients = { talos: talos.client, kube: kube.client, pve };
      const inspected = { ...clients, shell, clock, talosctlVersion: async () => talosctlVersion };
      const session = createSession({
        connection,
        identity: identityOf(world, connection),
        clients,
        clock,
        resolve: async (name) => [name],
        random: () => 0.5,
        ports: {
          runs: null,
          catalogue: async () => ({ entries: files.entries(), problems: [] }),
          host: null,
        },
      });
      session.start();
      return {
        snapshot: session.snapshots.get,
        ...clients,
        shell,
        facts: simFacts(world, connection, talosctlVersion, (wants, last) => {
          onLook();
          return inspect(wants, inspected, connection, last.inspection);
        }),
        async close() {
          session.stop();
        },
      };
    },
  };
}

function identityOf(world: World, connection: Connection): ClusterIdentity {
  return {
    name: connection.name,
    endpoints: controlPlanes(world).map(({ address }) => address),
    kubernetesServer: world.facts.kubeEndpoint,
    vip: asIpAddress(world.facts.vip),
    isProduction: false,
    isReadOnly: false,
    pveUrl: 'https://127.7.0.2:8006',
    talosCertificateEndsAtMs: START_MS + 300 * 86_400_000,
    kubernetesCertificateEndsAtMs: START_MS + 300 * 86_400_000,
  };
}

type InspectNow = (wants: InspectionWants, last: ActionFacts) => Promise<ActionFacts['inspection']>;

/** Programs and host are as they should be; the factory is asked without its HTTP. */
function simFacts(
  world: World,
  connection: Connection,
  talosctlVersion: string,
  inspectNow: InspectNow,
): FactSource {
  let current: ActionFacts = {
    ...unknownFacts(connection.snapshotDir),
    talosctl: { state: 'usable', version: talosctlVersion },
    kubectl: { state: 'usable', version: world.facts.kubernetesVersion },
    snapshotDirectory: {
      path: connection.snapshotDir,
      state: 'ready',
      problem: '',
      freeBytes: 100 * GIB,
    },
    talosRoles: ['os:admin'],
  };
  return {
    get: () => current,
    async refresh(wants) {
      if (wants === undefined) return current;
      const read = await inspectNow({ ...wants, images: [], factoryVersion: null }, current);
      const nowMs = world.clock.now();
      const images = new Map(
        wants.images.map((image) => [image, fresh(installerImage(world, image) !== null, nowMs)]),
      );
      const factory = wants.factoryVersion === null ? WAITING : fresh(factoryOf(world), nowMs);
      current = { ...current, inspection: { ...read, images, factory } };
      return current;
    },
  };
}

const factoryOf = (world: World): FactoryInspection => ({
  versions: TALOS_VERSIONS,
  officialExtensions: [
    ...new Set(
      [...world.nodes.values()].flatMap(({ extensions }) =>
        extensions.map(({ name }) => `siderolabs/${name}`),
      ),
    ),
  ],
});

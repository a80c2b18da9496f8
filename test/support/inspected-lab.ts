import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterClients, openClients } from '../../src/cli/cluster-clients.js';
import { readClientCertificate } from '../../src/clients/certificate.js';
import { systemClock } from '../../src/clients/clock.js';
import { inspect } from '../../src/clients/inspect/inspect.js';
import { createTalosClient } from '../../src/clients/talos.js';
import type { TalosClient } from '../../src/clients/types.js';
import { applyChange } from '../../src/lab/control/changes.js';
import { startLab } from '../../src/lab/lab.js';
import type { LabHandle } from '../../src/lab/world/types.js';
import { type Connection, DEFAULT_WAITS } from '../../src/model/connection.js';
import { asIpAddress, asPveNodeName, asVmId, type IpAddress } from '../../src/model/ids.js';
import {
  type Inspection,
  type InspectionWants,
  NOTHING_WANTED,
} from '../../src/model/inspection.js';
import { knownValue, type Reading } from '../../src/model/reading.js';
import { buildStandIn } from './stand-in.js';

/** A whole lab in this process, and the clients of the product in front of it. */
export interface InspectedLab {
  readonly handle: LabHandle;
  readonly connection: Connection;
  readonly clients: ClusterClients;
  readonly address: (hostname: string) => IpAddress;
  /** `lab do` */
  readonly change: (line: string) => string;
  /** All of its nodes, guests and storages, and Kubernetes. */
  readonly everything: InspectionWants;
  readonly inspect: (
    wants: Partial<InspectionWants>,
    last?: Inspection,
    by?: Connection,
  ) => Promise<Inspection>;
  /** Another client certificate of the same cluster. */
  readonly talosAs: (role: string) => TalosClient;
  readonly close: () => Promise<void>;
}

export async function startInspectedLab(
  scenario: string,
  options: { readonly talosVersion?: string; readonly seed?: number } = {},
): Promise<InspectedLab> {
  const directory = mkdtempSync(join(tmpdir(), 'talos-tui-inspect-'));
  const dir = join(directory, 'lab');
  const { handle, close } = await startLab({
    scenario,
    seed: options.seed ?? 7,
    timeScale: 1,
    dir,
    ...(options.talosVersion === undefined ? {} : { talosVersion: options.talosVersion }),
  });
  const kubectl = await buildStandIn('kubectl', directory);
  const connection = connectionOf(handle, dir, kubectl);
  const clients = await openClients(connection, {
    env: { HOME: directory, PATH: process.env.PATH ?? '' },
    clock: systemClock,
    record: () => undefined,
  });
  const { world } = handle;
  return {
    handle,
    connection,
    clients,
    address: (hostname) => asIpAddress(world.nodes.get(hostname)?.address ?? ''),
    change(line) {
      const [name = '', ...args] = line.split(' ');
      return applyChange({ world, renewCredential: () => undefined }, name, args);
    },
    everything: everythingIn(handle),
    talosAs: (role) => talosAs(handle, role),
    inspect: (wants, last, by = connection) =>
      inspect({ ...NOTHING_WANTED, ...wants }, { ...clients, clock: systemClock }, by, last),
    async close() {
      await clients.close();
      await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function talosAs({ world, pki }: LabHandle, role: string): TalosClient {
  const { certPem, keyPem } = pki.talosClient(role);
  return createTalosClient({
    access: {
      contextName: role,
      configPath: 'talosconfig',
      endpoints: [...world.nodes.values()]
        .filter((node) => node.role === 'controlplane')
        .map(({ address }) => `${address}:50000`),
      nodes: [],
      caPem: pki.talosCaPem,
      certificatePem: certPem,
      // Talos labels its keys in a way that OpenSSL does not know.
      keyPem: keyPem.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY'),
      certificate: readClientCertificate(certPem),
    },
    clock: systemClock,
  });
}

function connectionOf(handle: LabHandle, dir: string, kubectl: string): Connection {
  const { facts } = handle.world;
  return {
    name: facts.clusterName,
    origin: 'lab',
    isProduction: false,
    isReadOnly: false,
    talos: { configPath: join(dir, 'talosconfig'), context: facts.clusterName },
    kubernetes: {
      kubeconfigPath: join(dir, 'kubeconfig'),
      context: `admin@${facts.clusterName}`,
    },
    proxmox: {
      url: `https://${facts.pveAddress}:${handle.ports.pve}`,
      tokenFile: join(dir, 'pve-token'),
      caFile: join(dir, 'pve-ca.pem'),
      fingerprint: null,
    },
    factoryUrl: `http://${facts.factoryAddress}:${handle.ports.factory}`,
    vip: null,
    snapshotDir: join(dir, 'snapshots'),
    programs: { talosctl: 'talosctl', kubectl, helm: 'helm' },
    waits: DEFAULT_WAITS,
  };
}

function everythingIn({ world }: LabHandle): InspectionWants {
  const vms = [...world.vms.values()].map(({ vmId, pveNode }) => ({
    pveNode: asPveNodeName(pveNode),
    id: asVmId(vmId),
  }));
  return {
    ...NOTHING_WANTED,
    nodes: [...world.nodes.values()].map(({ address }) => asIpAddress(address)),
    isKubeWanted: true,
    vms,
    storages: world.storages.map(({ pveNode, name }) => ({
      pveNode: asPveNodeName(pveNode),
      name,
    })),
  };
}

/** @throws Error when it is not known. */
export function readOf<T>(reading: Reading<T> | undefined): T {
  const value = reading && knownValue(reading);
  if (value === undefined) throw new Error(`Not known: ${JSON.stringify(reading)}`);
  return value;
}

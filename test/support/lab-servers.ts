import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimLan } from '../../src/lab/control/lan.js';
import { createKubeSigner, createLabPki } from '../../src/lab/pki/lab-pki.js';
import { createWorld } from '../../src/lab/world/create.js';
import { controlPlanes } from '../../src/lab/world/node.js';
import { runWorld } from '../../src/lab/world/run.js';
import type { KeyPair, LabHandle, LabServer } from '../../src/lab/world/types.js';

export interface ServerLabOptions {
  /** 0 = only `world.clock.advance` moves time. */
  readonly timeScale?: number;
  readonly controlPlanes?: number;
  readonly workers?: number;
  readonly pveHosts?: number;
}

export interface ServerLab {
  readonly lab: LabHandle;
  /** Kubeconfig with an administrator's certificate; `server` replaces the virtual address. */
  readonly kubeconfig: (server?: string, client?: KeyPair) => string;
  readonly close: () => Promise<void>;
}

type StartServer = (lab: LabHandle) => Promise<LabServer>;

/** A small world on a loopback slice of its own, with only the servers that a test needs. */
export async function startServerLab(
  servers: readonly StartServer[],
  options: ServerLabOptions = {},
): Promise<ServerLab> {
  const lan = await claimLan();
  const dir = mkdtempSync(join(tmpdir(), 'talos-tui-lab-'));
  const nowMs = Date.now();
  const signer = createKubeSigner(nowMs);
  const world = createWorld({
    seed: 7,
    size: {
      controlPlanes: options.controlPlanes ?? 3,
      workers: options.workers ?? 2,
      pveHosts: options.pveHosts ?? 1,
    },
    lanPrefix: lan.prefix,
    pki: signer,
    timeScale: options.timeScale ?? 1,
    kubePort: lan.ports.kube,
  });
  runWorld(world);
  const lab: LabHandle = {
    world,
    pki: createLabPki(signer, {
      facts: world.facts,
      controlPlanes: () => controlPlanes(world),
      nowMs,
    }),
    dir,
    pveToken: 'root@pam!tui=5f1b0c3e-6b1f-4f5e-9a35-2d4f7e1c9a10',
    ports: lan.ports,
    log: () => {},
  };
  const started: LabServer[] = [];
  const close = async (): Promise<void> => {
    world.clock.stop();
    await Promise.all(started.map((server) => server.close()));
    await lan.release();
    rmSync(dir, { recursive: true, force: true });
  };
  for (const start of servers) started.push(await start(lab));
  return { lab, kubeconfig: (server, client) => writeKubeconfig(lab, server, client), close };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function writeKubeconfig(
  { world, pki, dir }: LabHandle,
  server = world.facts.kubeEndpoint,
  client = pki.kubeAdmin(),
): string {
  const path = join(dir, `kubeconfig-${Math.random().toString(36).slice(2)}`);
  const name = `admin@${world.facts.clusterName}`;
  writeFileSync(
    path,
    `apiVersion: v1
kind: Config
clusters:
- name: ${world.facts.clusterName}
  cluster: {server: "${server}", certificate-authority-data: ${base64(pki.kubeCaPem)}}
users:
- name: ${name}
  user: {client-certificate-data: ${base64(client.certPem)}, client-key-data: ${base64(client.keyPem)}}
contexts:
- name: ${name}
  context: {cluster: ${world.facts.clusterName}, user: ${name}, namespace: default}
current-context: ${name}
`,
    { mode: 0o600 },
  );
  return path;
}

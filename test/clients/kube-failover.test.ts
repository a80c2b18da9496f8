import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createKubeClient } from '../../src/clients/kube.js';
import { kubeAlternatives } from '../../src/clients/kube-alternatives.js';
import { kubeAccess, readKubeconfig } from '../../src/clients/kubeconfig.js';
import { startKubeServers } from '../../src/lab/kube/server.js';
import { getObject, putObject } from '../../src/lab/world/kube-store.js';
import { hangNode } from '../../src/lab/world/life.js';
import { stopVm } from '../../src/lab/world/power.js';
import type { LabNode } from '../../src/lab/world/types.js';
import type { KubeNode } from '../../src/model/kubernetes.js';
import { type ServerLab, startServerLab } from '../support/lab-servers.js';
import { eventually } from '../support/patience.js';
import { buildStandIn } from '../support/stand-in.js';
import { tempDir } from '../support/temp-dir.js';
import { createWatchLog, type WatchLog } from '../support/watch-log.js';

/** operations C2: through any control plane within 5 s. */
const LIMIT_MS = 5_000;
/** A busy machine starts programs late, and a switch takes a few of them. */
const PROGRAMS = 6;

let serverLab: ServerLab;

beforeEach(async () => {
  serverLab = await startServerLab([startKubeServers], { workers: 1 });
});
afterEach(() => serverLab.close());

function holder(): LabNode {
  const { world } = serverLab.lab;
  const node = world.nodes.get(world.vip.holder ?? '');
  if (node === undefined) throw new Error('nobody holds the virtual address');
  return node;
}

async function aClient(server?: string) {
  const { world } = serverLab.lab;
  const program = await buildStandIn('kubectl', await tempDir());
  const access = kubeAccess(await readKubeconfig(serverLab.kubeconfig(server)));
  const controlPlanes = [...world.nodes.values()].filter(({ role }) => role === 'controlplane');
  const kube = createKubeClient({
    connection: { kubeconfigPath: access.kubeconfigPath, context: access.contextName },
    program,
    env: { ...process.env, XDG_RUNTIME_DIR: await tempDir() },
    clock: systemClock,
    alternatives: kubeAlternatives(access, () => controlPlanes.map(({ address }) => address)),
  });
  onTestFinished(kube.close);
  return kube;
}

/** A kubeconfig that leads to one node: unlike the virtual address it stays where it is when the node hangs. */
const onlyTo = ({ address }: LabNode) => `https://${address}:${serverLab.lab.ports.kube}`;

/** Changes a node behind the API servers: whoever still watches hears of it. */
function label(value: string): void {
  const { world } = serverLab.lab;
  const node = getObject(world, 'nodes', 'talos-w-01');
  if (node === undefined) throw new Error('no worker');
  const { metadata } = node;
  putObject(world, 'nodes', {
    ...node,
    metadata: { ...metadata, labels: { ...metadata.labels, mark: value } },
  });
}

const markIn = ({ lists }: WatchLog<KubeNode>) =>
  lists.at(-1)?.find(({ name }) => name === 'talos-w-01')?.labels.mark;

const hears = (log: WatchLog<KubeNode>, mark: string) =>
  eventually(() => expect(markIn(log)).toBe(mark));

/** Within the limit, if this machine started programs in no time. */
async function inTime(what: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now();
  await what();
  const tookMs = performance.now() - startMs;
  const programMs = await startOfAProgramMs();
  expect(tookMs).toBeLessThan(LIMIT_MS + PROGRAMS * programMs);
}

async function startOfAProgramMs(): Promise<number> {
  const startMs = performance.now();
  await promisify(execFile)(process.execPath, ['--eval', '']);
  return performance.now() - startMs;
}

async function childrenOf(pid: number): Promise<readonly string[]> {
  const found = await readFile(join('/proc', `${pid}`, 'task', `${pid}`, 'children'), 'utf8');
  const commands = found
    .split(' ')
    .filter(Boolean)
    .map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(commands)).filter((line) => line.includes('--unix-socket'));
}

test('without the holder of the virtual address all goes on through another control plane, and back', async () => {
  const { world } = serverLab.lab;
  const kube = await aClient();
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(log.lists).toHaveLength(1));
  expect(await kube.health()).toMatchObject({ isReady: true, viaServer: null });
  const down = holder();
  const vm = world.vms.get(down.vmId);
  if (vm === undefined) throw new Error('no VM');

  stopVm(world, vm);
  label('moved');
  await inTime(() => hears(log, 'moved'));
  expect(log.errors).toEqual([]);
  expect(await kube.health()).toMatchObject({ isReady: true, viaServer: kube.viaServer() });
  expect(kube.viaServer()).toMatch(/^https:\/\/127\./);
  expect(kube.viaServer()).not.toContain(down.address);
  expect(await childrenOf(process.pid)).toHaveLength(1);

  // The session of the lost holder ends, and another control plane takes the address.
  world.clock.advance(70_000);
  await eventually(() => expect(holder()).not.toBe(down));
  await eventually(() => expect(kube.viaServer()).toBeNull());
  label('home');
  await inTime(() => hears(log, 'home'));
  expect(log.errors).toEqual([]);
  expect(await kube.health()).toMatchObject({ isReady: true, viaServer: null });
  await eventually(async () => expect(await childrenOf(process.pid)).toHaveLength(1));
});

test('a server that hangs with every connection open is left within five seconds', async () => {
  const hung = holder();
  const kube = await aClient(onlyTo(hung));
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(log.lists).toHaveLength(1));

  hangNode(serverLab.lab.world, hung);
  label('moved');
  await inTime(() => hears(log, 'moved'));

  expect(log.errors).toEqual([]);
  expect(kube.viaServer()).not.toContain(hung.address);
});

test('a console that starts while the server hangs sees the cluster all the same', async () => {
  const hung = holder();
  hangNode(serverLab.lab.world, hung);
  const kube = await aClient(onlyTo(hung));
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);

  const asked = kube.health();
  await inTime(() => eventually(() => expect(log.lists).not.toEqual([])));

  expect(await asked).toMatchObject({ isReady: true, viaServer: kube.viaServer() });
  expect(kube.viaServer()).not.toContain(hung.address);
  expect(log.errors).toEqual([]);
});

test('while every control plane is away the first words say so', async () => {
  const { world } = serverLab.lab;
  const kube = await aClient();
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(log.lists).toHaveLength(1));

  for (const vm of world.vms.values()) stopVm(world, vm);
  await eventually(() => expect(log.errors).toHaveLength(1));

  const [error] = log.errors;
  expect(error?.kind).toBe('unreachable');
  expect(error?.hint).toContain('no other API server answers either');
  await expect(kube.health()).rejects.toMatchObject({
    message: expect.stringMatching(/^127\.\d+\.0\.\d+:\d+ refuses connections$/),
  });
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { putObject } from '../../../src/lab/world/kube-store.js';
import { stopService } from '../../../src/lab/world/life.js';
import { runWorld } from '../../../src/lab/world/run.js';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

let lab: TalosTestLab;
let client: TalosTestClient;

beforeEach(async () => {
  lab = await startTalosTestLab();
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
});

afterEach(async () => {
  client.close();
  await lab.close();
});

interface Data {
  readonly bytes: Buffer;
}

const MACHINE = 'machine.MachineService';

async function first<T>(method: string, request: object = {}): Promise<T> {
  const { messages } = await client.unary<{ messages: readonly T[] }>(
    `${MACHINE}/${method}`,
    request,
  );
  const [message] = messages;
  if (message === undefined) throw new Error(`${method} answered nothing.`);
  return message;
}

async function text(method: string, request: object): Promise<string> {
  const stream = client.stream<Data>(`${MACHINE}/${method}`, request);
  const end = await stream.ended();
  if (end.code !== 0) throw Object.assign(new Error(end.details), end);
  return stream.frames.map(({ bytes }) => bytes.toString()).join('');
}

const SYSTEM = { namespace: 'system', driver: 'CONTAINERD' };
const KUBERNETES = { namespace: 'k8s.io', driver: 'CRI' };

interface Container {
  readonly id: string;
  readonly pod_id: string;
  readonly name: string;
  readonly pid: number;
  readonly status: string;
}

test('containers of the system are its services and extensions, those of Kubernetes its pods', async () => {
  const system = await first<{ containers: readonly Container[] }>('Containers', SYSTEM);
  const pods = await first<{ containers: readonly Container[] }>('Containers', KUBERNETES);

  expect(system.containers.map(({ id }) => id)).toEqual([
    'apid',
    'ext-iscsid',
    'ext-qemu-guest-agent',
    'trustd',
  ]);
  const api = pods.containers.filter(({ pod_id: pod }) => pod.includes('kube-apiserver'));
  expect(api.map(({ status }) => status)).toEqual(['SANDBOX_READY', 'CONTAINER_RUNNING']);
  expect(api[0]?.id).toBe(api[0]?.pod_id);
  expect(api[1]?.id).toMatch(
    /^kube-system\/kube-apiserver-talos-cp-01:kube-apiserver:[0-9a-f]{12}$/,
  );
});

test('a namespace that CRI does not know is refused', async () => {
  await expect(first('Containers', { namespace: 'system', driver: 'CRI' })).rejects.toMatchObject({
    details: 'CRI inspector is supported only for K8s namespace',
  });
});

test('memory of containers and processes stays within the machine, and processor time grows', async () => {
  const stats = async () =>
    (
      await first<{
        stats: readonly { id: string; memory_usage: string; cpu_usage: string }[];
      }>('Stats', KUBERNETES)
    ).stats;
  const before = await stats();
  lab.world.clock.advance(60_000);
  const after = await stats();
  const memory = after.reduce((sum, stat) => sum + Number(stat.memory_usage), 0);
  const cpu = (list: typeof before): number =>
    list.reduce((sum, stat) => sum + Number(stat.cpu_usage), 0);

  expect(memory).toBeGreaterThan(100e6);
  expect(memory).toBeLessThan(4096 * 1024 ** 2);
  expect(cpu(after)).toBeGreaterThan(cpu(before));
});

test('processes have pids of their own, and machined is the first', async () => {
  const { processes } = await first<{
    processes: readonly { pid: number; ppid: number; args: string; command: string }[];
  }>('Processes');
  const pids = processes.map(({ pid }) => pid);

  expect(processes[0]).toMatchObject({ pid: 1, ppid: 0, args: '/sbin/init' });
  expect(processes.some(({ args }) => args.startsWith('/usr/local/bin/etcd '))).toBe(true);
  expect(pids.every((pid) => pid > 0)).toBe(true);
});

test('counters of disks and network only grow', async () => {
  const rx = async () =>
    Number((await first<{ total: { rx_bytes: string } }>('NetworkDeviceStats')).total.rx_bytes);
  const written = async () =>
    Number((await first<{ total: { write_sectors: string } }>('DiskStats')).total.write_sectors);
  const [rxBefore, writtenBefore] = [await rx(), await written()];
  lab.world.clock.advance(30_000);

  expect(await rx()).toBeGreaterThan(rxBefore);
  expect(await written()).toBeGreaterThan(writtenBefore);
});

test('every service has a log that can be read, and a wrong name is told', async () => {
  const { ids } = await first<{ ids: readonly string[] }>('LogsContainers');
  expect(ids).toEqual(expect.arrayContaining(['etcd', 'kernel', 'kubelet', 'machined']));
  for (const id of ids) {
    expect(await text('Logs', { ...SYSTEM, id, tail_lines: -1 })).toMatch(/\n$/);
  }
  await expect(text('Logs', { ...SYSTEM, id: 'wombat', tail_lines: -1 })).rejects.toMatchObject({
    details: 'log "wombat" was not registered',
  });
});

test('the tail of a log has as many lines as were asked for, the last ones', async () => {
  const read = async (tail: number) =>
    (await text('Logs', { ...SYSTEM, id: 'kubelet', tail_lines: tail })).trimEnd().split('\n');
  const all = await read(-1);

  expect(await read(3)).toEqual(all.slice(-3));
  expect(all.every((line) => JSON.parse(line).ts <= lab.world.clock.now())).toBe(true);
});

test('who follows a log sees it go on, and what a service does meanwhile', async () => {
  runWorld(lab.world);
  const stream = client.stream<Data>(`${MACHINE}/Logs`, {
    ...SYSTEM,
    id: 'machined',
    follow: true,
    tail_lines: 1,
  });
  await stream.frameCount(1);
  stopService(lab.world, lab.node('talos-cp-01'), 'trustd');
  lab.world.clock.advance(2000);
  await stream.frameCount(2);

  expect(stream.frames.map(({ bytes }) => bytes.toString()).join('')).toContain(
    '[talos] service[trustd](Finished): Service finished successfully\n',
  );
  stream.cancel();
});

test('the kernel log is one record per frame: facility, priority, time', async () => {
  const stream = client.stream<Data>(`${MACHINE}/Dmesg`, {});
  await stream.ended();
  const lines = stream.frames.map(({ bytes }) => bytes.toString());

  expect(lines[0]).toMatch(/^kern: {2}notice: \[\d{4}-\d\d-\d\dT[\d:.]+Z\]: Linux version /);
  expect(lines.every((line) => /^\w+: +\w+: \[[^\]]+\]: .*\n$/.test(line))).toBe(true);
  expect(lines.some((line) => line.includes('[talos] service[etcd](Running)'))).toBe(true);
});

test('a pod says what its program says, in the format of the container runtime', async () => {
  const lines = await text('Logs', {
    ...KUBERNETES,
    id: 'kube-system/kube-apiserver-talos-cp-01:kube-apiserver',
    tail_lines: 2,
  });

  expect(lines).toMatch(/^(\d{4}-\S+Z stderr F .+\n){2}$/);
});

test('images are those that the pods of the node need', async () => {
  const stream = client.stream<{ readonly name: string }>(`${MACHINE}/ImageList`, {
    namespace: 'NS_CRI',
  });
  await stream.ended();
  const names = stream.frames.map(({ name }) => name);

  expect(names).toContain('registry.k8s.io/kube-apiserver:v1.35.0');
  expect(names).not.toContain('docker.io/library/nginx:1.29');
  putObject(lab.world, 'pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', namespace: 'default' },
    spec: { nodeName: 'talos-cp-01', containers: [{ name: 'x', image: 'example.org/x:1' }] },
  });
  const later = client.stream<{ readonly name: string }>(`${MACHINE}/ImageList`, {
    namespace: 'NS_CRI',
  });
  await later.ended();
  expect(later.frames.map(({ name }) => name)).toContain('example.org/x:1');
});

test('the time of a node is compared with everybody else’s', async () => {
  lab.node('talos-cp-01').machine.clockSkewMs = 90_000;
  const { messages } = await client.unary<{
    messages: readonly {
      server: string;
      localtime: { seconds: string };
      remotetime: { seconds: string };
    }[];
  }>('time.TimeService/Time');

  const [time] = messages;
  expect(time?.server).toBe('time.cloudflare.com');
  expect(Number(time?.localtime.seconds) - Number(time?.remotetime.seconds)).toBe(90);
});

test('open ports belong to programs that run', async () => {
  const ask = async () =>
    (
      await first<{ connectrecord: readonly { localport: number; process: { name: string } }[] }>(
        'Netstat',
        { filter: 'LISTENING', feature: { pid: true }, l4proto: { tcp: true, tcp6: true } },
      )
    ).connectrecord.map(({ localport }) => localport);

  expect(await ask()).toEqual(expect.arrayContaining([50_000, 2379, 6443, 10_250]));
  stopService(lab.world, lab.node('talos-cp-01'), 'etcd');
  expect(await ask()).not.toContain(2379);
});

import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
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

async function bytes(method: string, request: object, node?: string): Promise<Buffer> {
  const stream = client.stream<{ readonly bytes: Buffer }>(
    `machine.MachineService/${method}`,
    request,
    node === undefined ? {} : { node },
  );
  const end = await stream.ended();
  if (end.code !== 0) throw Object.assign(new Error(end.details), end);
  return Buffer.concat(stream.frames.map((frame) => frame.bytes));
}

interface FileInfo {
  readonly relative_name: string;
  readonly size: string;
  readonly mode: number;
  readonly is_dir: boolean;
  readonly link: string;
}

async function list(root: string, more: object = {}): Promise<readonly FileInfo[]> {
  const stream = client.stream<FileInfo>('machine.MachineService/List', { root, ...more });
  const end = await stream.ended();
  if (end.code !== 0) throw Object.assign(new Error(end.details), end);
  return stream.frames;
}

test('files of a node can be read: its release, its kernel arguments, its boot id', async () => {
  const read = async (path: string) => (await bytes('Read', { path })).toString();

  expect(await read('/etc/os-release')).toContain('VERSION_ID=v1.12.4\n');
  expect(await read('/proc/cmdline')).toContain('talos.platform=metal ');
  expect(await read('/proc/sys/kernel/random/boot_id')).toBe(`${lab.node('talos-cp-01').bootId}\n`);
  expect(await read('/proc/meminfo')).toMatch(/^MemTotal: +\d+ kB\n/);
  expect(
    parse(await read('/system/state/config.yaml').then((all) => all.split('---\n')[0] ?? '')),
  ).toMatchObject({ machine: { type: 'controlplane' } });
});

test('a directory is no file, and what is not there is said in the words of the system', async () => {
  await expect(bytes('Read', { path: '/etc' })).rejects.toMatchObject({
    details: 'path must be a regular file',
  });
  await expect(list('/nowhere')).rejects.toMatchObject({
    details: 'lstat /nowhere: no such file or directory',
  });
});

test('a listing starts with the directory itself, and goes as deep as it was asked to', async () => {
  const flat = await list('/var/lib');
  const deep = await list('/var/lib/etcd', { recurse: true, recursion_depth: -1 });

  expect(flat.map(({ relative_name: name }) => name)).toEqual([
    '.',
    'cni',
    'containerd',
    'etcd',
    'kubelet',
  ]);
  expect(deep.map(({ relative_name: name }) => name)).toContain('member/snap/db');
  expect(flat[0]).toMatchObject({ is_dir: true, mode: 0x80000000 + 0o755 });
  const [link] = (await list('/')).filter(({ relative_name: name }) => name === 'bin');
  expect(link).toMatchObject({ link: 'usr/bin', mode: 0x08000000 + 0o777 });
});

test('the data directory of etcd is empty until this node has been a member', async () => {
  const { systemDisk } = lab.node('talos-cp-01').machine;
  if (systemDisk === null) throw new Error('Not installed.');
  systemDisk.hasEtcdData = false;

  expect((await list('/var/lib/etcd')).map(({ relative_name: name }) => name)).toEqual(['.']);
});

test('the database that is copied is the one of a snapshot, without its trailer', async () => {
  const archive = gunzipSync(await bytes('Copy', { root_path: '/var/lib/etcd/member/snap/db' }));
  const [member] = lab.world.etcd.members.values();

  expect(archive.subarray(0, 2).toString()).toBe('db');
  expect(Number.parseInt(archive.subarray(124, 135).toString(), 8)).toBe(member?.dbSizeBytes);
  const snapshot = await bytes('EtcdSnapshot', {});
  expect(archive.subarray(512, 512 + 4096)).toEqual(snapshot.subarray(0, 4096));
});

test('disk usage sums up what lies below, folders after their contents', async () => {
  const stream = client.stream<{ readonly relative_name: string; readonly size: string }>(
    'machine.MachineService/DiskUsage',
    { paths: ['/var/lib'], recursion_depth: 2, threshold: 0 },
  );
  await stream.ended();
  const sizes = new Map(stream.frames.map((frame) => [frame.relative_name, Number(frame.size)]));
  const parts = [...sizes]
    .filter(([name]) => name !== '.')
    .reduce((sum, [, size]) => sum + size, 0);

  expect(stream.frames.at(-1)?.relative_name).toBe('.');
  expect(sizes.get('.')).toBe(parts);
  expect(sizes.get('etcd')).toBeGreaterThan(1e6);
});

test('a kubeconfig comes as one file in an archive, and only from a control plane', async () => {
  const archive = gunzipSync(await bytes('Kubeconfig', {}));
  const size = Number.parseInt(archive.subarray(124, 135).toString(), 8);
  const config = parse(archive.subarray(512, 512 + size).toString());

  expect(archive.subarray(0, 10).toString()).toBe('kubeconfig');
  expect(config).toMatchObject({
    'current-context': 'admin@lab',
    clusters: [{ cluster: { server: lab.world.facts.kubeEndpoint } }],
  });
  await expect(bytes('Kubeconfig', {}, lab.node('talos-w-01').address)).rejects.toMatchObject({
    details: 'kubeconfig is only available on control plane nodes',
  });
});

test('new client credentials carry the roles that were asked for', async () => {
  const { messages } = await client.unary<{ messages: readonly { talosconfig: Buffer }[] }>(
    'machine.MachineService/GenerateClientConfiguration',
    { roles: ['os:reader'], crt_ttl: { seconds: 3600, nanos: 0 } },
  );
  const config = parse(messages[0]?.talosconfig.toString() ?? '');
  const context = config.contexts['reader@lab'];
  const pem = (value: string): string => Buffer.from(value, 'base64').toString();
  const reader = new TalosTestClient(lab, lab.node('talos-cp-01').address, {
    certPem: pem(context.crt),
    keyPem: pem(context.key),
  });

  expect(config.context).toBe('reader@lab');
  await reader.unary('machine.MachineService/Version');
  await expect(reader.unary('machine.MachineService/EtcdAlarmDisarm')).rejects.toMatchObject({
    details: 'not authorized',
  });
  reader.close();
});

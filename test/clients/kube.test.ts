import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../src/clients/clock.js';
import { createKubeClient } from '../../src/clients/kube.js';
import type { KubeNode } from '../../src/model/kubernetes.js';
import { list, makeFakeKubectl, startFakeKubernetes, status } from '../support/fake-kubernetes.js';
import { createManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/patience.js';
import { tempDir } from '../support/temp-dir.js';
import { createWatchLog } from '../support/watch-log.js';

interface Setup {
  readonly clock?: Clock;
  readonly context?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function aClient({ clock = systemClock, context = 'admin@home', env = {} }: Setup = {}) {
  const api = await startFakeKubernetes();
  const kubectl = await makeFakeKubectl(api.port);
  const runtime = await tempDir();
  const kube = createKubeClient({
    connection: { kubeconfigPath: 'kubeconfig', context },
    program: kubectl.program,
    env: { ...process.env, XDG_RUNTIME_DIR: runtime, ...env },
    clock,
    random: () => 0.5,
  });
  onTestFinished(kube.close);
  return { api, kubectl, kube, runtime };
}

const node = (name: string, version = '1', ready = 'True') => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: version },
  spec: {},
  status: {
    conditions: [{ type: 'Ready', status: ready }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.11' }],
    nodeInfo: { kubeletVersion: 'v1.35.0' },
  },
});

const names = (nodes: readonly KubeNode[] | undefined) => nodes?.map(({ name }) => name);
const ready = (nodes: readonly KubeNode[] | undefined) => nodes?.map((one) => one.ready);

test('lists page by page, then follows from the version of the list', async () => {
  const { api, kube } = await aClient();
  api.answer = (url) => ({
    body:
      url.searchParams.get('continue') === 'more'
        ? list([node('b')], '7')
        : list([node('a')], '7', 'more'),
  });
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(api.streams.size).toBe(1));

  const [stream] = api.streams;
  stream?.send({ type: 'ADDED', object: node('c', '8') });
  await eventually(() => expect(log.lists).toHaveLength(2));
  stream?.send({ type: 'MODIFIED', object: node('a', '9', 'False') });
  await eventually(() => expect(log.lists).toHaveLength(3));
  stream?.send({ type: 'DELETED', object: node('b', '10') });
  await eventually(() => expect(log.lists).toHaveLength(4));

  expect(api.requests.filter((line) => !line.includes('watch'))).toEqual([
    'GET /api/v1/nodes?limit=250',
    'GET /api/v1/nodes?limit=250&continue=more',
  ]);
  expect(stream?.url.searchParams.get('resourceVersion')).toBe('7');
  expect(stream?.url.searchParams.get('allowWatchBookmarks')).toBe('true');
  expect(log.lists.map(names)).toEqual([
    ['a', 'b'],
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
    ['a', 'c'],
  ]);
  expect(ready(log.lists[2])).toEqual(['False', 'True', 'True']);
  expect(log.errors).toEqual([]);
});

test('resumes a stream that ended or was cut from the newest version, bookmarks included', async () => {
  const clock = createManualClock();
  const { api, kube } = await aClient({ clock });
  api.answer = () => ({ body: list([node('a')], '7') });
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(api.streams.size).toBe(1));

  const [first] = api.streams;
  first?.send({ type: 'BOOKMARK', object: { kind: 'Node', metadata: { resourceVersion: '20' } } });
  first?.send({ type: 'MODIFIED', object: node('a', '21', 'Unknown') });
  await eventually(() => expect(log.lists).toHaveLength(2));
  clock.advance(2_000);
  first?.end();
  await eventually(() => expect(api.requests.at(-1)).toContain('resourceVersion=21'));
  expect(log.errors).toEqual([]);

  await eventually(() => expect(api.streams.size).toBe(1));
  for (const stream of api.streams) stream.cut();
  await eventually(() => expect(log.errors).toHaveLength(1));
  await clock.flowUntil(() => log.lists.length === 3);

  expect(log.order).toEqual(['items', 'items', 'error', 'items']);
  expect(ready(log.lists[2])).toEqual(['Unknown']);
  expect(api.requests.filter((line) => !line.includes('watch'))).toHaveLength(1);
});

test('a cut stream that goes on at once is no outage', async () => {
  const clock = createManualClock();
  const { api, kube } = await aClient({ clock });
  api.answer = () => ({ body: list([node('a')], '7') });
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(api.streams.size).toBe(1));
  const startMs = clock.now();
  await clock.flowUntil(() => clock.now() - startMs > 11_000);

  for (const stream of api.streams) stream.cut();
  await eventually(() =>
    expect(api.requests.filter((line) => line.includes('watch='))).toHaveLength(2),
  );
  for (const stream of api.streams) stream.send({ type: 'ADDED', object: node('b', '8') });
  await eventually(() => expect(log.lists.map(names).at(-1)).toEqual(['a', 'b']));

  expect(log.errors).toEqual([]);
});

test('lists again when the server has forgotten the version', async () => {
  const { api, kube } = await aClient();
  let version = 7;
  api.answer = () => ({ body: list([node(`node-${version}`)], String(version++)) });
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(api.streams.size).toBe(1));

  const object = status(410, 'Expired', 'too old resource version');
  for (const stream of api.streams) stream.send({ type: 'ERROR', object });
  await eventually(() => expect(log.lists).toHaveLength(2));

  expect(log.lists.map(names)).toEqual([['node-7'], ['node-8']]);
  expect(log.errors).toEqual([]);
});

test('a forbidden kind tells the right that is missing and leaves the others alone', async () => {
  const { api, kube } = await aClient();
  const message = 'poddisruptionbudgets.policy is forbidden: User "u" cannot list resource';
  api.answer = (url) =>
    url.pathname.includes('poddisruptionbudgets')
      ? { code: 403, body: status(403, 'Forbidden', message) }
      : { body: list([node('a')]) };
  const nodes = createWatchLog<KubeNode>();
  const budgets = createWatchLog();
  kube.watchNodes(nodes);
  kube.watchPdbs(budgets);

  await eventually(() => expect(budgets.errors).toHaveLength(1));
  await eventually(() => expect(nodes.lists).toHaveLength(1));

  expect(budgets.errors[0]).toMatchObject({
    kind: 'forbidden',
    message: expect.stringContaining(message),
  });
  expect(nodes.errors).toEqual([]);
});

test('a node that cannot be read makes the list an error until it can', async () => {
  const { api, kube } = await aClient();
  const garbage = { ...node('b'), status: { addresses: [{ type: 'InternalIP', address: 'x' }] } };
  api.answer = () => ({ body: list([node('a'), garbage]) });
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(log.errors).toHaveLength(1));
  await eventually(() => expect(api.streams.size).toBe(1));

  for (const stream of api.streams) stream.send({ type: 'MODIFIED', object: node('b', '2') });
  await eventually(() => expect(log.lists).toHaveLength(1));

  expect(log.errors[0]).toMatchObject({
    kind: 'malformed',
    message: expect.stringContaining(' b: '),
  });
  expect(names(log.lists[0])).toEqual(['a', 'b']);
});

test('a hung API server is noticed within 20 seconds and gets fresh connections', async () => {
  const clock = createManualClock();
  const { api, kube, kubectl } = await aClient({ clock });
  api.answer = () => ({ body: list([node('a')]) });
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(api.streams.size).toBe(1));
  api.answer = () => 'silence';
  const startMs = clock.now();

  await clock.flowUntil(() => log.errors.length === 1);
  expect(clock.now() - startMs).toBeLessThanOrEqual(20_000);
  expect(log.errors[0]).toMatchObject({ kind: 'timeout' });

  api.answer = () => ({ body: list([node('a')]) });
  await clock.flowUntil(() => log.lists.length === 2);
  expect(await kubectl.starts()).toHaveLength(2);
});

test('an unreachable API server is told as the proxy tells it, and healed by itself', async () => {
  const clock = createManualClock();
  const { api, kube } = await aClient({ clock });
  api.answer = () => ({ body: list([node('a')]) });
  await api.stop();
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(log.errors).toHaveLength(1));

  expect(log.errors[0]).toMatchObject({
    kind: 'unreachable',
    message: `127.0.0.1:${api.port} refuses connections`,
    hint: expect.stringContaining('kube-apiserver'),
  });
  const again = await startFakeKubernetes(api.port);
  again.answer = () => ({ body: list([node('a')]) });
  await clock.flowUntil(() => log.lists.length === 1);
  expect(log.order).toEqual(['error', 'items']);
});

test('a proxy that dies is started again', async () => {
  const clock = createManualClock();
  const { api, kube, kubectl } = await aClient({ clock });
  api.answer = () => ({ body: list([node('a')]) });
  const log = createWatchLog<KubeNode>();
  kube.watchNodes(log);
  await eventually(() => expect(api.streams.size).toBe(1));

  const [child] = await kubectl.starts();
  process.kill(child?.pid ?? 0, 'SIGKILL');
  await eventually(() => expect(log.errors).toHaveLength(1));
  await clock.flowUntil(() => log.lists.length === 2);

  expect(await kubectl.starts()).toHaveLength(2);
  expect(log.order).toEqual(['items', 'error', 'items']);
});

test('the socket lies in a private directory that is gone at the end, and so is the child', async () => {
  const { kube, kubectl, runtime } = await aClient();
  await kube.raw('/version');
  const [directory = ''] = await readdir(runtime);
  const mode = (await stat(join(runtime, directory))).mode & 0o777;
  const [child] = await kubectl.starts();

  await kube.close();

  expect(mode).toBe(0o700);
  expect(await readdir(runtime)).toEqual([]);
  expect(() => process.kill(child?.pid ?? 0, 0)).toThrow('ESRCH');
});

test('the child sees no kubeconfig, rc file or proxy but ours', async () => {
  const { kube, kubectl } = await aClient({
    env: {
      KUBECONFIG: 'elsewhere',
      KUBECTL_X: '1',
      KUBERC: 'mine',
      HTTPS_PROXY: 'http://apt.example.org:3128',
    },
  });
  await kube.raw('/version');

  const [start] = await kubectl.starts();
  expect(start?.args.slice(0, 5)).toEqual([
    '--kubeconfig',
    'kubeconfig',
    '--context',
    'admin@home',
    'proxy',
  ]);
  expect(start?.env).toEqual({ KUBERC: 'off', KUBECACHEDIR: expect.stringContaining('talos-tui') });
});

test('what a killed console left behind is ended and cleaned up by the next', async () => {
  const { kube, runtime } = await aClient();
  const left = join(runtime, 'talos-tui-kube-999999999-abcdef');
  const strange = join(runtime, 'talos-tui-kube-999999998-abcdef');
  for (const directory of [left, strange]) await mkdir(directory);
  // Its command line names the directory, as that of kubectl proxy does; ours does not.
  const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', `${left}/api`]);
  const ended = new Promise((resolve) => orphan.on('exit', (_code, signal) => resolve(signal)));
  await writeFile(join(left, 'proxy.pid'), `${orphan.pid}\n`);
  await writeFile(join(strange, 'proxy.pid'), `${process.pid}\n`);

  await kube.raw('/version');

  expect(await ended).toBe('SIGTERM');
  expect(await readdir(runtime)).toEqual([
    expect.stringMatching(`^talos-tui-kube-${process.pid}-`),
  ]);
});

test('a missing kubectl and a wrong context are told with the next step', async () => {
  const wrong = await aClient({ context: 'broken' });
  await expect(wrong.kube.raw('/version')).rejects.toMatchObject({
    kind: 'configuration',
    hint: 'Choose a context that is in the kubeconfig.',
  });

  const missing = createKubeClient({
    connection: { kubeconfigPath: 'kubeconfig', context: 'x' },
    program: join(await tempDir(), 'kubectl'),
    env: process.env,
    clock: systemClock,
  });
  onTestFinished(missing.close);
  await expect(missing.raw('/version')).rejects.toMatchObject({
    kind: 'program-missing',
    hint: expect.stringContaining('Install kubectl'),
  });
});

test.each([
  [
    'an old one',
    'case "$*" in *version*) echo \'{"clientVersion":{"gitVersion":"v1.9.3"}}\';; esac',
    'it is v1.9.3',
  ],
  ['another program', 'echo hello', 'it tells no version'],
  ['one that fails silently', 'exit 3', 'it tells no version'],
])(
  'a kubectl on the PATH that is %s is told with its path and the next step',
  async (_, script, version) => {
    const directory = await tempDir();
    const program = join(directory, 'kubectl');
    await writeFile(program, `#!/bin/sh\n${script}\n`);
    await chmod(program, 0o700);
    const kube = createKubeClient({
      connection: { kubeconfigPath: 'kubeconfig', context: 'x' },
      program: 'kubectl',
      env: { ...process.env, PATH: directory, XDG_RUNTIME_DIR: await tempDir() },
      clock: systemClock,
    });
    onTestFinished(kube.close);

    await expect(kube.raw('/version')).rejects.toMatchObject({
      kind: 'program-missing',
      message: expect.stringMatching(
        new RegExp(`^${program} cannot be used as a proxy: .*ended with code \\d.*; ${version}$`),
      ),
      hint: expect.stringContaining('Install a kubectl'),
    });
  },
);

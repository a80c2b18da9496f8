import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { main } from '../../../src/lab/stand-ins/kubectl/main.js';
import { putObject } from '../../../src/lab/world/kube-store.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { type RecordedIo, recordedIo } from '../../support/program-io.js';

let serverLab: ServerLab;
let folder: string;

beforeAll(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 0 });
  folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
});

afterAll(async () => {
  await serverLab.close();
  rmSync(folder, { recursive: true, force: true });
});

interface RunningProxy {
  readonly socketPath: string;
  readonly recorded: RecordedIo;
  readonly stop: () => Promise<number>;
}

let count = 0;

async function startProxy(server?: string): Promise<RunningProxy> {
  count += 1;
  const socketPath = join(folder, `${count}.sock`);
  const recorded = recordedIo();
  const ended = main(
    ['--kubeconfig', serverLab.kubeconfig(server), 'proxy', `--unix-socket=${socketPath}`],
    recorded.io,
  );
  await recorded.said(`Starting to serve on ${socketPath}\n`);
  return {
    socketPath,
    recorded,
    stop: () => {
      recorded.interrupt('SIGTERM');
      return ended;
    },
  };
}

const open = (
  { socketPath }: RunningProxy,
  path: string,
  options: { readonly method?: string; readonly body?: string; readonly host?: string } = {},
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        path,
        method: options.method ?? 'GET',
        agent: false,
        headers: {
          host: options.host ?? 'localhost',
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(options.body);
  });

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}

const firstLine = (message: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    message.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.split('\n')[0] ?? '');
    });
  });

test('the socket serves the API as the user of the kubeconfig, and only its owner', async () => {
  const proxy = await startProxy();
  const nodes = JSON.parse(await textOf(await open(proxy, '/api/v1/nodes')));
  const who = await open(proxy, '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    method: 'POST',
    body: '{}',
  });

  expect(nodes.items).toHaveLength(5);
  expect(JSON.parse(await textOf(who)).status.userInfo.username).toBe('admin');
  expect(statSync(proxy.socketPath).mode & 0o077).toBe(0);
  await proxy.stop();
});

test('a change comes through an open watch at once, while the time of the lab stands still', async () => {
  const proxy = await startProxy();
  const { world } = serverLab.lab;
  const watch = await open(
    proxy,
    `/api/v1/namespaces?watch=1&resourceVersion=${world.etcd.revision}`,
  );
  expect(watch.statusCode).toBe(200);
  const line = firstLine(watch);
  putObject(world, 'namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'fresh' },
  });

  expect(JSON.parse(await line)).toMatchObject({
    type: 'ADDED',
    object: { metadata: { name: 'fresh' } },
  });
  watch.destroy();
  await proxy.stop();
});

test('a watch that the server breaks is broken for the client too', async () => {
  const proxy = await startProxy();
  const watch = await open(proxy, '/api/v1/nodes?watch=1&resourceVersion=0');
  const ended = new Promise<boolean>((resolve) => {
    watch.on('error', () => {});
    watch.on('close', () => resolve(watch.complete));
    watch.resume();
  });
  serverLab.lab.world.touch('cut:kube');

  expect(await ended).toBe(false);
  await proxy.stop();
});

test('commands inside pods and foreign host names are refused', async () => {
  const proxy = await startProxy();
  for (const [path, host] of [
    ['/api/v1/namespaces/shop/pods/db-0/exec?command=sh', 'localhost'],
    ['/api/v1/namespaces/shop/pods/db-0/attach', 'localhost'],
    ['/version', 'evil.example'],
  ] as const) {
    const reply = await open(proxy, path, { host });
    expect([reply.statusCode, await textOf(reply)]).toEqual([403, 'Forbidden\n']);
  }
  expect((await open(proxy, '/version', { host: '127.0.0.1:8001' })).statusCode).toBe(200);
  await proxy.stop();
});

test('a server that is not there is told in plain text, and in the log', async () => {
  const { world, ports } = serverLab.lab;
  const address = `${world.facts.gateway}:${ports.kube}`;
  const proxy = await startProxy(`https://${address}`);
  const reply = await open(proxy, '/version');
  const text = `dial tcp ${address}: connect: connection refused\n`;

  expect([reply.statusCode, await textOf(reply)]).toEqual([500, text]);
  expect(proxy.recorded.stderr()).toMatch(/^E\d{4} .*Error while proxying request: dial tcp/);
  await proxy.stop();
});

test('its end ends open watches, too', async () => {
  const proxy = await startProxy();
  const watch = await open(proxy, '/api/v1/nodes?watch=1&resourceVersion=0');
  const broken = new Promise((resolve) => watch.once('error', resolve));

  expect(await proxy.stop()).toBe(143);
  expect(await broken).toMatchObject({ code: 'ECONNRESET' });
});

test('a file that is no socket is left alone', async () => {
  const plain = join(folder, 'plain');
  writeFileSync(plain, 'mine');
  const recorded = recordedIo();
  const code = await main(
    ['--kubeconfig', serverLab.kubeconfig(), 'proxy', `--unix-socket=${plain}`],
    recorded.io,
  );

  expect(code).toBe(1);
  expect(recorded.stderr()).toBe(`error: listen unix ${plain}: bind: address already in use\n`);
  expect(statSync(plain).isFile()).toBe(true);
});

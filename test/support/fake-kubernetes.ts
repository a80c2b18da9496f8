import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Issued } from './authority.js';
import { tempDir } from './temp-dir.js';

/** One open watch, as the test drives it. */
export interface KubeStream {
  readonly url: URL;
  readonly send: (event: object) => void;
  /** As a server does when `timeoutSeconds` are over. */
  readonly end: () => void;
  readonly cut: () => void;
}

export interface FakeKubernetes {
  readonly port: number;
  /** Answers everything that is no watch. */
  answer: (url: URL) => { readonly code?: number; readonly body: unknown } | 'silence';
  onWatch: (stream: KubeStream) => void;
  /** When an answer is sent; at once unless told. */
  whenReady: (send: () => void) => void;
  readonly requests: string[];
  readonly streams: Set<KubeStream>;
  readonly stop: () => Promise<void>;
}

const LISTEN_ON_LOOPBACK = '127.0.0.1';

/** An API server of a few lines: plain HTTP where the TLS is kubectl's. */
export async function startFakeKubernetes(
  at = 0,
  tls: Issued | null = null,
): Promise<FakeKubernetes> {
  const sockets = new Set<Socket>();
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    handle(request, response, fake);
  const server =
    tls === null
      ? createServer(onRequest)
      : createTlsServer({ cert: tls.certificatePem, key: tls.keyPem }, onRequest);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const fake: FakeKubernetes = {
    port: 0,
    answer: () => ({ body: list([]) }),
    onWatch: () => {},
    whenReady: (send) => send(),
    requests: [],
    streams: new Set(),
    stop,
  };
  await new Promise<void>((resolve) => server.listen(at, LISTEN_ON_LOOPBACK, resolve));
  onTestFinished(stop);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(fake, { port: address.port });
}

export const list = (items: readonly object[], resourceVersion = '1', next?: string): object => ({
  kind: 'List',
  metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) },
  items,
});

export const status = (code: number, reason: string, message: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});

function handle(request: IncomingMessage, response: ServerResponse, fake: FakeKubernetes): void {
  const url = new URL(request.url ?? '/', 'http://kubernetes');
  fake.requests.push(`${request.method} ${url.pathname}${url.search}`);
  if (url.searchParams.get('watch') === '1') {
    openStream(url, response, fake);
    return;
  }
  const answer = fake.answer(url);
  if (answer === 'silence') return;
  const { code = 200, body } = answer;
  fake.whenReady(() => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

function openStream(url: URL, response: ServerResponse, fake: FakeKubernetes): void {
  const stream: KubeStream = {
    url,
    send: (event) => response.write(`${JSON.stringify(event)}\n`),
    end: () => response.end(),
    cut: () => response.destroy(),
  };
  fake.streams.add(stream);
  response.on('close', () => fake.streams.delete(stream));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  fake.onWatch(stream);
}

export interface FakeKubectl {
  readonly program: string;
  /** Arguments and chosen environment of every start. */
  readonly starts: () => Promise<readonly { pid: number; args: string[]; env: object }[]>;
}

/** A program that does what `kubectl proxy` does: it joins a unix socket to the API server. */
export async function makeFakeKubectl(port: number): Promise<FakeKubectl> {
  const directory = await tempDir();
  const program = join(directory, 'kubectl');
  const log = join(directory, 'starts.ndjson');
  await writeFile(program, `#!${process.execPath}\n${script(port, log)}`);
  await chmod(program, 0o700);
  return {
    program,
    starts: async () =>
      (await readFile(log, 'utf8').catch(() => ''))
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}

const script = (port: number, log: string): string => `
const net = require('node:net');
const fs = require('node:fs');
const args = process.argv.slice(2);
const { KUBECONFIG, KUBECTL_X, KUBERC, HTTPS_PROXY, KUBECACHEDIR } = process.env;
const env = { KUBECONFIG, KUBECTL_X, KUBERC, HTTPS_PROXY, KUBECACHEDIR };
fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify({ pid: process.pid, args, env }) + '\\n');
if (args.includes('broken')) {
  console.error('Error in configuration: context was not found for specified context: broken');
  process.exit(1);
}
const path = args.find((arg) => arg.startsWith('--unix-socket=')).slice('--unix-socket='.length);
fs.rmSync(path, { force: true });
process.umask(0o077);
net.createServer((client) => {
  const server = net.connect(${port}, '${LISTEN_ON_LOOPBACK}');
  client.on('error', () => server.destroy());
  server.on('error', () => {
    const body = 'dial tcp 127.0.0.1:${port}: connect: connection refused';
    client.end('HTTP/1.1 502 Bad Gateway\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
  });
  client.pipe(server);
  server.pipe(client);
  server.on('close', () => client.destroy());
}).listen(path, () => console.log('Starting to serve on ' + path));
`;

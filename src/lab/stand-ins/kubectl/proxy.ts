import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import type { CommandLine } from './arguments.js';
import { type Connection, connect } from './connection.js';
import { Failure } from './failure.js';
import { goErrorText } from './go-errors.js';
import type { Io } from './io.js';
import { klogHead } from './klog.js';
import { loadTarget } from './kubeconfig.js';

/** kubectl's defaults. */
const ACCEPT_HOSTS = '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$';
const ACCEPT_PATHS = '^.*';
const REJECT_PATHS = '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach';
const REJECT_METHODS = '^$';

/** What a shell says of a program that a signal ended. */
const SHELL_SIGNAL_BASE = 128;

/** They concern one connection only (RFC 9110 §7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Serves the API on a unix socket, as whom the kubeconfig says, until a signal ends it. @throws Failure */
export async function proxy({ flags }: CommandLine, io: Io): Promise<number> {
  const path = flags.get('unix-socket');
  if (path === undefined) {
    throw new Failure("error: the lab's kubectl serves a unix socket only: give --unix-socket");
  }
  const connection = connect(loadTarget(flags, io, false));
  const isAccepted = filterOf(flags);
  const server = createServer((request, response) => {
    if (isAccepted(request)) void forward(connection, request, response, io);
    else plain(response, 403, 'Forbidden');
  });
  // Watches live long, and the console keeps one idle connection: nothing here may time out.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;
  const ended = io.interrupted();
  await listen(server, path);
  io.out(`Starting to serve on ${path}\n`);
  const signal = await ended;
  server.close();
  server.closeAllConnections();
  connection.close();
  removeSocket(path);
  return SHELL_SIGNAL_BASE + (constants.signals[signal] ?? 0);
}

async function listen(server: Server, path: string): Promise<void> {
  removeSocket(path);
  // Nobody but the owner may talk through our credentials (kubectl: umask 0077 around listen).
  const before = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } catch (error) {
    // libuv says EACCES where the folder is missing.
    const isNowhere = !existsSync(dirname(path));
    const code = isNowhere ? 'ENOENT' : (error as NodeJS.ErrnoException).code;
    throw new Failure(`error: listen unix ${path}: bind: ${BIND_ERRORS[code ?? ''] ?? code}`);
  } finally {
    process.umask(before);
  }
}

const BIND_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
  EINVAL: 'invalid argument',
};

/** Only ever a socket: another file of that name stays. */
function removeSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // It is not there: that is what we want.
  }
}

function filterOf(flags: CommandLine['flags']): (request: IncomingMessage) => boolean {
  const patterns = (name: string, fallback: string): readonly RegExp[] =>
    (flags.get(name) ?? fallback).split(',').map((pattern) => new RegExp(pattern));
  const hosts = patterns('accept-hosts', ACCEPT_HOSTS);
  const paths = patterns('accept-paths', ACCEPT_PATHS);
  const rejected = patterns('reject-paths', REJECT_PATHS);
  const methods = patterns('reject-methods', REJECT_METHODS);
  const matches = (all: readonly RegExp[], text: string) => all.some((each) => each.test(text));
  return ({ url = '/', method = 'GET', headers }) => {
    const [path = ''] = url.split('?');
    const host = (headers.host ?? '').replace(/:\d+$/, '');
    return (
      !matches(rejected, path) &&
      !matches(methods, method) &&
      matches(hosts, host) &&
      matches(paths, path)
    );
  };
}

async function forward(
  connection: Connection,
  request: IncomingMessage,
  response: ServerResponse,
  io: Io,
): Promise<void> {
  const stopped = new AbortController();
  response.on('close', () => stopped.abort());
  try {
    const answer = await connection.call({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: endToEnd(request.headers),
      body: request,
      signal: stopped.signal,
    });
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    // The head of a watch arrives before its first event.
    response.flushHeaders();
    answer.on('error', () => response.destroy());
    answer.on('aborted', () => response.destroy());
    answer.pipe(response);
  } catch (error) {
    if (stopped.signal.aborted) return;
    const text = goErrorText(error, connection.target);
    io.err(`${klogHead()} proxy_server.go:147] Error while proxying request: ${text}\n`);
    plain(response, 500, text);
  }
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const endToEnd = (headers: Headers): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined || HOP_BY_HOP.includes(name)) return [];
      return [[name, typeof value === 'string' ? value : [...value]]];
    }),
  );

function plain(response: ServerResponse, code: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(code, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${text}\n`);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { endOrBreak } from '../wire/broken-answer.js';
import { killClient } from '../wire/kill-client.js';
import { latencyMsOf, takeApiError, takeTruncation } from '../world/faults.js';
import { answer } from './answer.js';
import { ApiError } from './api/status.js';
import { userOf } from './api/user.js';
import type { Gate } from './gate.js';
import type { ApiServer, Reply } from './server-context.js';
import { streamWatch, type WatchStreams } from './watch-stream.js';

/** The API server's own limit (apiserver: MaxRequestBodyBytes). */
const BODY_LIMIT_BYTES = 3 * 1024 * 1024;

const FAULT_TEXTS: Readonly<Record<number, readonly [string, string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden: denied by the lab'],
  404: ['NotFound', 'the server could not find the requested resource'],
  429: [
    'TooManyRequests',
    'the server has received too many requests and has asked us to try again later',
  ],
  500: ['InternalError', 'etcdserver: leader changed'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'Timeout: request did not complete within requested timeout - context deadline exceeded',
  ],
};

/** One HTTP exchange with one API server. Never throws: a mistake of the lab is a 500 with its text. */
export async function serve(
  server: ApiServer,
  request: IncomingMessage,
  response: ServerResponse,
  gate: Gate,
  streams: WatchStreams,
): Promise<void> {
  const call = callOf(request);
  const reply = await replyTo(server, request, call);
  await gate.opened();
  if (response.destroyed) return;
  const cut = reply.kind === 'json' ? takeTruncation(server.world, 'kube', call) : null;
  if (cut === null) send(server, response, reply, gate, streams);
  else breakOff(response, reply, cut);
}

/** `PATCH:/api/v1/nodes/talos-w-01` */
const callOf = (request: IncomingMessage): string =>
  `${request.method ?? 'GET'}:${(request.url ?? '/').replace(/\?.*$/s, '')}`;

async function replyTo(server: ApiServer, request: IncomingMessage, call: string): Promise<Reply> {
  try {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'https://lab');
    await delay(latencyMsOf(server.world, 'kube', call));
    const fault = takeApiError(server.world, 'kube', call);
    if (fault !== null) throw injected(fault);
    if (killClient(server.world, request.socket, call, 'before')) throw injected(500);
    const reply = await answer(server, {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      accept: request.headers.accept ?? '',
      contentType: request.headers['content-type'] ?? '',
      body,
      user: userOf(request.socket as TLSSocket),
    });
    killClient(server.world, request.socket, call, 'after');
    return reply;
  } catch (error) {
    const refusal = error instanceof ApiError ? error : internal(error);
    return { kind: 'json', code: refusal.code, body: refusal.body };
  }
}

const delay = (ms: number): Promise<void> =>
  ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));

function injected(code: number): ApiError {
  const [reason, message] = FAULT_TEXTS[code] ?? ['Unknown', 'injected by the lab'];
  return new ApiError(code, reason, message);
}

const internal = (error: unknown): ApiError =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${String(error)}`);

function breakOff(response: ServerResponse, reply: Reply, bytes: number): void {
  if (reply.kind !== 'json') return;
  const body = Buffer.from(`${JSON.stringify(reply.body)}\n`);
  response.writeHead(reply.code, {
    'content-type': reply.contentType ?? 'application/json',
    'content-length': String(body.length),
  });
  endOrBreak(response, body, bytes);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > BODY_LIMIT_BYTES) {
      throw new ApiError(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: limit is ${BODY_LIMIT_BYTES}`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function send(
  server: ApiServer,
  response: ServerResponse,
  reply: Reply,
  gate: Gate,
  streams: WatchStreams,
): void {
  const headers = { 'cache-control': 'no-cache, private' };
  switch (reply.kind) {
    case 'json': {
      const contentType = reply.contentType ?? 'application/json';
      const warning = (reply.warnings ?? []).map((text) => `299 - ${JSON.stringify(text)}`);
      if (warning.length > 0) response.setHeader('warning', warning);
      response.writeHead(reply.code, { ...headers, 'content-type': contentType });
      response.end(`${JSON.stringify(reply.body)}\n`);
      return;
    }
    case 'text':
      response.writeHead(reply.code, {
        ...headers,
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
      response.end(reply.text);
      return;
    case 'follow': {
      response.writeHead(200, { ...headers, 'content-type': 'text/plain' });
      response.write(reply.text);
      response.flushHeaders();
      const stop = reply.start(
        (text) => void gate.opened().then(() => response.write(text)),
        () => response.end(),
      );
      streams.add(response);
      response.on('close', () => {
        stop();
        streams.delete(response);
      });
      return;
    }
    case 'watch':
      response.writeHead(200, { ...headers, 'content-type': 'application/json' });
      response.flushHeaders();
      streamWatch({ server, response, gate, streams, ...reply });
      return;
  }
}

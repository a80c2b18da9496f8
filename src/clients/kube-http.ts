import { type IncomingMessage, request } from 'node:http';
import { type ClientError, OperatorError } from '../model/errors.js';
import { isSilence } from '../model/layers.js';
import type { Clock } from './clock.js';
import {
  asStatus,
  kubeCancelled,
  kubeLost,
  kubeMalformed,
  kubeResponseError,
  kubeSilence,
  parsed,
} from './kube-errors.js';
import type { KubeRoute } from './kube-route.js';
import { createLineSplitter } from './line-splitter.js';

export interface KubeReply {
  readonly code: number;
  readonly body: string;
}

export interface LineHandlers {
  /** The server has accepted and will send what happens. */
  readonly onOpen: () => void;
  readonly onLine: (line: string) => void;
  /** Once, and never after stop; null when the server ended the stream politely. */
  readonly onEnd: (error: OperatorError | null) => void;
}

/** HTTP to the API server through the socket of kubectl proxy. */
export interface KubeHttp {
  /** Any answer counts, whatever its code. @throws OperatorError */
  readonly reply: (path: string, options: KubeCallOptions) => Promise<KubeReply>;
  /** @throws OperatorError unless the answer is JSON with code 200 */
  readonly json: (path: string, options: KubeCallOptions) => Promise<unknown>;
  /** Sent once, never repeated. Null for an answer without content. @throws OperatorError */
  readonly write: (order: KubeOrder, options: KubeCallOptions) => Promise<unknown>;
  /** @returns stop */
  readonly lines: (path: string, handlers: LineHandlers) => () => void;
}

export interface KubeOrder {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: unknown;
}

export interface KubeCallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** etcd takes objects of 1.5 MiB; JSON makes them larger. */
const MAX_LINE_BYTES = 8 * 1024 ** 2;
const OPEN_MS = 10_000;

/** Whoever has not answered by then may be gone: another connection is asked beside it. */
const SUSPECT_MS = 800;

export interface KubeHttpWiring {
  /** Path of the socket, or why there is none. */
  readonly socket: () => Promise<string>;
  readonly route: KubeRoute;
  readonly clock: Clock;
}

export function createKubeHttp(wiring: KubeHttpWiring): KubeHttp {
  const { clock } = wiring;
  const within = async <T>(
    path: string,
    { timeoutMs, signal }: KubeCallOptions,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const abort = new AbortController();
    let verdict: OperatorError | null = null;
    const giveUp = (error: OperatorError) => {
      verdict = error;
      abort.abort();
    };
    const onAbort = () => giveUp(kubeCancelled(path));
    if (signal?.aborted) throw kubeCancelled(path);
    signal?.addEventListener('abort', onAbort, { once: true });
    const stopTimer = clock.after(timeoutMs, () => giveUp(kubeSilence(path, timeoutMs)));
    try {
      return await run(abort.signal);
    } catch (error) {
      throw verdict ?? transportError(path, error);
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
    }
  };
  const reply: KubeHttp['reply'] = (path, options) =>
    within(path, options, (signal) => askSomewhere(wiring, path, signal));

  return {
    reply,
    async json(path, options) {
      const { code, body } = await reply(path, options);
      if (code !== 200) throw kubeResponseError(path, code, body);
      const content = parsed(body);
      if (content === undefined) throw kubeMalformed(path, 'it is no JSON');
      return content;
    },
    async write({ method, path, body }, options) {
      const call = { method, path, body: body === undefined ? null : JSON.stringify(body) };
      const { code, body: answer } = await within(path, options, (signal) =>
        askSuspecting(wiring, call, signal),
      );
      if (code < 200 || code > 299) throw kubeResponseError(path, code, answer);
      if (answer === '') return null;
      const content = parsed(answer);
      if (content === undefined) throw kubeMalformed(path, 'it is no JSON');
      return content;
    },
    lines: (path, handlers) => followLines(wiring, path, handlers),
  };
}

/** A read may be repeated: once more, after the way to the server has failed and another one is found. */
async function askSomewhere(
  wiring: KubeHttpWiring,
  path: string,
  signal: AbortSignal,
): Promise<KubeReply> {
  const { route } = wiring;
  const since = route.turn();
  const first = await askSuspecting(wiring, reading(path), signal).catch(asFailure(path));
  const failure = first instanceof OperatorError ? first : wayFailure(path, first);
  const isOver = failure === null || !isSilence(failure) || signal.aborted;
  if (!isOver && (await route.recover(since)) !== 'none' && !signal.aborted) {
    return await ask(wiring, reading(path), signal);
  }
  if (first instanceof OperatorError) throw first;
  return first;
}

/** From when the request is on its way: how long kubectl takes to start says nothing about the server. */
const suspect = ({ route, clock }: KubeHttpWiring): (() => void) => {
  const since = route.turn();
  return clock.after(SUSPECT_MS, () => void route.recover(since));
};

async function askSuspecting(
  wiring: KubeHttpWiring,
  call: Call,
  signal: AbortSignal,
): Promise<KubeReply> {
  await wiring.socket();
  return await ask(wiring, call, signal).finally(suspect(wiring));
}

interface Call {
  readonly method: 'GET' | KubeOrder['method'];
  readonly path: string;
  readonly body: string | null;
}

const reading = (path: string): Call => ({ method: 'GET', path, body: null });

async function ask(
  { socket }: KubeHttpWiring,
  call: Call,
  signal: AbortSignal,
): Promise<KubeReply> {
  const socketPath = await socket();
  signal.throwIfAborted();
  const message = await open(socketPath, call, signal);
  return { code: message.statusCode ?? 0, body: await textOf(message) };
}

/** kubectl proxy did not get through to the API server, which would have answered with a Status. */
function wayFailure(path: string, { code, body }: KubeReply): ClientError | null {
  if (code < 500 || asStatus(parsed(body)) !== null) return null;
  return kubeResponseError(path, code, body);
}

function followLines(wiring: KubeHttpWiring, path: string, handlers: LineHandlers): () => void {
  const { socket, clock } = wiring;
  const abort = new AbortController();
  let isOver = false;
  const stop = () => {
    isOver = true;
    stopTimer();
    stopSuspicion();
    abort.abort();
  };
  const end = (error: OperatorError | null) => {
    if (isOver) return;
    stop();
    handlers.onEnd(error);
  };
  const stopTimer = clock.after(OPEN_MS, () => end(kubeSilence(path, OPEN_MS)));
  let stopSuspicion = () => {};

  const begin = async () => {
    const socketPath = await socket();
    if (!isOver) stopSuspicion = suspect(wiring);
    const message = await open(socketPath, reading(path), abort.signal);
    const code = message.statusCode ?? 0;
    if (code !== 200) throw kubeResponseError(path, code, await textOf(message));
    return message;
  };
  begin().then(
    (message) => {
      if (isOver) return;
      stopTimer();
      stopSuspicion();
      handlers.onOpen();
      deliver(message, path, (line) => isOver || handlers.onLine(line), end);
    },
    (error: unknown) => end(transportError(path, error)),
  );
  return stop;
}

function deliver(
  message: IncomingMessage,
  path: string,
  onLine: (line: string) => void,
  onEnd: (error: OperatorError | null) => void,
): void {
  const splitter = createLineSplitter(MAX_LINE_BYTES);
  message.on('data', (chunk: Buffer) => {
    const lines = splitter.push(chunk);
    if (lines === null) onEnd(kubeMalformed(path, 'a line is too long'));
    else for (const line of lines) onLine(line);
  });
  message.on('error', (error) => onEnd(transportError(path, error)));
  message.on('end', () =>
    onEnd(splitter.rest() === '' ? null : kubeLost(path, 'the stream was cut')),
  );
}

/** A connection per request: an idle one may outlive the proxy behind it. */
function open(
  socketPath: string,
  { method, path, body }: Call,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      // kubectl proxy takes requests for localhost only.
      host: 'localhost',
      accept: 'application/json',
      ...(body === null
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    request({ method, socketPath, path, headers, signal, agent: false }, resolve)
      .on('error', reject)
      .end(body ?? undefined);
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const asFailure =
  (path: string) =>
  (error: unknown): OperatorError =>
    transportError(path, error);

/** System errors have a code; anything else is a bug and keeps its stack. */
function transportError(path: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return kubeLost(path, `the connection was cut: ${error.code}`, error);
}

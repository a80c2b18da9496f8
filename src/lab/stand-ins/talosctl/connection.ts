import { X509Certificate } from 'node:crypto';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Target } from './config.js';
import { CommandError, connectionText, RpcError, unavailable } from './errors.js';

const DEFAULT_PORT = 50_000;
/** grpc-go gives an attempt 20 seconds. */
const CONNECT_TIMEOUT_MS = 20_000;
/** talos-wire.md §1: stream and connection windows of Talos' own client. */
const STREAM_WINDOW_BYTES = 65_535 * 32;
const FRAME_HEADER_BYTES = 5;

export interface CallRequest {
  readonly path: string;
  readonly message: Buffer;
  /** `nodes` for the machine API, `node` for resources (clients up to 1.13). */
  readonly metadata: Readonly<Record<string, string | readonly string[]>>;
}

/** One HTTP/2 connection to the first endpoint that answers. */
export class Connection {
  readonly #session: ClientHttp2Session;
  readonly address: string;

  private constructor(session: ClientHttp2Session, address: string) {
    this.#session = session;
    this.address = address;
  }

  /** @throws RpcError with the text of the last endpoint when none answers. */
  static async open(target: Target): Promise<Connection> {
    const attempts = target.endpoints.map((endpoint) => attempt(target, endpoint));
    try {
      const { session, host } = await Promise.any(attempts.map(({ opened }) => opened));
      for (const other of attempts) if (other.session !== session) other.session.destroy();
      return new Connection(session, host);
    } catch (error) {
      const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
      throw last;
    }
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  close(): void {
    this.#session.destroy();
  }

  /** Sends a stream of frames and takes the one answer. @throws RpcError unless the call ends with OK. */
  async upload(path: string, node: string, frames: AsyncIterable<Buffer>): Promise<void> {
    const call = this.#open(path, { node });
    const status = statusOf(call);
    call.resume();
    call.on('error', () => {});
    for await (const frame of frames) {
      if (call.destroyed || call.closed) break;
      if (!call.write(framed(frame))) await new Promise((resolve) => call.once('drain', resolve));
    }
    call.end();
    const { code, details } = await status;
    if (code !== 0) throw new RpcError(code, details);
  }

  #open(path: string, metadata: CallRequest['metadata']): ClientHttp2Stream {
    return this.#session.request({
      ':method': 'POST',
      ':path': `/${path}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      runtime: 'Talos',
      ...(metadata as Record<string, string | string[]>),
    });
  }

  /** @throws RpcError unless the call ends with OK. */
  async *stream(request: CallRequest): AsyncGenerator<Buffer> {
    const call = this.#open(request.path, request.metadata);
    const status = statusOf(call);
    call.end(framed(request.message));
    try {
      yield* framesOf(call);
    } catch {
      // What went wrong is in the status: a lost connection has none.
    }
    const { code, details } = await status;
    if (code !== 0) throw new RpcError(code, details);
  }
}

function framed(message: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

interface Attempt {
  readonly session: ClientHttp2Session;
  readonly opened: Promise<{ readonly session: ClientHttp2Session; readonly host: string }>;
}

function attempt(target: Target, endpoint: string): Attempt {
  const url = new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  const { ca, crt, key } = target.context;
  const session = connect(`https://${url.hostname}:${port}`, {
    ...(ca === null ? {} : { ca }),
    ...(crt === null ? {} : { cert: crt }),
    ...(key === null ? {} : { key: opensslKey(key) }),
    ...(target.isInsecure ? { rejectUnauthorized: false } : {}),
    settings: { initialWindowSize: STREAM_WINDOW_BYTES },
  });
  const opened = new Promise<{ session: ClientHttp2Session; host: string }>((resolve, reject) => {
    const address = `${url.hostname}:${port}`;
    const timeout = setTimeout(() => {
      reject(unavailable('connection error: desc = "transport: context deadline exceeded"'));
      session.destroy();
    }, CONNECT_TIMEOUT_MS);
    session.once('close', () => {
      clearTimeout(timeout);
      reject(unavailable(refusalText(target.context)));
    });
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timeout);
      const text = HANG_UPS.has(error.code ?? '') ? null : connectionText(error, address);
      reject(unavailable(text ?? refusalText(target.context)));
    };
    session.once('error', fail);
    // An alert after the handshake ends the socket, and Node's session says nothing of it.
    session.once('connect', (_session, socket) => socket.once('error', fail));
    // The server's settings prove that it accepted the certificate: with TLS 1.3 a refusal comes after the handshake.
    session.once('remoteSettings', () => {
      clearTimeout(timeout);
      session.on('error', () => {});
      session.setLocalWindowSize(STREAM_WINDOW_BYTES);
      resolve({ session, host: url.hostname });
    });
  });
  opened.catch(() => {});
  return { session, opened };
}

const HANG_UPS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ERR_HTTP2_ERROR']);

/**
 * A connection that ends before the server's first word. apid would say why in a TLS alert; a server in Node hangs up
 * on a certificate that it does not like. The reason is in our own certificate.
 */
function refusalText({ crt, ca }: Target['context']): string {
  const preface = (reason: string): string =>
    `connection error: desc = "error reading server preface: ${reason}"`;
  if (crt === null || ca === null) return preface('EOF');
  const own = new X509Certificate(crt);
  if (Date.parse(own.validTo) < Date.now())
    return preface('remote error: tls: expired certificate');
  return own.verify(new X509Certificate(ca).publicKey)
    ? preface('EOF')
    : preface('remote error: tls: unknown certificate authority');
}

/** Talos labels its keys in a way that only Go accepts; the content is ordinary PKCS#8. */
const opensslKey = (pem: string): string => pem.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY');

interface Status {
  readonly code: number;
  readonly details: string;
}

/** From the trailers, or from the headers of an answer without a body. */
function statusOf(call: ClientHttp2Stream): Promise<Status> {
  return new Promise((resolve) => {
    const take = (headers: IncomingHttpHeaders): void => {
      const code = headers['grpc-status'];
      if (code === undefined) return;
      resolve({
        code: Number(code),
        details: decodeMessage(String(headers['grpc-message'] ?? '')),
      });
    };
    call.on('response', take);
    call.on('trailers', take);
    call.on('error', () => {});
    call.on('close', () => resolve({ code: 14, details: 'error reading from server: EOF' }));
  });
}

function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function* framesOf(call: ClientHttp2Stream): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of call as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    let waiting = size >= FRAME_HEADER_BYTES ? Buffer.concat(chunks) : null;
    if (waiting === null) continue;
    for (;;) {
      if (waiting.length < FRAME_HEADER_BYTES) break;
      const end: number = FRAME_HEADER_BYTES + waiting.readUInt32BE(1);
      if (waiting.length < end) break;
      yield waiting.subarray(FRAME_HEADER_BYTES, end);
      waiting = waiting.subarray(end);
    }
    chunks = [waiting];
    size = waiting.length;
  }
  if (size > 0) throw new CommandError('unexpected EOF');
}

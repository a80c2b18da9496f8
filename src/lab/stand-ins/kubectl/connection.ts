import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Target } from './kubeconfig.js';

/** Go's defaults: net.Dialer of client-go and http.Transport. */
const DIAL_MS = 30_000;
const HANDSHAKE_MS = 10_000;

export interface Call {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: string | IncomingMessage;
  readonly signal?: AbortSignal;
}

export interface Connection {
  readonly target: Target;
  /** Resolves with the head of the answer; its body still streams. Rejects with what the socket said. */
  readonly call: (call: Call) => Promise<IncomingMessage>;
  readonly close: () => void;
}

/** Keep-alive connections to one API server, verified against the kubeconfig's authority. */
export function connect(target: Target): Connection {
  const isTls = target.server.protocol === 'https:';
  const agent = isTls
    ? new https.Agent({
        keepAlive: true,
        ...(target.ca === undefined ? {} : { ca: target.ca }),
        ...(target.cert === undefined ? {} : { cert: target.cert }),
        ...(target.key === undefined ? {} : { key: target.key }),
      })
    : new http.Agent({ keepAlive: true });
  return {
    target,
    call: (call) => send(target, agent, isTls, call),
    close: () => agent.destroy(),
  };
}

function send(
  target: Target,
  agent: http.Agent,
  isTls: boolean,
  call: Call,
): Promise<IncomingMessage> {
  const prefix = target.server.pathname.replace(/\/$/, '');
  const options = {
    agent,
    host: target.server.hostname.replace(/^\[|\]$/g, ''),
    port: target.server.port === '' ? (isTls ? 443 : 80) : Number(target.server.port),
    method: call.method,
    path: prefix + call.path,
    headers: {
      ...call.headers,
      host: target.server.host,
      ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
    },
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? https : http).request(options, resolve);
    request.on('socket', (socket) => limitConnecting(socket, isTls));
    request.on('error', reject);
    if (call.body === undefined) request.end();
    else if (typeof call.body === 'string') request.end(call.body);
    else call.body.pipe(request);
  });
}

/** A port that accepts and says nothing ends after ten seconds, an address that is not there after thirty. */
function limitConnecting(socket: Socket, isTls: boolean): void {
  if (!socket.connecting) return;
  const fail = (code: string) => socket.destroy(Object.assign(new Error(code), { code }));
  let timer = setTimeout(() => fail('DIAL_TIMEOUT'), DIAL_MS);
  const stop = (): void => clearTimeout(timer);
  socket.once('close', stop);
  socket.once('connect', () => {
    stop();
    if (!isTls) return;
    timer = setTimeout(() => fail('HANDSHAKE_TIMEOUT'), HANDSHAKE_MS);
    (socket as TLSSocket).once('secureConnect', stop);
  });
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Authority, IssueOptions } from './authority.js';

export interface ProxmoxRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
}

export interface FakeProxmox {
  readonly port: number;
  readonly requests: ProxmoxRequest[];
  /** The answer; an object is wrapped as data. */
  answer: (request: ProxmoxRequest, response: ServerResponse) => unknown;
  /** Ends every connection that is open now, as pveproxy does with idle ones. */
  readonly dropConnections: () => void;
}

export const TOKEN = 'talos-tui@pve!tui=12345678-1234-1234-1234-123456789abc';

/** A Proxmox API of a few lines over TLS. */
export async function startFakeProxmox(
  authority: Authority,
  certificate: Partial<IssueOptions> = {},
): Promise<FakeProxmox> {
  const issued = await authority.issue({
    subject: 'CN=pve',
    purpose: 'server',
    ips: ['127.0.0.1'],
    ...certificate,
  });
  const sockets = new Set<Duplex>();
  const fake: FakeProxmox = {
    port: 0,
    requests: [],
    answer: () => ({}),
    dropConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
  const server = createServer(
    { cert: issued.certificatePem, key: issued.keyPem },
    (request, response) => void handle(request, response, fake),
  );
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    fake.dropConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(fake, { port: address.port });
}

/** Like pveproxy: the text stands in the status line, and the connection ends. */
export function refuse(response: ServerResponse, code: number, text: string, body = ''): undefined {
  response.writeHead(code, text, { connection: 'close' });
  response.end(body);
  return undefined;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  fake: FakeProxmox,
): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const seen = {
    method: request.method ?? '',
    path: request.url ?? '',
    body,
    authorization: request.headers.authorization ?? '',
  };
  fake.requests.push(seen);
  const data = fake.answer(seen, response);
  if (data === undefined || response.writableEnded) return;
  response.writeHead(200, { 'content-type': 'application/json;charset=UTF-8' });
  response.end(typeof data === 'string' ? data : JSON.stringify({ data }));
}

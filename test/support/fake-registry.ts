import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface FakeRegistry {
  /** `127.0.0.1:41234` */
  readonly host: string;
  readonly url: string;
  /** `HEAD /v2/…`, in order. */
  readonly requests: readonly string[];
}

/** A factory or registry over plain HTTP, of a few lines. */
export async function startFakeRegistry(
  answer: (request: IncomingMessage, response: ServerResponse, url: string) => void,
): Promise<FakeRegistry> {
  const requests: string[] = [];
  let url = '';
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const host = `127.0.0.1:${address.port}`;
  url = `http://${host}`;
  return { host, url, requests };
}

export function reply(response: ServerResponse, code: number, body: unknown = ''): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

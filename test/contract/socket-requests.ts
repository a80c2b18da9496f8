import { request } from 'node:http';
import type { ProxyRequest } from './case.js';
import { filled, type Seat } from './seat.js';

const LIMIT_MS = 10_000;

export interface SocketReply {
  readonly status: number | string;
  readonly contentType: string;
  readonly body: string;
}

/** What an HTTP client on the unix socket gets; a stream is cut off after its time. */
export async function throughSocket(
  socketPath: string,
  wish: ProxyRequest,
  seat: Seat,
): Promise<SocketReply> {
  const body = wish.body === undefined ? '' : JSON.stringify(await wish.body(seat.lab));
  return new Promise((resolve) => {
    let status: number | string = 'none';
    let contentType = '';
    let text = '';
    const done = (): void => {
      clearTimeout(timer);
      resolve({ status, contentType, body: text });
      call.destroy();
    };
    const call = request(
      {
        socketPath,
        method: wish.method,
        path: filled(wish.path, seat),
        headers: { ...wish.headers, 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        status = answer.statusCode ?? 0;
        contentType = answer.headers['content-type'] ?? '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('error', done);
        answer.on('end', done);
      },
    );
    const timer = setTimeout(done, wish.forMs ?? LIMIT_MS);
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (status === 'none') status = error.code ?? error.message;
      done();
    });
    call.end(body);
  });
}

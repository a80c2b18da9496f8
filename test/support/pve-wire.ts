import { request } from 'node:https';
import type { LabHandle } from '../../src/lab/world/types.js';

export interface PveReply {
  readonly code: number;
  /** The reason phrase: Proxmox puts its error text there. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  readonly json: {
    readonly data: unknown;
    readonly total?: number;
    readonly message?: string;
    readonly errors?: Readonly<Record<string, string>>;
  };
}

export interface PveCallOptions {
  readonly method?: string;
  /** Already encoded. */
  readonly body?: string;
  readonly contentType?: string;
  /** null = sends no credentials. */
  readonly token?: string | null;
  /** Default: the host that the lab's clients speak to. */
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One call of the lab's Proxmox API, with the certificate verified against the lab's CA. */
export function pveCall(
  { world, pki, ports, pveToken }: LabHandle,
  path: string,
  options: PveCallOptions = {},
): Promise<PveReply> {
  const token = options.token === undefined ? pveToken : options.token;
  const { body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: options.host ?? world.facts.pveAddress,
        port: ports.pve,
        path: `/api2/json${path}`,
        method: options.method ?? 'GET',
        ca: pki.pveCaPem,
        agent: false,
        headers: {
          ...(token === null ? {} : { authorization: `PVEAPIToken=${token}` }),
          ...(body === undefined
            ? {}
            : {
                'content-type': options.contentType ?? 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body)),
              }),
          ...options.headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            code: answer.statusCode ?? 0,
            reason: answer.statusMessage ?? '',
            headers: answer.headers,
            text,
            json: text === '' ? { data: null } : (JSON.parse(text) as PveReply['json']),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

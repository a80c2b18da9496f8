import { Agent, request } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import type { Client } from './client.js';
import { CommandError, dialText } from './errors.js';
import { DATA } from './messages.js';

const TAR_HEADER_BYTES = 512;

/** The one file of the archive. */
export function fileInArchive(archive: Buffer): Buffer {
  const tar = gunzipSync(archive);
  const size = Number.parseInt(tar.subarray(124, 136).toString('latin1'), 8);
  return tar.subarray(TAR_HEADER_BYTES, TAR_HEADER_BYTES + size);
}

/** Without a node from whatever endpoint answers: it is a control plane by convention. */
export async function kubeconfigOf(client: Client, node?: string): Promise<Kubeconfig> {
  const chunks: Buffer[] = [];
  const path = 'machine.MachineService/Kubeconfig';
  const nothing = Buffer.alloc(0);
  const frames =
    node === undefined
      ? client.streamAnywhere(path, nothing)
      : client.streamNode(node, path, nothing);
  for await (const frame of frames) {
    chunks.push(DATA.decode(frame).bytes);
  }
  return parse(fileInArchive(Buffer.concat(chunks)).toString('utf8')) as Kubeconfig;
}

export interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly {
    readonly user: {
      readonly 'client-certificate-data': string;
      readonly 'client-key-data': string;
    };
  }[];
}

export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly items?: readonly KubeObject[];
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  readonly message?: string;
}

interface Answer {
  readonly status: number;
  readonly body: KubeObject;
}

export type Ask = (method: string, path: string, body?: object) => Promise<Answer>;

const decoded = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** `server`: instead of the one that the file names. */
export function asking({ clusters, users }: Kubeconfig, server?: string): Ask {
  const [{ cluster } = { cluster: null }] = clusters;
  const [{ user } = { user: null }] = users;
  if (cluster === null || user === null) throw new CommandError('error parsing kubeconfig');
  const agent = new Agent({
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
    keepAlive: false,
  });
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const url = new URL(path, server ?? cluster.server);
      const type =
        method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
      const headers = { accept: 'application/json', 'content-type': type };
      const call = request(url, { method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const object = text.startsWith('{') ? (JSON.parse(text) as KubeObject) : EMPTY;
          resolve({ status: response.statusCode ?? 0, body: object });
        });
      });
      call.on('error', (error) => {
        const verb = `${method.charAt(0)}${method.slice(1).toLowerCase()}`;
        const reason = dialText(error, `${url.hostname}:${url.port}`) ?? error.message;
        reject(new CommandError(`${verb} ${JSON.stringify(url.href)}: ${reason}`));
      });
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

export const EMPTY: KubeObject = { metadata: { name: '' } };

/** @throws CommandError unless it went well. */
export function good({ status, body }: Answer, purpose: string): KubeObject {
  if (status < 300) return body;
  throw new CommandError(`${purpose}: ${body.message ?? `status ${status}`}`);
}

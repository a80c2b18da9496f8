import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { KeyPair, LabHandle } from '../../src/lab/world/types.js';

export interface KubeReply {
  readonly code: number;
  readonly contentType: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly json: KubeBody;
}

/** Loose on purpose: tests state what they expect of it. */
export interface KubeBody {
  readonly [field: string]: unknown;
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly items: readonly KubeBody[];
  readonly status: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface KubeWireEvent {
  readonly type: string;
  readonly object: KubeBody;
}

export interface KubeWatch {
  readonly events: readonly KubeWireEvent[];
  /** Resolves with all events once there are this many. */
  readonly received: (count: number) => Promise<readonly KubeWireEvent[]>;
  /** How the stream ended. */
  readonly ended: Promise<'complete' | 'cut'>;
  readonly stop: () => void;
}

export interface KubeWireOptions {
  readonly address?: string;
  /** null = no certificate. */
  readonly client?: KeyPair | null;
}

export interface KubeWire {
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<KubeReply>;
  readonly get: (path: string) => Promise<KubeReply>;
  readonly watch: (path: string) => Promise<KubeWatch>;
  readonly close: () => void;
}

/** A bare client of an API server of the lab: HTTPS, nothing hidden. */
export function kubeWire(
  { world, pki, ports }: LabHandle,
  options: KubeWireOptions = {},
): KubeWire {
  const client = options.client === undefined ? pki.kubeAdmin() : options.client;
  const agent = new Agent({
    keepAlive: true,
    ca: pki.kubeCaPem,
    ...(client === null ? {} : { cert: client.certPem, key: client.keyPem }),
  });
  const host = options.address ?? world.facts.vip;
  const open = (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const bytes =
        body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const sent = request(
        {
          agent,
          host,
          port: ports.kube,
          method,
          path,
          headers: {
            ...(bytes === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        resolve,
      );
      sent.on('error', reject);
      sent.end(bytes);
    });
  const call: KubeWire['call'] = async (method, path, body, headers) =>
    replyOf(await open(method, path, body, headers));
  return {
    call,
    get: (path) => call('GET', path),
    watch: async (path) => watchOf(await open('GET', path)),
    close: () => agent.destroy(),
  };
}

async function replyOf(message: IncomingMessage): Promise<KubeReply> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const contentType = message.headers['content-type'] ?? '';
  const json = (contentType.includes('json') ? JSON.parse(text) : {}) as KubeBody;
  return { code: message.statusCode ?? 0, contentType, headers: message.headers, text, json };
}

async function watchOf(message: IncomingMessage): Promise<KubeWatch> {
  if (message.statusCode !== 200) {
    const { code, text } = await replyOf(message);
    throw new Error(`watch answered ${code}: ${text}`);
  }
  const events: KubeWireEvent[] = [];
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  let rest = '';
  message.setEncoding('utf8');
  message.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.map((line) => JSON.parse(line) as KubeWireEvent));
    for (const { count, done } of waiting) if (events.length >= count) done();
  });
  const ended = new Promise<'complete' | 'cut'>((resolve) => {
    message.on('end', () => resolve('complete'));
    message.on('error', () => resolve('cut'));
    message.on('close', () => resolve(message.complete ? 'complete' : 'cut'));
  });
  return {
    events,
    ended,
    received: (count) =>
      new Promise((resolve) => {
        const done = (): void => resolve([...events]);
        if (events.length >= count) done();
        else waiting.push({ count, done });
      }),
    stop: () => message.destroy(),
  };
}

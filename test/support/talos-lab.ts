import { join } from 'node:path';
import {
  Client,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type MethodDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createKubeSigner, createLabPki } from '../../src/lab/pki/lab-pki.js';
import { startTalosServers } from '../../src/lab/talos/server.js';
import { createWorld } from '../../src/lab/world/create.js';
import { parseSize } from '../../src/lab/world/topology.js';
import type { KeyPair, LabHandle, LabNode, LabPki, World } from '../../src/lab/world/types.js';
import { PATIENCE_MS } from './patience.js';

export const TALOS_PORT = 50_000;

/** A lab with nothing but its Talos API, on a free slice of the loopback range. Time stands still. */
export interface TalosTestLab {
  readonly world: World;
  readonly pki: LabPki;
  readonly node: (hostname: string) => LabNode;
  readonly close: () => Promise<void>;
}

interface LabOptions {
  readonly size?: string;
  readonly seed?: number;
  readonly talosVersion?: string;
}

const START_MS = Date.now();

export async function startTalosTestLab(options: LabOptions = {}): Promise<TalosTestLab> {
  for (let attempt = 0; ; attempt += 1) {
    const lan = 20 + Math.floor(Math.random() * 220);
    try {
      return await startOn(`127.${lan}`, options);
    } catch (error) {
      if (attempt >= 20 || !String(error).includes('EADDRINUSE')) throw error;
    }
  }
}

/** A world without servers. */
export const aWorld = (size: string): World => createTestWorld('127.7', { size }).world;

function createTestWorld(lanPrefix: string, options: LabOptions) {
  const signer = createKubeSigner(START_MS);
  const size = parseSize(options.size ?? '3+2');
  if (size === null) throw new Error('No such size.');
  const world = createWorld({
    seed: options.seed ?? 7,
    size,
    lanPrefix,
    pki: signer,
    timeScale: 0,
    startMs: START_MS,
    ...(options.talosVersion === undefined ? {} : { talosVersion: options.talosVersion }),
  });
  return { signer, world };
}

async function startOn(lanPrefix: string, options: LabOptions): Promise<TalosTestLab> {
  const { signer, world } = createTestWorld(lanPrefix, options);
  const pki = createLabPki(signer, {
    facts: world.facts,
    controlPlanes: () => [...world.nodes.values()].filter(({ role }) => role === 'controlplane'),
    nowMs: START_MS,
  });
  const lab: LabHandle = {
    world,
    pki,
    dir: '',
    pveToken: '',
    ports: { talos: TALOS_PORT, kube: 6443, kubelet: 10_250, pve: 8006, factory: 8080 },
    log: (line) => {
      throw new Error(line);
    },
  };
  const server = await startTalosServers(lab);
  return {
    world,
    pki,
    node: (hostname) => {
      const node = world.nodes.get(hostname);
      if (node === undefined) throw new Error(`No node ${hostname}.`);
      return node;
    },
    close: async () => {
      await server.close();
      world.clock.stop();
    },
  };
}

const PROTO_DIRECTORY = join(import.meta.dirname, '../../assets/proto');

const PROTO_FILES = [
  'cosi.proto',
  'machine.proto',
  'cluster.proto',
  'inspect.proto',
  'lifecycle.proto',
  'storage.proto',
  'time.proto',
];

const definitions: GrpcObject = loadPackageDefinition(
  loadSync(PROTO_FILES, {
    keepCase: true,
    longs: String,
    enums: String,
    bytes: Buffer,
    defaults: true,
    oneofs: true,
    includeDirs: [PROTO_DIRECTORY],
  }),
);

function methodOf(path: string): MethodDefinition<object, object> {
  const [service = '', name = ''] = path.split('/');
  const found = service
    .split('.')
    .reduce<GrpcObject>((scope, part) => scope[part] as GrpcObject, definitions);
  const method = (found as unknown as ServiceClientConstructor).service[name];
  if (method === undefined) throw new Error(`No method ${path}.`);
  return method as MethodDefinition<object, object>;
}

/** What tests read of cosi.resource; everything else is typed by the test that needs it. */
export interface WireResource {
  readonly metadata: {
    readonly namespace: string;
    readonly type: string;
    readonly id: string;
    readonly version: string;
    readonly phase: string;
    readonly owner: string;
  };
  readonly spec: { readonly proto_spec: Buffer; readonly yaml_spec: string };
}

export interface WireEvent {
  readonly event_type: string;
  readonly resource: WireResource | null;
  readonly old: WireResource | null;
  readonly error?: string;
  readonly bookmark?: Buffer;
}

export interface WatchFrame {
  readonly event: readonly WireEvent[];
}

export interface StreamEnd {
  readonly code: number;
  readonly details: string;
}

/** Everything that a stream brought, and a way to wait for more. */
export class Stream<Frame> {
  readonly frames: Frame[] = [];
  readonly #call: ClientReadableStream<object>;
  readonly #listeners = new Set<() => void>();
  end: StreamEnd | null = null;

  constructor(call: ClientReadableStream<object>) {
    this.#call = call;
    call.on('data', (frame: Frame) => {
      this.frames.push(frame);
      this.#announce();
    });
    call.on('error', (error: ServiceError) => {
      this.end = { code: error.code, details: error.details };
      this.#announce();
    });
    call.on('end', () => {
      this.end ??= { code: 0, details: '' };
      this.#announce();
    });
  }

  async until(isReached: (stream: Stream<Frame>) => boolean, what: string): Promise<void> {
    if (isReached(this)) return;
    await new Promise<void>((resolve, reject) => {
      const timeout = setTimeout(() => {
        reject(new Error(`${what}: not in time, got ${JSON.stringify(this.frames).slice(0, 800)}`));
      }, PATIENCE_MS);
      const check = (): void => {
        if (!isReached(this)) return;
        clearTimeout(timeout);
        this.#listeners.delete(check);
        resolve();
      };
      this.#listeners.add(check);
    });
  }

  frameCount(count: number): Promise<void> {
    return this.until(({ frames }) => frames.length >= count, `${count} frames`);
  }

  async ended(): Promise<StreamEnd> {
    await this.until(({ end }) => end !== null, 'end of stream');
    return this.end ?? { code: -1, details: '' };
  }

  cancel(): void {
    this.#call.cancel();
  }

  #announce(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

export const eventsOf = (stream: Stream<WatchFrame>): readonly WireEvent[] =>
  stream.frames.flatMap(({ event }) => event);

export interface CallOptions {
  readonly node?: string;
  readonly nodes?: readonly string[];
  readonly deadlineMs?: number;
}

/** A gRPC client that shares no code with ours. */
export class TalosTestClient {
  readonly #client: Client;

  constructor(lab: TalosTestLab, endpoint: string, pair: KeyPair = lab.pki.talosAdmin()) {
    // Talos labels its keys in a way that OpenSSL does not know.
    const key = pair.keyPem.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY');
    this.#client = new Client(
      `${endpoint}:${TALOS_PORT}`,
      credentials.createSsl(
        Buffer.from(lab.pki.talosCaPem),
        Buffer.from(key),
        Buffer.from(pair.certPem),
      ),
      {
        'grpc.max_receive_message_length': 32 * 1024 * 1024,
        'grpc.enable_retries': 0,
        'grpc.initial_reconnect_backoff_ms': 100,
      },
    );
  }

  unary<Answer>(path: string, request: object = {}, options: CallOptions = {}): Promise<Answer> {
    const method = methodOf(path);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadataOf(options),
        { deadline: Date.now() + (options.deadlineMs ?? PATIENCE_MS) },
        (error, answer) => (error === null ? resolve(answer as Answer) : reject(error)),
      );
    });
  }

  /** Sends all frames, takes the one answer. */
  upload(path: string, frames: readonly object[], options: CallOptions = {}): Promise<void> {
    const method = methodOf(path);
    return new Promise((resolve, reject) => {
      const call = this.#client.makeClientStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        metadataOf(options),
        (error) => (error === null ? resolve() : reject(error)),
      );
      for (const frame of frames) call.write(frame);
      call.end();
    });
  }

  stream<Frame>(path: string, request: object = {}, options: CallOptions = {}): Stream<Frame> {
    const method = methodOf(path);
    return new Stream<Frame>(
      this.#client.makeServerStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadataOf(options),
      ),
    );
  }

  watch(request: object, options: CallOptions = {}): Stream<WatchFrame> {
    return this.stream('cosi.resource.State/Watch', { api_version: 1, ...request }, options);
  }

  async list(
    namespace: string,
    type: string,
    options: CallOptions = {},
  ): Promise<readonly WireResource[]> {
    const request = { namespace, type };
    const stream = this.stream<{ resource: WireResource }>(
      'cosi.resource.State/List',
      request,
      options,
    );
    const end = await stream.ended();
    if (end.code !== 0) throw Object.assign(new Error(end.details), end);
    return stream.frames.map(({ resource }) => resource);
  }

  close(): void {
    this.#client.close();
  }
}

function metadataOf(options: CallOptions): Metadata {
  const metadata = new Metadata();
  if (options.node !== undefined) metadata.set('node', options.node);
  for (const name of options.nodes ?? []) metadata.add('nodes', name);
  return metadata;
}

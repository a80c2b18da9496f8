import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { assetPath } from '../../src/model/package-root.js';
import type { Authority } from './authority.js';

/** What a handler may answer a unary call with. */
export type Answer = object | { readonly code: number; readonly details: string } | 'silence';

export interface WatchRequest {
  readonly node: string;
  readonly type: string;
  readonly namespace: string;
}

/** One open watch, as the test drives it. */
export interface OpenWatch extends WatchRequest {
  /** Address of the connection that carries it. */
  readonly peer: string;
  /** Sends one response with these events. */
  readonly send: (...events: readonly object[]) => void;
  readonly fail: (code: number, details: string) => void;
  readonly end: () => void;
}

export interface FakeApid {
  readonly address: string;
  readonly port: number;
  /** Answers to unary calls by method name; `node` is empty when the endpoint itself is meant. */
  answer: (method: string, node: string) => Answer;
  /** Called for every watch; without it all watches bootstrap empty. */
  onWatch: (watch: OpenWatch) => void;
  /** Method and node of every call so far. */
  readonly calls: string[];
  readonly openWatches: Set<OpenWatch>;
  /** Connections end at once. */
  readonly stop: () => Promise<void>;
}

export const RESOURCE_TIME = { seconds: '1763600000', nanos: 0 };

/** A resource as the wire has it. */
export function wireResource(
  type: string,
  id: string,
  yaml: string,
  { version = '1', namespace = 'runtime' }: { version?: string; namespace?: string } = {},
): object {
  return {
    metadata: {
      namespace,
      type,
      id,
      version,
      phase: 'running',
      created: RESOURCE_TIME,
      updated: { seconds: '1763600000', nanos: Number(version) || 0 },
    },
    spec: { yaml_spec: yaml },
  };
}

export const BOOTSTRAPPED = {
  event_type: 'BOOTSTRAPPED',
  resource: {
    metadata: { namespace: 'runtime', type: 'x', id: '', version: 'undefined', phase: 'running' },
    spec: {},
  },
};

export const VERSION = {
  messages: [{ version: { tag: 'v1.12.4', arch: 'amd64' }, platform: { name: 'metal' } }],
};

/** A Talos API endpoint of a few lines: it answers what the test tells it to. */
export async function startFakeApid(
  authority: Authority,
  { host = '127.0.0.1', port = 0 }: { host?: string; port?: number } = {},
): Promise<FakeApid> {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => assetPath('proto', target);
  await root.load(['cosi.proto', 'machine.proto'], { keepCase: true });
  const server = new grpc.Server();
  const { certificatePem, keyPem } = await authority.issue({
    subject: 'CN=apid',
    purpose: 'server',
    ips: [host],
  });
  const credentials = grpc.ServerCredentials.createSsl(
    Buffer.from(authority.caPem),
    [{ private_key: Buffer.from(keyPem), cert_chain: Buffer.from(certificatePem) }],
    true,
  );
  const fake: FakeApid = {
    address: '',
    port: 0,
    answer: () => VERSION,
    onWatch: (watch) => watch.send(BOOTSTRAPPED),
    calls: [],
    openWatches: new Set(),
    stop: async () => server.forceShutdown(),
  };
  serve(server, root, 'machine.MachineService', fake);
  serve(server, root, 'cosi.resource.State', fake);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, at) =>
      error === null ? resolve(at) : reject(error),
    );
  });
  return Object.assign(fake, { address: `${host}:${bound}`, port: bound });
}

function serve(server: grpc.Server, root: protobuf.Root, name: string, fake: FakeApid): void {
  const definition: Record<string, grpc.MethodDefinition<object, object>> = {};
  const handlers: Record<string, grpc.UntypedHandleCall> = {};
  for (const method of root.lookupService(name).methodsArray) {
    method.resolve();
    const { resolvedRequestType: request, resolvedResponseType: response } = method;
    if (request === null || response === null) continue;
    definition[method.name] = {
      path: `/${name}/${method.name}`,
      requestStream: method.requestStream === true,
      responseStream: method.responseStream === true,
      requestSerialize: (value) => Buffer.from(request.encode(value).finish()),
      requestDeserialize: (bytes) => request.toObject(request.decode(bytes), { defaults: true }),
      responseSerialize: (value) =>
        Buffer.from(response.encode(response.fromObject(value)).finish()),
      responseDeserialize: (bytes) => response.decode(bytes),
    };
    handlers[method.name] = handlerFor(method.name, fake);
  }
  server.addService(definition, handlers);
}

const nodeOf = (call: { readonly metadata: grpc.Metadata }): string =>
  String(call.metadata.get('node')[0] ?? '');

function handlerFor(method: string, fake: FakeApid): grpc.UntypedHandleCall {
  if (method === 'Watch') {
    return (call: grpc.ServerWritableStream<WatchRequest, object>) => handleWatch(call, fake);
  }
  if (method === 'List') {
    return (call: grpc.ServerWritableStream<object, object>) => {
      fake.calls.push(`List ${nodeOf(call)}`);
      const answer = fake.answer('List', nodeOf(call));
      if (answer === 'silence') return;
      if ('code' in answer) call.emit('error', answer);
      else for (const resource of Object.values(answer)) call.write({ resource });
      call.end();
    };
  }
  if (method === 'Read') {
    return (call: grpc.ServerWritableStream<object, object>) => {
      fake.calls.push(`Read ${nodeOf(call)}`);
      const answer = fake.answer('Read', nodeOf(call));
      if (answer === 'silence') return;
      if ('code' in answer) call.emit('error', answer);
      else for (const message of Object.values(answer)) call.write(message);
      call.end();
    };
  }
  return (call: grpc.ServerUnaryCall<object, object>, done: grpc.sendUnaryData<object>) => {
    fake.calls.push(`${method} ${nodeOf(call)}`);
    const answer = fake.answer(method, nodeOf(call));
    if (answer === 'silence') return;
    if ('code' in answer) done(answer);
    else done(null, answer);
  };
}

function handleWatch(call: grpc.ServerWritableStream<WatchRequest, object>, fake: FakeApid): void {
  const { namespace, type } = call.request;
  fake.calls.push(`Watch ${nodeOf(call)} ${type}`);
  const watch: OpenWatch = {
    node: nodeOf(call),
    peer: call.getPeer(),
    namespace,
    type,
    send: (...events) => call.write({ event: events }),
    fail: (code, details) => call.emit('error', { code, details }),
    end: () => call.end(),
  };
  fake.openWatches.add(watch);
  call.on('cancelled', () => fake.openWatches.delete(watch));
  call.on('error', () => fake.openWatches.delete(watch));
  call.write({ event: [] });
  fake.onWatch(watch);
}

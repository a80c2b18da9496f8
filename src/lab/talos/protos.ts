import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';

const FILES = [
  'cosi.proto',
  'machine.proto',
  'lifecycle.proto',
  'storage.proto',
  'time.proto',
  'cluster.proto',
  'inspect.proto',
  'specs.proto',
] as const;

export type ProtoFile = (typeof FILES)[number];

const PACKAGES = new Map<ProtoFile, PackageDefinition>();

/** Found upwards: the same code runs from `dist/`, from its chunks and from `src/` under test. */
function protoDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(directory, 'assets', 'proto');
    if (existsSync(candidate)) return candidate;
    const parent = dirname(directory);
    if (parent === directory) throw new Error('The assets/proto folder is missing.');
    directory = parent;
  }
}

function load(file: ProtoFile): PackageDefinition {
  const known = PACKAGES.get(file);
  if (known !== undefined) return known;
  const loaded = loadSync(file, {
    keepCase: true,
    longs: String,
    enums: String,
    bytes: Buffer,
    defaults: true,
    oneofs: true,
    includeDirs: [protoDirectory()],
  });
  PACKAGES.set(file, loaded);
  return loaded;
}

/** @throws Error when the .proto file has no such service: a programming error. */
export function serviceDefinition(file: ProtoFile, name: string): ServiceDefinition {
  const found = load(file)[name];
  if (found === undefined || 'format' in found) throw new Error(`${file} has no service ${name}`);
  return found;
}

/** Wire form of a message that travels inside another one (Any, proto_spec). */
export function encode(file: ProtoFile, name: string, message: object): Buffer {
  const found = load(file)[name];
  if (found === undefined || !isMessage(found)) throw new Error(`${file} has no message ${name}`);
  return found.serialize(message);
}

interface MessageDefinition {
  readonly serialize: (message: object) => Buffer;
}

const isMessage = (definition: object): definition is MessageDefinition =>
  'format' in definition && 'serialize' in definition;

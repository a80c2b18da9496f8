import protobuf from 'protobufjs';
import { assetPath } from '../model/package-root.js';

/** One remote procedure with its message types, as the .proto files state it. */
export interface Procedure {
  /** `/machine.MachineService/Version` */
  readonly path: string;
  readonly encode: (request: object) => Buffer;
  /** A plain object with every declared field; what it holds is still to be checked. */
  readonly decode: (bytes: Uint8Array) => unknown;
}

export interface TalosProto {
  readonly machine: (method: string) => Procedure;
  readonly time: (method: 'Time') => Procedure;
  readonly state: (method: 'Get' | 'List' | 'Watch') => Procedure;
}

/**
 * uint64 as text: etcd member ids exceed 2^53 and are silently wrong as numbers. An enum value that we do not
 * know stays a number.
 */
const READING: protobuf.IConversionOptions = {
  longs: String,
  enums: String,
  bytes: Buffer,
  defaults: true,
};

export async function loadTalosProto(): Promise<TalosProto> {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => assetPath('proto', target);
  await root.load(['cosi.proto', 'machine.proto', 'time.proto'], { keepCase: true });
  return {
    machine: procedures(root, 'machine.MachineService'),
    time: procedures(root, 'time.TimeService'),
    state: procedures(root, 'cosi.resource.State'),
  };
}

function procedures(root: protobuf.Root, serviceName: string): (method: string) => Procedure {
  const service = root.lookupService(serviceName);
  const known = new Map<string, Procedure>();
  return (name) => {
    const found = known.get(name) ?? procedure(service, serviceName, name);
    known.set(name, found);
    return found;
  };
}

/** @throws Error for a method that the .proto files do not have: a bug. */
function procedure(service: protobuf.Service, serviceName: string, name: string): Procedure {
  const method = service.methods[name];
  method?.resolve();
  const request = method?.resolvedRequestType;
  const response = method?.resolvedResponseType;
  if (!request || !response) throw new Error(`${serviceName} has no method ${name}`);
  return {
    path: `/${serviceName}/${name}`,
    encode: (value) => Buffer.from(request.encode(request.fromObject(value)).finish()),
    decode: (bytes) => response.toObject(response.decode(bytes), READING),
  };
}

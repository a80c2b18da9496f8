import { PROTOBUF_KINDS, type ProtobufField, type ProtobufSchema } from './protobuf-schemas.js';

const MAGIC = Buffer.from('k8s\0', 'latin1');

/**
 * A request body as typed clients of client-go >= 0.32 send it: `k8s\0` and runtime.Unknown {1 TypeMeta, 2 raw}.
 * @returns null when it is no such envelope or a kind that we never receive.
 */
export function decodeProtobuf(body: Buffer): Record<string, unknown> | null {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const envelope = fields(body.subarray(MAGIC.length));
  const typeMeta = fields(bytesOf(envelope, 1));
  const apiVersion = bytesOf(typeMeta, 1).toString();
  const kind = bytesOf(typeMeta, 2).toString();
  const schema = PROTOBUF_KINDS[kind];
  if (schema === undefined) return null;
  return { apiVersion, kind, ...message(bytesOf(envelope, 2), schema) };
}

interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

const bytesOf = (all: readonly Field[], number: number): Buffer => {
  const value = all.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
};

/** @throws RangeError on a truncated body or a wire type that Kubernetes messages do not use. */
function fields(bytes: Buffer): readonly Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined || shift > 63n) throw new RangeError('protobuf: broken varint');
      at += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return Number(BigInt.asIntN(64, result));
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (wireType === 0) {
      found.push({ number: tag >> 3, value: varint() });
    } else if (wireType === 2) {
      const length = varint();
      if (length < 0 || at + length > bytes.length) throw new RangeError('protobuf: truncated');
      found.push({ number: tag >> 3, value: bytes.subarray(at, at + length) });
      at += length;
    } else {
      throw new RangeError(`protobuf: wire type ${wireType}`);
    }
  }
  return found;
}

function message(bytes: Buffer, schema: ProtobufSchema): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { number, value } of fields(bytes)) {
    const field = schema[number];
    if (field === undefined) continue;
    if (field.type === 'map' || field.type === 'bytes-map') {
      const encoding = field.type === 'map' ? 'utf8' : 'base64';
      result[field.name] = { ...(result[field.name] as object), ...mapEntry(value, encoding) };
      continue;
    }
    const decoded = scalar(value, field);
    if (field.isRepeated === true) {
      result[field.name] = [...((result[field.name] as unknown[]) ?? []), decoded];
    } else if (decoded !== '' && decoded !== null && !(field.type === 'count' && decoded === 0)) {
      // Go writes every non-optional string: an empty one means absent in JSON.
      result[field.name] = decoded;
    }
  }
  return result;
}

function mapEntry(value: number | Buffer, encoding: 'utf8' | 'base64'): Record<string, string> {
  const entry = Buffer.isBuffer(value) ? fields(value) : [];
  return { [bytesOf(entry, 1).toString()]: bytesOf(entry, 2).toString(encoding) };
}

function scalar(value: number | Buffer, { type }: ProtobufField): unknown {
  if (!Buffer.isBuffer(value)) return type === 'boolean' ? value !== 0 : value;
  switch (type) {
    case 'base64':
      return value.toString('base64');
    case 'time': {
      const seconds = fields(value).find(({ number }) => number === 1)?.value;
      return typeof seconds === 'number'
        ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
        : null;
    }
    case 'string':
    case 'integer':
    case 'count':
    case 'boolean':
    case 'map':
    case 'bytes-map':
      return value.toString();
    default:
      return message(value, type);
  }
}

/** The few ASN.1 DER encodings that certificates and requests are made of (X.690, X.509, RFC 2986). */

const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;

export function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}

export const sequence = (...items: readonly Buffer[]): Buffer => tlv(0x30, ...items);
export const set = (...items: readonly Buffer[]): Buffer => tlv(0x31, ...items);
export const octets = (content: Buffer): Buffer => tlv(0x04, content);
export const bits = (content: Buffer, unusedBits = 0): Buffer =>
  tlv(0x03, Buffer.from([unusedBits]), content);
export const TRUE = tlv(0x01, Buffer.from([0xff]));

/** Unsigned: a leading zero keeps a set top bit from meaning "negative". */
export function integer(value: Buffer | number): Buffer {
  const bytes = typeof value === 'number' ? Buffer.from([value]) : value;
  const needsZero = ((bytes[0] ?? 0) & 0x80) !== 0;
  return tlv(0x02, needsZero ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const groups = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
  return groups;
}

/** PrintableString where its small alphabet suffices, as Go's encoding/asn1 does; else UTF8String. */
export const text = (value: string): Buffer =>
  /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value)
    ? tlv(0x13, Buffer.from(value, 'ascii'))
    : tlv(0x0c, Buffer.from(value, 'utf8'));

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return Number(digits.slice(0, 4)) < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`, 'ascii'))
    : tlv(0x18, Buffer.from(`${digits}Z`, 'ascii'));
}

/** `[n]` around a complete encoding. */
export const explicit = (number: number, ...items: readonly Buffer[]): Buffer =>
  tlv(CONTEXT | CONSTRUCTED | number, ...items);

/** `[n]` in place of a primitive type's own tag. */
export const implicit = (number: number, content: Buffer): Buffer => tlv(CONTEXT | number, content);

export interface DerNode {
  readonly tag: number;
  /** Header included. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

/** The encodings in `content`, one after the other. @throws RangeError on truncated input. */
export function children(content: Buffer): readonly DerNode[] {
  const nodes: DerNode[] = [];
  let offset = 0;
  while (offset < content.length) {
    const node = readNode(content.subarray(offset));
    nodes.push(node);
    offset += node.whole.length;
  }
  return nodes;
}

export function readNode(bytes: Buffer): DerNode {
  const tag = bytes.readUInt8(0);
  const short = bytes.readUInt8(1);
  const lengthBytes = short & 0x80 ? short & 0x7f : 0;
  if (lengthBytes > 3) throw new RangeError('DER: length too long.');
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (start + length > bytes.length) throw new RangeError('DER: truncated.');
  return {
    tag,
    whole: bytes.subarray(0, start + length),
    content: bytes.subarray(start, start + length),
  };
}

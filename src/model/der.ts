/** One DER element: offsets into the bytes that it was read from. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** Universal tags that certificates and requests are made of. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The bytes are no strict DER, or not what the standard says must stand here. */
export class MalformedDer extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedDer';
  }
}

/** More elements than any honest request has; bounds the work on hostile input. */
const MAX_CHILDREN = 256;
const MAX_OID_BYTES = 64;

/**
 * Strict: definite and minimal lengths, one-byte tags, nothing past `end`. Laxer readers see other contents in
 * the same bytes, and then two programs disagree on what was approved.
 * @throws MalformedDer
 */
export function readElement(bytes: Uint8Array, at: number, end: number): DerElement {
  const tag = byteAt(bytes, at, end);
  if ((tag & 0x1f) === 0x1f) throw new MalformedDer('uses a multi-byte tag');
  const first = byteAt(bytes, at + 1, end);
  const { length, contentStart } =
    first < 0x80
      ? { length: first, contentStart: at + 2 }
      : readLongLength(bytes, { at: at + 2, count: first & 0x7f, end });
  if (contentStart + length > end) throw new MalformedDer('has a length beyond its end');
  return { tag, start: at, contentStart, end: contentStart + length };
}

function readLongLength(
  bytes: Uint8Array,
  { at, count, end }: { readonly at: number; readonly count: number; readonly end: number },
): { readonly length: number; readonly contentStart: number } {
  if (count === 0) throw new MalformedDer('uses an indefinite length');
  if (count > 4) throw new MalformedDer('has a length beyond its end');
  let length = 0;
  for (let index = 0; index < count; index++) {
    length = length * 256 + byteAt(bytes, at + index, end);
  }
  if (length < 0x80 || length < 256 ** (count - 1)) {
    throw new MalformedDer('has a length that is not minimal');
  }
  return { length, contentStart: at + count };
}

function byteAt(bytes: Uint8Array, at: number, end: number): number {
  const byte = at < end ? bytes[at] : undefined;
  if (byte === undefined) throw new MalformedDer('ends too early');
  return byte;
}

/** @throws MalformedDer unless the bytes are exactly one element of this tag. */
export function readWhole(bytes: Uint8Array, tag: number): DerElement {
  const element = readElement(bytes, 0, bytes.length);
  if (element.end !== bytes.length) throw new MalformedDer('has bytes after its end');
  return expectTag(element, tag);
}

/** @throws MalformedDer */
export function childrenOf(bytes: Uint8Array, parent: DerElement): readonly DerElement[] {
  if ((parent.tag & 0x20) === 0) throw new MalformedDer('has a value where a list belongs');
  const children: DerElement[] = [];
  for (let at = parent.contentStart; at < parent.end; ) {
    if (children.length === MAX_CHILDREN) throw new MalformedDer('has too many elements');
    const child = readElement(bytes, at, parent.end);
    children.push(child);
    at = child.end;
  }
  return children;
}

/** @throws MalformedDer when it is missing or of another tag. */
export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element?.tag !== tag) throw new MalformedDer('has an unexpected structure');
  return element;
}

export const contentOf = (bytes: Uint8Array, { contentStart, end }: DerElement): Uint8Array =>
  bytes.subarray(contentStart, end);

/** Header and content. */
export const wholeOf = (bytes: Uint8Array, { start, end }: DerElement): Uint8Array =>
  bytes.subarray(start, end);

/** `2.5.4.3`. @throws MalformedDer */
export function oidOf(bytes: Uint8Array, element: DerElement | undefined): string {
  const content = contentOf(bytes, expectTag(element, TAG.oid));
  if (content.length === 0 || content.length > MAX_OID_BYTES) {
    throw new MalformedDer('has an object id of a wrong size');
  }
  const arcs: bigint[] = [];
  let value = 0n;
  let isInside = false;
  for (const byte of content) {
    if (!isInside && byte === 0x80) throw new MalformedDer('has an object id that is not minimal');
    value = (value << 7n) | BigInt(byte & 0x7f);
    isInside = (byte & 0x80) !== 0;
    if (!isInside) {
      arcs.push(value);
      value = 0n;
    }
  }
  if (isInside) throw new MalformedDer('has a cut object id');
  const [head = 0n, ...rest] = arcs;
  const root = head < 80n ? head / 40n : 2n;
  return [root, head - root * 40n, ...rest].join('.');
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF8String, PrintableString or IA5String without control characters. @throws MalformedDer */
export function textOf(bytes: Uint8Array, element: DerElement): string {
  const { tag } = element;
  if (tag !== TAG.utf8String && tag !== TAG.printableString && tag !== TAG.ia5String) {
    throw new MalformedDer('has a name in an unusual encoding');
  }
  return visibleText(contentOf(bytes, element), tag === TAG.utf8String);
}

/** Content of an implicitly tagged IA5String. @throws MalformedDer */
export const asciiOf = (bytes: Uint8Array, element: DerElement): string =>
  visibleText(contentOf(bytes, element), false);

function visibleText(content: Uint8Array, mayBeUnicode: boolean): string {
  if (!mayBeUnicode && content.some((byte) => byte > 0x7e)) {
    throw new MalformedDer('has a name in an unusual encoding');
  }
  let text: string;
  try {
    text = UTF8.decode(content);
  } catch {
    throw new MalformedDer('has a name in an unusual encoding');
  }
  if (/[\p{Cc}\p{Cf}]/u.test(text)) throw new MalformedDer('has control characters in a name');
  return text;
}

/** Bytes of a BIT STRING without unused bits. @throws MalformedDer */
export function bitStringOf(bytes: Uint8Array, element: DerElement | undefined): Uint8Array {
  const content = contentOf(bytes, expectTag(element, TAG.bitString));
  if (content[0] !== 0) throw new MalformedDer('has a bit string with unused bits');
  return content.subarray(1);
}

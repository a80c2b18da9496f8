/** The few lines of protobuf that a command line tool needs: no schema files to parse at every start. */

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError('Message ends inside a number.');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return BigInt.asUintN(64, value);
  }

  slice(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('Message ends too early.');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  bytes(): Buffer {
    return this.slice(Number(this.varint()));
  }

  passOver(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.slice(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.slice(4);
    else throw new RangeError(`Unknown wire type ${wireType}.`);
  }
}

interface Field<T> {
  readonly number: number;
  readonly empty: T;
  /** Takes the value so far: repeated fields grow. */
  readonly read: (reader: Reader, before: T) => T;
}

/** Written as a mapped type, so that a message's type follows from its fields. */
type Shape<T> = { readonly [K in keyof T]: Field<T[K]> };

export interface Message<T> {
  readonly decode: (bytes: Buffer) => T;
}

export type MessageOf<M> = M extends Message<infer T> ? T : never;

const scalar =
  <T>(empty: T, read: (reader: Reader) => T) =>
  (number: number): Field<T> => ({ number, empty, read });

export const string = scalar('', (reader) => reader.bytes().toString('utf8'));
export const bytes = scalar(Buffer.alloc(0), (reader) => reader.bytes());
export const bool = scalar(false, (reader) => reader.varint() !== 0n);
export const uint64 = scalar(0n, (reader) => reader.varint());
/** Sizes and positions: exact up to 2^53. */
export const number = scalar(0, (reader) => Number(BigInt.asIntN(64, reader.varint())));

export const nested = <T>(position: number, type: Message<T>): Field<T | null> => ({
  number: position,
  empty: null,
  read: (reader) => type.decode(reader.bytes()),
});

export const repeated = <T>(position: number, type: Message<T>): Field<readonly T[]> => ({
  number: position,
  empty: [],
  read: (reader, before) => [...before, type.decode(reader.bytes())],
});

export const strings = (position: number): Field<readonly string[]> => ({
  number: position,
  empty: [],
  read: (reader, before) => [...before, reader.bytes().toString('utf8')],
});

export function message<T extends object>(shape: Shape<T>): Message<T> {
  const fields = Object.entries<Field<unknown>>(shape as Readonly<Record<string, Field<unknown>>>);
  const byNumber = new Map(fields.map((entry) => [entry[1].number, entry]));
  return {
    decode: (input) => {
      const result: Record<string, unknown> = {};
      for (const [name, field] of fields) result[name] = field.empty;
      const reader = new Reader(input);
      while (!reader.isAtEnd) {
        const tag = Number(reader.varint());
        const known = byNumber.get(tag >>> 3);
        if (known === undefined) reader.passOver(tag & 7);
        else result[known[0]] = known[1].read(reader, result[known[0]]);
      }
      return result as T;
    },
  };
}

function varint(value: bigint): Buffer {
  const digits: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    digits.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  digits.push(Number(rest));
  return Buffer.from(digits);
}

/** Empty strings are absent, as proto3 has it. */
export const stringField = (position: number, value: string): Buffer =>
  value === '' ? Buffer.alloc(0) : bytesField(position, Buffer.from(value));

export const bytesField = (position: number, value: Buffer): Buffer =>
  Buffer.concat([varint(BigInt((position << 3) | 2)), varint(BigInt(value.length)), value]);

export const bigNumberField = (position: number, value: bigint): Buffer =>
  Buffer.concat([varint(BigInt(position << 3)), varint(BigInt.asUintN(64, value))]);

export const numberField = (position: number, value: number): Buffer =>
  Buffer.concat([varint(BigInt(position << 3)), varint(BigInt.asUintN(64, BigInt(value)))]);

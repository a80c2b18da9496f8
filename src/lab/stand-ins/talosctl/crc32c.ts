/** Castagnoli polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** Slicing by eight: one table per byte of a step. */
const TABLES: readonly Uint32Array[] = createTables();

function createTables(): readonly Uint32Array[] {
  const first = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    }
    first[byte] = value >>> 0;
  }
  const tables = [first];
  for (let slice = 1; slice < SLICES; slice += 1) {
    const before = tables[slice - 1] ?? first;
    tables.push(before.map((value) => ((value >>> 8) ^ (first[value & 255] ?? 0)) >>> 0));
  }
  return tables;
}

/** Continues a checksum, as hash/crc32 of Go does; start with 0. */
export function crc32c(seed: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  if (!t0 || !t1 || !t2 || !t3 || !t4 || !t5 || !t6 || !t7) throw new RangeError('No tables.');
  const at = (table: Uint32Array, index: number): number => table[index & 255] ?? 0;
  let crc = ~seed;
  let position = 0;
  const byte = (offset: number): number => bytes[position + offset] ?? 0;
  for (; position + SLICES <= bytes.length; position += SLICES) {
    const low = crc ^ (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24));
    crc =
      at(t7, low) ^
      at(t6, low >>> 8) ^
      at(t5, low >>> 16) ^
      at(t4, low >>> 24) ^
      at(t3, byte(4)) ^
      at(t2, byte(5)) ^
      at(t1, byte(6)) ^
      at(t0, byte(7));
  }
  for (; position < bytes.length; position += 1) {
    crc = (crc >>> 8) ^ at(t0, crc ^ byte(0));
  }
  return ~crc >>> 0;
}

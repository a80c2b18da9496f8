/** The meta page that counts: what bbolt itself would open the file with. */
export interface BboltMeta {
  readonly pageSizeBytes: number;
  readonly transactionId: bigint;
  /** First page id that is not used: the data ends here. */
  readonly highWaterPage: bigint;
}

/** bbolt's largest page that we look for; etcd uses the host's, 4 KiB or 64 KiB. */
const MAX_PAGE_BYTES = 64 * 1024;
const PAGE_HEADER_BYTES = 16;
const META_BYTES = 64;
const CHECKED_BYTES = 56;
const MAGIC = 0xed0cdaed;
const VERSION = 2;

/** How much of the file's beginning `readBboltMeta` wants. */
export const BBOLT_HEAD_BYTES = MAX_PAGE_BYTES + PAGE_HEADER_BYTES + META_BYTES;

/**
 * Of the two meta pages the valid one with the higher transaction id; null when neither is valid. Layout checked
 * on snapshots of etcd 3.4.23: little-endian, the struct begins 16 bytes into pages 0 and 1.
 */
export function readBboltMeta(head: Uint8Array): BboltMeta | null {
  const first = metaAt(head, 0);
  const second =
    first === null
      ? pageSizes()
          .map((pageSize) => metaAt(head, pageSize))
          .find((meta) => meta !== null)
      : metaAt(head, first.pageSizeBytes);
  if (first === null || second === undefined || second === null) return first ?? second ?? null;
  return second.transactionId > first.transactionId ? second : first;
}

/** bbolt tries the same steps when page 0 is broken (bbolt: DB.getPageSizeFromSecondMeta). */
function pageSizes(): readonly number[] {
  const sizes: number[] = [];
  for (let size = 1024; size <= MAX_PAGE_BYTES; size *= 2) sizes.push(size);
  return sizes;
}

function metaAt(head: Uint8Array, page: number): BboltMeta | null {
  const start = page + PAGE_HEADER_BYTES;
  if (start + META_BYTES > head.length) return null;
  const view = new DataView(head.buffer, head.byteOffset + start, META_BYTES);
  const pageSizeBytes = view.getUint32(8, true);
  const isValid =
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(4, true) === VERSION &&
    view.getBigUint64(CHECKED_BYTES, true) === fnv1a64(head, start) &&
    isPageSize(pageSizeBytes) &&
    (page === 0 || page === pageSizeBytes);
  return isValid
    ? {
        pageSizeBytes,
        highWaterPage: view.getBigUint64(40, true),
        transactionId: view.getBigUint64(48, true),
      }
    : null;
}

const isPageSize = (size: number): boolean =>
  size >= 1024 && size <= MAX_PAGE_BYTES && (size & (size - 1)) === 0;

/** Over the struct up to its checksum. */
function fnv1a64(bytes: Uint8Array, start: number): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes.subarray(start, start + CHECKED_BYTES)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}

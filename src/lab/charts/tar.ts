import { gunzipSync, gzipSync } from 'node:zlib';

const BLOCK = 512;

const octal = (value: number, length: number): string =>
  `${value.toString(8).padStart(length - 1, '0')}\0`;

/** POSIX ustar: the same files make the same bytes. */
function header(path: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(path, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(sizeBytes, 12), 124);
  block.write(octal(0, 12), 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** @param files text by path; paths of at most 100 bytes. */
export function packed(files: ReadonlyMap<string, string>): Buffer {
  const blocks = [...files].flatMap(([path, text]) => {
    const bytes = Buffer.from(text);
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [header(path, bytes.length), bytes, padding];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

const textIn = (block: Buffer, start: number, end: number): string =>
  block.subarray(start, end).toString('utf8').replace(/\0.*$/s, '');

/** The plain files of an archive that `packed` made. */
export function unpacked(archive: Buffer): ReadonlyMap<string, string> {
  const bytes = gunzipSync(archive);
  const files = new Map<string, string>();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const block = bytes.subarray(at, at + BLOCK);
    const sizeBytes = Number.parseInt(textIn(block, 124, 136), 8);
    const start = at + BLOCK;
    files.set(textIn(block, 0, 100), bytes.subarray(start, start + sizeBytes).toString('utf8'));
    at = start + Math.ceil(sizeBytes / BLOCK) * BLOCK;
  }
  return files;
}

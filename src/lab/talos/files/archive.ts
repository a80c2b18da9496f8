import { gzipSync } from 'node:zlib';
import { type Entry, type Found, walk } from './tree.js';

const BLOCK_BYTES = 512;
const TYPE_FLAG: Readonly<Record<Entry['kind'], string>> = { file: '0', link: '2', directory: '5' };

interface Member {
  readonly name: string;
  readonly kind: Entry['kind'];
  readonly mode: number;
  readonly modifiedMs: number;
  readonly content: Buffer;
  readonly target?: string;
}

/** ustar: one header block, the content, zeros up to the next block. */
function tarMember({ name, kind, mode, modifiedMs, content, target = '' }: Member): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  };
  header.write(name.slice(-100), 0);
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(content.length, 124, 12);
  octal(Math.floor(modifiedMs / 1000), 136, 12);
  header.write('        ', 148);
  header.write(TYPE_FLAG[kind], 156);
  header.write(target, 157);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = (BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES;
  return Buffer.concat([header, content, Buffer.alloc(padding)]);
}

const END = Buffer.alloc(2 * BLOCK_BYTES);

/** A file, or a directory with everything in it; names as the client shall unpack them. */
export function tarGzip(root: Found): Buffer {
  const base = root.entry.kind === 'directory' ? root.path : root.path.replace(/\/[^/]*$/, '');
  const members = [...walk(root, -1)]
    .filter(({ path }) => path !== base)
    .map(({ path, entry }) =>
      tarMember({
        name: path.slice(base === '/' ? 1 : base.length + 1),
        kind: entry.kind,
        mode: entry.mode,
        modifiedMs: entry.modifiedMs,
        content: entry.kind === 'file' ? entry.content() : Buffer.alloc(0),
        ...(entry.kind === 'link' ? { target: entry.target } : {}),
      }),
    );
  return gzipSync(Buffer.concat([...members, END]));
}

/** talos: Kubeconfig sends one file and leaves the archive's end out. */
export const gzippedFile = (name: string, text: string, modifiedMs: number): Buffer =>
  gzipSync(tarMember({ name, kind: 'file', mode: 0o600, modifiedMs, content: Buffer.from(text) }));

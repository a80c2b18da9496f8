import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const ENTRY = 'src/cli/start-console.ts';

/** Packages that are loaded before the first frame: what the entry imports at once, and what that imports. */
async function packagesOf(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: 'nowhere',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    metafile: true,
    logLevel: 'silent',
    alias: { 'react-devtools-core': './scripts/empty.mjs' },
  });
  const files = [entry];
  const seen = new Set(files);
  for (const file of files) {
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind === 'dynamic-import' || external === true || seen.has(path)) continue;
      seen.add(path);
      files.push(path);
    }
  }
  const names = files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? '');
  return [...new Set(names)].filter((name) => name !== '').sort();
}

test('the first frame waits for Ink and React alone, not for what reads and changes clusters', async () => {
  const packages = await packagesOf(ENTRY);
  expect(packages).toEqual(expect.arrayContaining(['ink', 'react']));
  const LATE = [
    'zod',
    'yaml',
    'undici',
    '@grpc/grpc-js',
    'protobufjs',
    'execa',
    'commander',
    'conf',
    'proxmox-api',
    'systeminformation',
  ];
  expect(packages.filter((name) => LATE.includes(name))).toEqual([]);
});

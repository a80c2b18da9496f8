import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keptOutput } from '../../scripts/bundle/kept-output.mjs';

interface Clip {
  readonly x1?: number;
  readonly x2?: number;
  readonly y1?: number;
  readonly y2?: number;
}

/** Ink's own page of cells, of which only this is used. */
interface InkOutput {
  write(x: number, y: number, text: string, options: { readonly transformers: [] }): void;
  clip(clip: Clip): void;
  unclip(): void;
  get(): { readonly output: string; readonly height: number };
}
type OutputClass = new (size: { readonly width: number; readonly height: number }) => InkOutput;

const file = fileURLToPath(new URL('./output.js', import.meta.resolve('ink')));
const folder = mkdtempSync(join(tmpdir(), 'talos-tui-output-'));
let inks: OutputClass;
let kept: OutputClass;

async function bundled(name: string, plugins: (typeof keptOutput)[]): Promise<OutputClass> {
  const outfile = join(folder, name);
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    plugins,
  });
  return ((await import(pathToFileURL(outfile).href)) as { default: OutputClass }).default;
}

beforeAll(async () => {
  inks = await bundled('inks.mjs', []);
  kept = await bundled('kept.mjs', [keptOutput]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RED = '\u001B[31m';
const BOLD = '\u001B[1m';
const PLAIN = '\u001B[0m';
const word = fc.constantFrom(
  '●',
  'talos-cp-01',
  ' ',
  '漢字',
  'é',
  '👩‍🚀',
  RED,
  BOLD,
  PLAIN,
  '\n',
  '…',
  '\u200B',
);
const text = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(''));
const at = fc.integer({ min: 0, max: 30 });
const write = fc.record({
  kind: fc.constant('write' as const),
  x: at,
  y: fc.integer({ min: 0, max: 5 }),
  text,
});
const clip = fc.record({
  kind: fc.constant('clip' as const),
  clip: fc.record({ x1: at, x2: at, y1: at, y2: at }, { requiredKeys: [] }),
});
const unclip = fc.constant({ kind: 'unclip' as const });
type Step =
  | { readonly kind: 'write'; readonly x: number; readonly y: number; readonly text: string }
  | { readonly kind: 'clip'; readonly clip: Clip }
  | { readonly kind: 'unclip' };

function drawn(Output: OutputClass, steps: readonly Step[]): string {
  const output = new Output({ width: 30, height: 6 });
  for (const step of steps) {
    if (step.kind === 'write') output.write(step.x, step.y, step.text, { transformers: [] });
    else if (step.kind === 'clip') output.clip(step.clip);
    else output.unclip();
  }
  return output.get().output;
}

test('what is kept between frames changes no frame', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(write, clip, unclip), { maxLength: 12 }), (steps) => {
      expect(drawn(kept, steps)).toBe(drawn(inks, steps));
      // The second frame is drawn from what the first one left.
      expect(drawn(kept, steps)).toBe(drawn(inks, steps));
    }),
    { numRuns: 300 },
  );
});

test('more texts than are kept change no frame', () => {
  const steps = Array.from(
    { length: 2_000 },
    (_, index): Step => ({
      kind: 'write',
      x: index % 20,
      y: index % 6,
      text: `${RED}row ${index}`,
    }),
  );
  expect(drawn(kept, steps)).toBe(drawn(inks, steps));
});

// Renders real frames of the demo for the README. usage: node scripts/shot.mjs [--png]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './bench/typescript-imports.mjs';
import { toSvg } from './shot/svg.mjs';

const { ENTER, openConsole } = await import('../test/support/demo-console.ts');

const COLUMNS = 120;
const ROWS = 30;
const folder = join(import.meta.dirname, '..', 'docs', 'pictures');

/** In the order of one sitting: each goes on where the one before ended. */
const SHOTS = [
  {
    name: 'overview',
    title: 'talos-tui --demo',
    pose: (session) =>
      session.waitFor((screen) => /can be approved/.test(screen) && !/reading/.test(screen)),
  },
  {
    name: 'certificates',
    title: 'talos-tui --demo · certificate requests and the rules they pass',
    async pose(session) {
      session.press('5');
      await session.waitFor(/rules V1 to V16/);
    },
  },
  {
    name: 'run',
    title: 'talos-tui --demo · a run, proved step by step',
    async pose(session) {
      session.press('a');
      await session.waitFor('Requests to approve');
      session.press(ENTER);
      await session.waitFor('y start');
      await session.pressUntil('y', '── Steps');
      await session.waitFor(/● succeeded/, 30_000);
    },
  },
];

/** A frame comes in several pieces: nothing must be on its way any more. */
async function settled({ counters }) {
  for (let before = -1; before !== counters.bytes; ) {
    before = counters.bytes;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

const home = mkdtempSync(join(tmpdir(), 'talos-tui-shot-'));
const session = openConsole(
  { HOME: home, TMPDIR: home },
  { args: ['--demo'], columns: COLUMNS, rows: ROWS },
);
mkdirSync(folder, { recursive: true });
await session.waitFor(/● Ready/, 30_000);
for (const { name, title, pose } of SHOTS) {
  await pose(session);
  await settled(session);
  const file = join(folder, `${name}.svg`);
  writeFileSync(file, toSvg(session.emulator, title));
  console.log(file);
  if (process.argv.includes('--png')) {
    spawnSync('rsvg-convert', [file, '-o', join(folder, `${name}.png`)], { stdio: 'inherit' });
  }
}
await session.quit();
rmSync(home, { recursive: true, force: true });
process.exit(0);

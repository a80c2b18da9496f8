import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A lab hurries, runs live in real time: a minute of its world is a few seconds of theirs. */
export function writeHurriedSettings(home: string): void {
  const directory = join(home, '.config', 'talos-tui');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, 'settings.yaml'), 'waits: {quietSeconds: 4}\n', { mode: 0o600 });
}

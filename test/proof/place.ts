import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labEnvironment } from '../../src/cli/lab-environment.js';
import { type RunningLab, sendToLab, startLab } from '../../src/lab/lab.js';
import { writeHurriedSettings } from '../support/hurried-settings.js';
import { type Finished, runProgram } from './program.js';
import { type Witness, watchWorld } from './witness.js';

/** A lab of its own for one trial: real servers, real programs, and a view of the world behind them. */
export interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  readonly stateDir: string;
  readonly lab: RunningLab;
  readonly witness: Witness;
  readonly change: (line: string) => Promise<void>;
  readonly cli: (...args: readonly string[]) => Promise<Finished>;
  readonly close: () => Promise<void>;
}

export interface PlaceWish {
  readonly scenario: string;
  readonly talos?: string | undefined;
  readonly timeScale?: number | undefined;
  readonly seed?: number | undefined;
  readonly changes?: readonly string[] | undefined;
}

/** A reboot of about a minute passes in about three seconds. */
const HURRIED = 20;

/** @throws Error when the lab does not come up. */
export async function openPlace(wish: PlaceWish): Promise<Place> {
  const home = mkdtempSync(join(tmpdir(), 'talos-tui-proof-'));
  writeHurriedSettings(home);
  const dir = join(home, 'lab');
  const lab = await startLab({
    scenario: wish.scenario,
    seed: wish.seed ?? 1,
    timeScale: wish.timeScale ?? HURRIED,
    dir,
    ...(wish.talos === undefined ? {} : { talosVersion: wish.talos }),
  });
  const env = {
    HOME: home,
    ...labEnvironment(readFileSync(join(dir, 'env.sh'), 'utf8'), process.env),
  };
  const change = async (line: string): Promise<void> => {
    const [change = '', ...args] = line.split(' ');
    await sendToLab(
      dir,
      change === 'advance'
        ? { kind: 'advance', seconds: Number(args[0]) }
        : { kind: 'do', change, args },
    );
  };
  for (const line of wish.changes ?? []) await change(line);
  const witness = watchWorld(lab.handle.world);
  return {
    env,
    home,
    stateDir: join(home, '.local', 'state', 'talos-tui'),
    lab,
    witness,
    change,
    cli: (...args) => runProgram(args, env),
    async close() {
      witness.stop();
      await lab.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

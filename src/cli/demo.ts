import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ClientError, ConfigurationError } from '../model/errors.js';
import { packageRoot } from '../model/package-root.js';
import { stopRuns } from './stop-runs.js';

export interface Demo {
  /** What `. env.sh` of the lab sets. */
  readonly env: Readonly<Record<string, string>>;
  readonly stateDir: string;
  readonly configDir: string;
  /** Ends the lab and removes everything that it wrote. */
  readonly stop: () => Promise<void>;
}

/** What `lab up --json` says first. */
const announcement = z.union([
  z.object({ env: z.record(z.string(), z.string()) }),
  z.object({ error: z.object({ message: z.string(), hint: z.string() }) }),
]);
type Announcement = z.infer<typeof announcement>;

/**
 * Starts a lab in a process of its own, in a directory that only we may enter. It watches this process and cleans
 * up by itself when we are killed. @throws OperatorError
 */
export async function startDemo(scenario: string): Promise<Demo> {
  // mkdtemp makes it 0700.
  const home = mkdtempSync(join(tmpdir(), 'talos-tui-demo-'));
  const lab = spawn(
    process.execPath,
    [
      join(packageRoot(), 'bin', 'talos-tui.js'),
      ...['lab', 'up', '--json', '--scenario', scenario],
      ...['--dir', home, '--parent-pid', String(process.pid)],
    ],
    // A session of its own: Ctrl-C in the terminal is for us, and we end the lab after the runs.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const ended = new Promise<void>((resolve) => lab.once('exit', () => resolve()));
  const stateDir = join(home, 'state');
  const stop = async (): Promise<void> => {
    await stopRuns(stateDir);
    lab.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const said = await firstWord(lab.stdout, lab.stderr, ended);
    if ('error' in said) {
      throw new ConfigurationError(said.error.message, said.error.hint);
    }
    return {
      env: said.env,
      stateDir,
      configDir: join(home, 'config'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstWord(
  stdout: NodeJS.ReadableStream,
  stderr: NodeJS.ReadableStream,
  ended: Promise<void>,
): Promise<Announcement> {
  let complaint = '';
  stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    let text = '';
    stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const parsed = parse(text);
      if (parsed !== null) resolve(parsed);
    });
    void ended.then(() =>
      reject(
        new ClientError(
          'rejected',
          `The lab did not start: ${complaint.trim().split('\n').at(-1) ?? 'no message'}`,
          'Run `talos-tui lab up --dir DIR` to see why.',
        ),
      ),
    );
  });
}

/** null while the document is incomplete. */
function parse(text: string): Announcement | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  return announcement.parse(document);
}

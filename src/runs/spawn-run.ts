import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { diskError } from '../clients/disk-error.js';
import { ClientError } from '../model/errors.js';
import { processLogPath } from './run-files.js';

/** Starts the process of a run; resolves once it exists. */
export type SpawnRun = (runDir: string) => Promise<void>;

/**
 * In its own session, with no tie to our terminal: neither Ctrl-C nor a lost SSH session reaches it.
 * @param command what runs `run-process.js`; the run directory is appended.
 */
export const spawnRunWith =
  (command: readonly [string, ...string[]]): SpawnRun =>
  (runDir) => {
    const log = openLog(processLogPath(runDir));
    const [program, ...args] = command;
    const child = spawn(program, [...args, runDir], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return new Promise((resolve, reject) => {
      child.once('spawn', () => {
        child.unref();
        resolve();
      });
      child.once('error', (cause) =>
        reject(
          new ClientError(
            'program-missing',
            `The run process could not be started with ${program}.`,
            'Reinstall talos-tui.',
            { cause },
          ),
        ),
      );
    });
  };

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw diskError(`The log ${path} cannot be opened`, error);
  }
}

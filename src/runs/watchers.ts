import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../clients/disk-error.js';
import { makeDirectory } from '../clients/make-directory.js';
import { isSameProcess, processStartOf } from './process-identity.js';

const watchersDir = (stateDir: string): string => join(stateDir, 'watchers');

let announced = 0;

/**
 * Leaves a note that this process looks at the runs. Its end, however sudden, makes the note void, because the
 * note names the process by pid and start time. Where it cannot be written, runs pause before they disrupt.
 * @returns takes the note away.
 */
export function announceWatcher(stateDir: string): () => void {
  announced += 1;
  const path = join(watchersDir(stateDir), `${process.pid}-${announced}`);
  try {
    makeDirectory(watchersDir(stateDir));
    writeFileSync(path, processStartOf(process.pid) ?? '', { mode: 0o600 });
  } catch (error) {
    if (errorCode(error) === null) throw error;
  }
  return () => rmSync(path, { force: true });
}

/** Whether a console or a follower lives that would see what a run does. */
export function isWatched(stateDir: string): boolean {
  const directory = watchersDir(stateDir);
  return namesIn(directory).some((name) => {
    const pid = Number(name.split('-')[0]);
    const start = textOf(join(directory, name));
    if (Number.isInteger(pid) && start !== '' && isSameProcess(pid, start)) return true;
    rmSync(join(directory, name), { force: true });
    return false;
  });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // Nobody has ever watched.
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It went away between listing and reading.
    return '';
  }
}

import type { DirectoryFact } from '../../model/action-facts.js';
import { formatBytes } from '../../model/format.js';
import type { Gate } from '../types.js';

/** G-DIR: a directory that only we may enter, there or to be made. */
export function directoryGate({ path, state, problem }: DirectoryFact): Gate {
  const isUsable = state === 'ready' || state === 'absent';
  return {
    id: 'G-DIR',
    title: 'The snapshot directory is private and writable',
    state: isUsable ? 'green' : state === 'unknown' ? 'unknown' : 'red',
    text: isUsable ? `${path}${state === 'absent' ? ' will be made' : ''}` : problem,
    remedy: `Make it yours and private with \`chmod 700 ${path}\`, or set another snapshot directory.`,
    override: 'no',
  };
}

/** G-SPACE */
export function spaceGate({ path, freeBytes }: DirectoryFact, neededBytes: number | null): Gate {
  const gate = {
    id: 'G-SPACE',
    title: 'There is room for the snapshot',
    remedy: `Free some space in ${path} or set another snapshot directory.`,
    override: 'no',
  } as const;
  if (freeBytes === null || neededBytes === null) {
    const what = freeBytes === null ? 'the free space' : 'the size of the database';
    return { ...gate, state: 'unknown', text: `${what} is not known` };
  }
  return {
    ...gate,
    state: freeBytes >= neededBytes ? 'green' : 'red',
    text: `${formatBytes(freeBytes)} free, ${formatBytes(neededBytes)} needed`,
  };
}

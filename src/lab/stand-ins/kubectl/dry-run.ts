import type { Flags } from './arguments.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { klogHead } from './klog.js';

export type DryRun = 'none' | 'client' | 'server';

const SUFFIXES: Readonly<Record<DryRun, string>> = {
  none: '',
  client: ' (dry run)',
  server: ' (server dry run)',
};

/** What is added to every line about an object. */
export const dryRunSuffix = (dryRun: DryRun): string => SUFFIXES[dryRun];

export const dryRunQuery = (dryRun: DryRun): Readonly<Record<string, string>> =>
  dryRun === 'server' ? { dryRun: 'All' } : {};

/** @throws Failure */
export function dryRunOf(flags: Flags, io: Io): DryRun {
  const word = flags.get('dry-run');
  switch (word) {
    case undefined:
    case 'none':
      return 'none';
    case 'client':
    case 'server':
      return word;
    case 'unchanged':
      io.err(
        `${klogHead('W')} helpers.go:719] --dry-run is deprecated and can be replaced with --dry-run=client.\n`,
      );
      return 'client';
    case 'true':
    case 'false': {
      const meant = word === 'true' ? 'client' : 'none';
      io.err(
        `${klogHead('W')} helpers.go:733] --dry-run=${word} is deprecated (boolean value) and can be replaced with --dry-run=${meant}.\n`,
      );
      return meant;
    }
    default:
      throw new Failure(
        `error: Invalid dry-run value (${word}). Must be "none", "server", or "client".`,
      );
  }
}

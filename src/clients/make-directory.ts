import { mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './disk-error.js';

/** statfs(2), `f_type`: the kernel's own views, which take no files (procfs, sysfs, cgroup, cgroup2, debugfs, tracefs). */
const KERNEL_VIEWS: ReadonlySet<number> = new Set([
  0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163,
]);

/** A place that never takes a file, whoever asks. */
class KernelView extends Error {
  readonly code = 'ENOTSUP';
}

/**
 * Makes a directory and what is missing above it, each 0700. Not with `recursive`: node@24 tries for ever where
 * mkdir(2) answers ENOENT although the parent exists, as procfs does.
 * @throws an error with a `code`
 */
export function makeDirectory(path: string): void {
  const missing: string[] = [];
  const existing = nearestExisting(path, missing);
  // What is there and no directory says so itself.
  if (missing.length === 0 && !statSync(path).isDirectory()) mkdirSync(path);
  refuseKernelView(existing);
  for (const each of missing.toReversed()) {
    try {
      mkdirSync(each, { mode: 0o700 });
    } catch (error) {
      // Somebody else made it a moment earlier.
      if (errorCode(error) !== 'EEXIST' || !statSync(each).isDirectory()) throw error;
    }
  }
}

/** @throws an error with a `code` when no file can be made there, even by root. */
export function refuseKernelView(directory: string): void {
  if (KERNEL_VIEWS.has(statfsSync(directory).type)) {
    throw new KernelView(`${directory} is a view of the kernel`);
  }
}

function nearestExisting(path: string, missing: string[]): string {
  for (let each = path; ; each = dirname(each)) {
    if (statSync(each, { throwIfNoEntry: false }) !== undefined) return each;
    missing.push(each);
    if (each === dirname(each)) return each;
  }
}

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../clients/clock.js';

/**
 * V8 lets the young generation grow to 128 MB while a big cluster is read for the first time, and keeps the garbage
 * among old objects for long: 340 MB for 35 MB of data at 100 nodes. With 8 MB for each half of the young generation
 * the CPU at rest stays what it is (with 1 MB it is a third more).
 *
 * `--max-semi-space-size` has no effect once a process has started; the factor of growth has (measured on V8 13.6), so
 * we let it grow once and never again.
 */
const HALF_MB = 8;
const BYTES = 2 * HALF_MB * 2 ** 20;
/** V8 shrinks the young generation after a quiet time; without room every scavenge would copy too much. */
const CHECK_MS = 10_000;
/** What survives makes it grow, 1 MB at the start; small enough for the young generation itself. */
const SURVIVOR_ITEMS = 2_048;
const SURVIVORS_PER_STEP = 16;
const STEPS_AT_MOST = 64;

export function keepHeapSmall(clock: Pick<Clock, 'after'>): void {
  setFlagsFromString('--heap-growing-percent=50');
  const check = (): void => {
    if (youngBytes() < BYTES) growYoung();
    clock.after(CHECK_MS, check);
  };
  check();
}

/** Once what has started serves its first clients. */
const FREE_AFTER_MS = 800;

/**
 * Gives back what the start needed and nothing needs any more: compiled code of modules, and pages of the heap that
 * V8 would keep. 35 ms and 4 to 9 of 88 MB for a lab of five nodes (measured on V8 13.6); an ordinary collection frees
 * none of it.
 */
export function freeStartMemory(clock: Pick<Clock, 'after'>): void {
  clock.after(FREE_AFTER_MS, () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    if (typeof collect === 'function')
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  });
}

function growYoung(): void {
  setFlagsFromString(`--semi-space-growth-factor=${HALF_MB}`);
  const survivors: unknown[] = [];
  for (let step = 0; step < STEPS_AT_MOST && youngBytes() < BYTES; step++) {
    for (let index = 0; index < SURVIVORS_PER_STEP; index++) {
      survivors.push(new Array(SURVIVOR_ITEMS).fill(null));
    }
  }
  setFlagsFromString('--semi-space-growth-factor=1');
}

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ??
  BYTES;

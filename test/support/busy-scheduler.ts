import { createRequire } from 'node:module';

interface Scheduler {
  readonly unstable_UserBlockingPriority: number;
  readonly unstable_IdlePriority: number;
  readonly unstable_scheduleCallback: (priority: number, task: () => void) => unknown;
}

const fromInk = createRequire(import.meta.resolve('ink'));
const fromReconciler = createRequire(fromInk.resolve('react-reconciler'));
const scheduler = fromReconciler('scheduler') as Scheduler;

/** React's scheduler gives the event loop back after 5 ms and goes on a turn later. */
const LONGER_THAN_A_SLICE_MS = 6;

/**
 * Work that React's own scheduler does before what is asked of it next, a slice in each turn of the event loop: a
 * machine with too little time, where a render comes many turns after the key that asked for it.
 */
export function keepSchedulerBusy(slices: number): void {
  for (let slice = 0; slice < slices; slice++) {
    scheduler.unstable_scheduleCallback(scheduler.unstable_UserBlockingPriority, () => {
      const endMs = performance.now() + LONGER_THAN_A_SLICE_MS;
      while (performance.now() < endMs);
    });
  }
}

/** Until React has done whatever it was asked to do by now. */
export const whenSchedulerIsIdle = (): Promise<void> =>
  new Promise((resolve) => {
    scheduler.unstable_scheduleCallback(scheduler.unstable_IdlePriority, () => resolve());
  });

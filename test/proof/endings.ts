import { casesFor, DIALECTS, placeOf } from './cases.js';
import type { Wishes } from './main.js';
import { openPlace } from './place.js';
import { showRun, startRun } from './run-view.js';
import { effectsText } from './witness.js';

/** Each action on each dialect, headless, followed to its end. @returns how many did not succeed. */
export async function proveEndings(wishes: Wishes): Promise<number> {
  let failures = 0;
  for (const dialect of DIALECTS.filter(({ name }) => (wishes.talos ?? name) === name)) {
    const cases = casesFor(dialect);
    for (const each of cases.filter(({ action }) => (wishes.action ?? action) === action)) {
      const place = await openPlace(placeOf(each, dialect, wishes.seed));
      try {
        const startedMs = performance.now();
        const run = await startRun(place, each.args);
        if (!('id' in run)) {
          failures += 1;
          wishes.say(
            `| ${each.action} | ${dialect.name} | not started | ${run.exitCode} | ${run.said} |`,
          );
          continue;
        }
        const { exitCode } = await place.cli('runs', 'follow', run.id);
        const { state, outcome } = await showRun(place, run.id);
        const seconds = Math.round((performance.now() - startedMs) / 1000);
        if (state !== 'succeeded' || exitCode !== 0) failures += 1;
        wishes.say(
          `| ${each.action} | ${dialect.name} | ${state} | ${exitCode} | ${seconds} s | ${effectsText(place.witness.effects())} | ${state === 'succeeded' ? '' : outcome} |`,
        );
      } finally {
        await place.close();
      }
    }
  }
  return failures;
}

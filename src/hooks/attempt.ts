import { OperatorError } from '../model/errors.js';
import { sentences } from '../model/sentence.js';
import type { Ui } from './ui.js';

/** The world's "no" becomes a sentence below the screen; anything else is a bug and reaches the crash screen. */
export function attempt(ui: Ui, work: Promise<void>, done: string): void {
  work.then(
    () => {
      if (done !== '') ui.say('ok', done);
    },
    (error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      ui.say('fail', sentences(error.message, error.hint));
    },
  );
}

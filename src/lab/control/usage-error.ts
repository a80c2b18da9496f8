import { OperatorError } from '../../model/errors.js';

/** A word on the lab's command line that the lab does not know: exit code 2, nothing was changed. */
export class LabUsageError extends OperatorError {
  readonly kind = 'configuration';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
    this.name = 'LabUsageError';
  }
}

const MOST_SUGGESTIONS = 3;

/** `Use stop-node or stop-vm.`; all names when nothing is near and they are few. */
export function suggest(word: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: distance(word.toLowerCase(), name) }))
    .filter(
      ({ name, distance: far }) => far <= Math.max(2, name.length / 3) || name.startsWith(word),
    )
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_SUGGESTIONS)
    .map(({ name }) => name);
  const shown = near.length > 0 ? near : names;
  const [last = ''] = shown.slice(-1);
  return shown.length > 1 ? `Use ${shown.slice(0, -1).join(', ')} or ${last}.` : `Use ${last}.`;
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

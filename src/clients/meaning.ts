import type { ErrorKind } from '../model/errors.js';

/** What a text of a tool or server means to us, and the next step for the operator. */
export interface Meaning {
  readonly kind: ErrorKind;
  readonly hint: string;
}

/** Order matters: the first pattern that fits wins, so the precise ones come first. */
export type Meanings = readonly (readonly [pattern: RegExp, kind: ErrorKind, hint: string])[];

export function meaningOf(meanings: Meanings, text: string): Meaning | null {
  const found = meanings.find(([pattern]) => pattern.test(text));
  return found === undefined ? null : { kind: found[1], hint: found[2] };
}

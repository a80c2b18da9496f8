import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { Comparison, Expectation, Part, Step } from './case.js';
import { TOO_LONG } from './invoke.js';
import { masked } from './masks.js';
import { stderrClass, usefulLines } from './stderr-class.js';

/** What one program did in one step. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | string;
  /** The file that the step names; null: there is none. */
  readonly file: string | null;
  /** null: the step changes nothing, so nobody looked. */
  readonly world: unknown;
  /** Takes out of a text where this lab is. */
  readonly withoutPlaces: (text: string) => string;
}

export interface Difference {
  readonly part: Part;
  readonly against: 'stand-in' | 'reference';
  readonly real: unknown;
  readonly wanted: unknown;
}

export function differences(step: Step, real: Outcome, standIn: Outcome): readonly Difference[] {
  const pairs: readonly (readonly [Part, unknown, unknown])[] = [
    ['exit code', real.code, standIn.code],
    ['stdout', stdoutOf(step, real), stdoutOf(step, standIn)],
    ['stderr', ...stderrPair(step, real, standIn)],
    ['files', real.file, standIn.file],
    ['world', real.world, standIn.world],
  ];
  return pairs
    .filter(([, ours, theirs]) => ours === TOO_LONG || !isDeepStrictEqual(ours, theirs))
    .map(([part, ours, theirs]) => ({ part, against: 'stand-in', real: ours, wanted: theirs }));
}

/** The expectation has the places of this lab masked. */
export function deviations(
  { stdout: comparison = 'bytes', masks = [] }: Step,
  { code, stdout, stderr }: Expectation,
  outcome: Outcome,
): readonly Difference[] {
  const said = outcome.withoutPlaces(usefulLines(outcome.stderr).join('\n'));
  const printed = masked(outcome.withoutPlaces(outcome.stdout), masks);
  const pairs: readonly (readonly [Part, unknown, unknown, boolean])[] = [
    ['exit code', outcome.code, code, code === undefined || outcome.code === code],
    ['stdout', printed, stdout, fits(printed, stdout, comparison)],
    ['stderr', said, stderr, fits(masked(said, masks), stderr, 'bytes')],
  ];
  return pairs
    .filter(([, , , isAsExpected]) => !isAsExpected)
    .map(([part, real, wanted]) => ({ part, against: 'reference', real, wanted }));
}

function fits(text: string, wanted: string | RegExp | undefined, comparison: Comparison): boolean {
  if (wanted === undefined) return true;
  if (wanted instanceof RegExp) return wanted.test(text);
  return isDeepStrictEqual(
    parsed(text.trimEnd(), comparison),
    parsed(wanted.trimEnd(), comparison),
  );
}

/** Masked text is longer or shorter: the columns of a table are found before. */
function stdoutOf({ stdout = 'bytes', masks = [] }: Step, outcome: Outcome): unknown {
  const steady = (text: string) => masked(outcome.withoutPlaces(text), masks);
  return stdout === 'table'
    ? tableCells(outcome.stdout).map((row) => row.map(steady))
    : parsed(steady(outcome.stdout), stdout);
}

function stderrPair(
  { stderr = 'class', masks = [] }: Step,
  real: Outcome,
  standIn: Outcome,
): readonly [unknown, unknown] {
  const [ours, theirs] = [real, standIn].map((one) => one.withoutPlaces(one.stderr)) as [
    string,
    string,
  ];
  switch (stderr) {
    case 'ignored':
      return [null, null];
    case 'bytes':
      return [masked(ours, masks), masked(theirs, masks)];
    case 'sorted-lines':
      return [sortedLines(masked(ours, masks)), sortedLines(masked(theirs, masks))];
    case 'class':
      // Equal words need no class; unequal ones have to mean the same.
      return isDeepStrictEqual(usefulLines(ours), usefulLines(theirs))
        ? [null, null]
        : [stderrClass(ours), stderrClass(theirs)];
  }
}

/** A text that cannot be parsed stays text: then the difference shows it. */
function parsed(text: string, comparison: Comparison): unknown {
  try {
    switch (comparison) {
      case 'bytes':
        return text;
      case 'ignored':
        return null;
      case 'json':
        return text.trim() === '' ? text : JSON.parse(text);
      case 'json-stream':
        return jsonDocuments(text);
      case 'yaml-stream':
        return parseAllDocuments(text).map((document) => document.toJS() as unknown);
      case 'table':
        return tableCells(text);
      case 'sorted-lines':
        return sortedLines(text);
    }
  } catch {
    return text;
  }
}

const sortedLines = (text: string): readonly string[] => text.split('\n').sort();

/** Concatenated documents, as `talosctl get -o json` and raw watches print them. */
export function jsonDocuments(text: string): readonly unknown[] {
  const documents: unknown[] = [];
  let depth = 0;
  let start = 0;
  let isString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isString) {
      if (character === '\\') index += 1;
      else if (character === '"') isString = false;
    } else if (character === '"') {
      isString = true;
    } else if (character === '{' || character === '[') {
      if (depth === 0) start = index;
      depth += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) documents.push(JSON.parse(text.slice(start, index + 1)));
    }
  }
  if (depth !== 0) throw new SyntaxError('The last document has no end.');
  return documents;
}

/** talos.md §0.1: columns start where their headers do; cells may be empty or hold spaces. */
export function tableCells(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const [header = ''] = lines;
  const starts = [...header.matchAll(/\S+(?: {1,2}\S+)*/g)].map(({ index }) => index);
  return lines.map((line) => {
    const characters = [...line];
    return starts.map((start, column) =>
      characters
        .slice(start, starts[column + 1])
        .join('')
        .trim(),
    );
  });
}

const MOST_LINES = 8;
const MOST_CHARACTERS = 300;

/** Where two values part, few lines: `path: real ≠ stand-in`. */
export function diffLines(real: unknown, standIn: unknown): readonly string[] {
  const found: string[] = [];
  walk('', real, standIn, found);
  const more = found.length - MOST_LINES;
  return more > 0 ? [...found.slice(0, MOST_LINES), `and ${more} more`] : found;
}

function walk(path: string, real: unknown, standIn: unknown, found: string[]): void {
  if (Object.is(real, standIn)) return;
  if (
    typeof real === 'string' &&
    typeof standIn === 'string' &&
    `${real}${standIn}`.includes('\n')
  ) {
    walk(path, real.split('\n'), standIn.split('\n'), found);
  } else if (isContainer(real) && isContainer(standIn)) {
    for (const key of new Set([...Object.keys(real), ...Object.keys(standIn)])) {
      walk(path === '' ? key : `${path}.${key}`, real[key], standIn[key], found);
    }
  } else {
    found.push(`${path}: ${shown(real)} ≠ ${shown(standIn)}`);
  }
}

const isContainer = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof RegExp);

const shown = (value: unknown): string =>
  value === undefined
    ? 'nothing'
    : (value instanceof RegExp ? String(value) : JSON.stringify(value)).slice(0, MOST_CHARACTERS);

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Number of the line in the old and in the new text, from 1. */
  readonly old: number;
  readonly new: number;
}

const CONTEXT = 3;

const linesOf = (text: string): readonly string[] =>
  text === '' ? [] : text.replace(/\n$/, '').split('\n');

/** A unified diff as Talos prints it; empty when nothing differs. */
export function textDiff(before: string, after: string): string {
  if (before === after) return '';
  const hunks = hunksOf(editScript(linesOf(before), linesOf(after)));
  return `--- a\n+++ b\n${hunks.map(hunkText).join('')}`;
}

/** The shortest way from one to the other, after what both begin and end with. */
function editScript(old: readonly string[], next: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start += 1;
  let tail = 0;
  while (
    tail < old.length - start &&
    tail < next.length - start &&
    old[old.length - 1 - tail] === next[next.length - 1 - tail]
  ) {
    tail += 1;
  }
  const lines: Line[] = [];
  const push = (sign: Line['sign'], text: string): void => {
    const last = lines.at(-1) ?? { old: 0, new: 0 };
    lines.push({
      sign,
      text,
      old: last.old + (sign === '+' ? 0 : 1),
      new: last.new + (sign === '-' ? 0 : 1),
    });
  };
  for (const text of old.slice(0, start)) push(' ', text);
  middle(old.slice(start, old.length - tail), next.slice(start, next.length - tail), push);
  for (const text of old.slice(old.length - tail)) push(' ', text);
  return lines;
}

/** Longest common subsequence: configurations have some hundred lines. */
function middle(
  old: readonly string[],
  next: readonly string[],
  push: (sign: Line['sign'], text: string) => void,
): void {
  const width = next.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const length = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = next.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        old[i] === next[j]
          ? length(i + 1, j + 1) + 1
          : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  let [i, j] = [0, 0];
  while (i < old.length || j < next.length) {
    const [left, right] = [old[i], next[j]];
    if (left !== undefined && left === right) {
      push(' ', left);
      i += 1;
      j += 1;
    } else if (
      left !== undefined &&
      (right === undefined || length(i + 1, j) >= length(i, j + 1))
    ) {
      push('-', left);
      i += 1;
    } else if (right !== undefined) {
      push('+', right);
      j += 1;
    }
  }
}

function hunksOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const hunks: Line[][] = [];
  let lastKept = Number.NEGATIVE_INFINITY;
  lines.forEach((line, index) => {
    const isNear = lines
      .slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1)
      .some(({ sign }) => sign !== ' ');
    if (!isNear) return;
    if (lastKept === index - 1) hunks.at(-1)?.push(line);
    else hunks.push([line]);
    lastKept = index;
  });
  return hunks;
}

function hunkText(lines: readonly Line[]): string {
  const [first] = lines;
  if (first === undefined) return '';
  const olds = lines.filter(({ sign }) => sign !== '+').length;
  const news = lines.filter(({ sign }) => sign !== '-').length;
  const oldStart = first.old + (first.sign === '+' ? 1 : 0);
  const newStart = first.new + (first.sign === '-' ? 1 : 0);
  const body = lines.map(({ sign, text }) => `${sign}${text}\n`).join('');
  return `@@ -${oldStart},${olds} +${newStart},${news} @@\n${body}`;
}

/** The candidate that was probably meant, or null when none is close. */
export function nearest(input: string, candidates: readonly string[]): string | null {
  const wanted = input.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  if (best !== undefined && best.edits <= Math.max(1, Math.floor(wanted.length / 3))) {
    return best.candidate;
  }
  return candidates.find((candidate) => wanted.length >= 3 && candidate.includes(wanted)) ?? null;
}

/** `Did you mean X?`, or the whole list while it is short, or where to look. */
export function nextStep(input: string, candidates: readonly string[], listing: string): string {
  const guess = nearest(input, candidates);
  if (guess !== null) return `Did you mean ${guess}?`;
  if (candidates.length > 0 && candidates.length <= 6)
    return `Use one of ${candidates.join(', ')}.`;
  return `Run \`${listing}\` for the list.`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforePrevious, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, to.length);
}

const at = (row: readonly number[], column: number): number =>
  row[column] ?? Number.POSITIVE_INFINITY;

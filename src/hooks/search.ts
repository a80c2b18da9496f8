/** Every word of the filter occurs somewhere in the row, whatever the case. */
export function matchesFilter(filter: string, text: string): boolean {
  const haystack = text.toLowerCase();
  return filter
    .toLowerCase()
    .split(' ')
    .every((word) => haystack.includes(word));
}

/**
 * How well the letters of the query occur in order; null when they do not. Starts of words and unbroken runs
 * count more, so `es` finds "etcd snapshot" before "Extensions".
 */
export function fuzzyScore(query: string, text: string): number | null {
  const letters = query.toLowerCase().replaceAll(' ', '');
  const target = text.toLowerCase();
  let score = 0;
  let from = 0;
  for (const letter of letters) {
    const at = target.indexOf(letter, from);
    if (at < 0) return null;
    const isWordStart = at === 0 || !/[a-z0-9]/.test(target[at - 1] ?? '');
    if (at === from && from > 0) score += 3;
    if (isWordStart) score += 2;
    score -= (at - from) * 0.05;
    from = at + 1;
  }
  return target.startsWith(letters) ? score + 5 : score;
}

export function fuzzyFilter<T>(
  items: readonly T[],
  query: string,
  textOf: (item: T) => string,
): readonly T[] {
  if (query.trim() === '') return items;
  return items
    .flatMap((item) => {
      const score = fuzzyScore(query, textOf(item));
      return score === null ? [] : [{ item, score }];
    })
    .toSorted((a, b) => b.score - a.score)
    .map(({ item }) => item);
}

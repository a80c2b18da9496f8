/**
 * Two lists whose items differ in these keys at most. Items share unchanged parts (`keepEqual`), so comparing by
 * reference is enough.
 */
export function isSameBut<T extends object>(
  figures: readonly (keyof T)[],
  former: readonly T[],
  next: readonly T[],
): boolean {
  return (
    former.length === next.length &&
    next.every((item, index) => {
      const old = former[index];
      return old !== undefined && isSameItem(figures, old, item);
    })
  );
}

export function isSameItem<T extends object>(
  figures: readonly (keyof T)[],
  former: T,
  next: T,
): boolean {
  if (Object.is(former, next)) return true;
  const keys = Object.keys(next) as (keyof T)[];
  return (
    keys.length === Object.keys(former).length &&
    keys.every((key) => figures.includes(key) || Object.is(former[key], next[key]))
  );
}

/**
 * The new value, built from the parts of the old one wherever they are equal; the old value itself when all of it
 * is. Screens and derivations compare by reference, and a poll that brought nothing new must not wake them.
 */
export function keepEqual<T>(previous: unknown, next: T): T {
  return share(previous, next) as T;
}

function share(previous: unknown, next: unknown): unknown {
  if (Object.is(previous, next)) return previous;
  if (Array.isArray(previous) && Array.isArray(next)) return shareArray(previous, next);
  if (isPlain(previous) && isPlain(next)) return shareObject(previous, next);
  return next;
}

function shareArray(previous: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  let isSame = previous.length === next.length;
  const shared = next.map((item, index) => {
    const kept = share(previous[index], item);
    if (isSame && !Object.is(kept, previous[index])) isSame = false;
    return kept;
  });
  return isSame ? previous : shared;
}

type Plain = Readonly<Record<string, unknown>>;

function shareObject(previous: Plain, next: Plain): Plain {
  const keys = Object.keys(next);
  let isSame = Object.keys(previous).length === keys.length;
  let isKept = false;
  const shared: Record<string, unknown> = {};
  for (const key of keys) {
    const kept = share(previous[key], next[key]);
    if (Object.is(kept, previous[key]) && key in previous) isKept ||= typeof kept === 'object';
    else isSame = false;
    shared[key] = kept;
  }
  if (isSame) return previous;
  return isKept ? shared : next;
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

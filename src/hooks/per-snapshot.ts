import type { Snapshot } from '../model/snapshot.js';

/** Derived once per snapshot, so that a key press costs nothing. */
export function perSnapshot<T>(derive: (snapshot: Snapshot) => T): (snapshot: Snapshot) => T {
  const derived = new WeakMap<Snapshot, { readonly value: T }>();
  return (snapshot) => {
    const known = derived.get(snapshot) ?? { value: derive(snapshot) };
    derived.set(snapshot, known);
    return known.value;
  };
}

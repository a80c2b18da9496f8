import { useState } from 'react';
import type { ScopeName } from './key-table.js';
import { useKeys } from './use-keys.js';

/** A text that is longer than the screen. @returns its first visible line. */
export function useScroll(lineCount: number, height: number, isActive = true): number {
  const [wanted, setWanted] = useState(0);
  const last = Math.max(0, lineCount - height);
  const top = Math.min(wanted, last);
  const by = (step: number) => () =>
    setWanted((from) => Math.min(Math.max(0, Math.min(from, last) + step), last));
  const page = Math.max(1, height - 1);
  const half = Math.max(1, Math.floor(height / 2));

  useKeys(
    'scroll' satisfies ScopeName,
    {
      down: by(1),
      up: by(-1),
      first: () => setWanted(0),
      last: () => setWanted(last),
      pageDown: by(page),
      pageUp: by(-page),
      halfDown: by(half),
      halfUp: by(-half),
    },
    { isActive },
  );
  return top;
}

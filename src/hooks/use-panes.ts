import { useState } from 'react';
import { useKeys } from './use-keys.js';

/** Which of several lists on one screen has the cursor. */
export function usePanes(count: number): number {
  const [pane, setPane] = useState(0);
  useKeys(
    'panes',
    {
      next: () => setPane((from) => (from + 1) % count),
      previous: () => setPane((from) => (from + count - 1) % count),
    },
    { isActive: count > 1 },
  );
  return pane;
}

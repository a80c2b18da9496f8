import { useState } from 'react';
import type { KeyHandlers } from './use-keys.js';
import { useKeys } from './use-keys.js';

/**
 * A text that is longer than the screen. Until the operator scrolls, `keptLine` is in view. @returns its first
 * visible line.
 */
export function useScroll(lineCount: number, height: number, keptLine = 0): number {
  const { top, handlers } = useScrollState(lineCount, height, keptLine);
  useKeys('scroll', handlers, { isActive: lineCount > height });
  return top;
}

/** The same inside of a dialog; it may begin at its end. */
export function useModalScroll(lineCount: number, height: number, isFromEnd = false): number {
  const { top, handlers } = useScrollState(lineCount, height, isFromEnd ? lineCount : 0);
  useKeys('modalScroll', handlers, { isActive: lineCount > height });
  return top;
}

/** Lines below the one that is kept in view: what it is about to do next. */
const AHEAD = 3;

function useScrollState(
  lineCount: number,
  height: number,
  keptLine: number,
): { readonly top: number; readonly handlers: KeyHandlers<'scroll'> } {
  const [wanted, setWanted] = useState<number | null>(null);
  const last = Math.max(0, lineCount - height);
  const kept = Math.min(last, Math.max(0, keptLine + AHEAD - height + 1));
  const by = (step: number) => () =>
    setWanted((from) => Math.min(Math.max(0, Math.min(from ?? kept, last) + step), last));
  const page = Math.max(1, height - 1);
  const half = Math.max(1, Math.floor(height / 2));
  return {
    top: Math.min(wanted ?? kept, last),
    handlers: {
      down: by(1),
      up: by(-1),
      first: () => setWanted(0),
      last: () => setWanted(last),
      pageDown: by(page),
      pageUp: by(-page),
      halfDown: by(half),
      halfUp: by(-half),
    },
  };
}

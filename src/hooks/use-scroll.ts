import { useState } from 'react';
import type { KeyHandlers } from './use-keys.js';
import { useKeys } from './use-keys.js';

/** A text that is longer than the screen. @returns its first visible line. */
export function useScroll(lineCount: number, height: number): number {
  const { top, handlers } = useScrollState(lineCount, height);
  useKeys('scroll', handlers);
  return top;
}

/** The same inside of a dialog. */
export function useModalScroll(lineCount: number, height: number): number {
  const { top, handlers } = useScrollState(lineCount, height);
  useKeys('modalScroll', handlers);
  return top;
}

function useScrollState(
  lineCount: number,
  height: number,
): { readonly top: number; readonly handlers: KeyHandlers<'scroll'> } {
  const [wanted, setWanted] = useState(0);
  const last = Math.max(0, lineCount - height);
  const by = (step: number) => () =>
    setWanted((from) => Math.min(Math.max(0, Math.min(from, last) + step), last));
  const page = Math.max(1, height - 1);
  const half = Math.max(1, Math.floor(height / 2));
  return {
    top: Math.min(wanted, last),
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

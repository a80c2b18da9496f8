import type { ViewProps } from '../types.js';

/** Where a dialog of the wanted size stands: centred, never touching the edges. */
export interface DialogPlace {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Room for text inside the frame. */
  readonly innerWidth: number;
  readonly innerHeight: number;
}

const BORDER_AND_PADDING = 4;
const BORDERS = 2;

export function dialogPlace(
  screen: ViewProps,
  wantedWidth: number,
  wantedLines: number,
): DialogPlace {
  const width = Math.min(wantedWidth, screen.width - 4);
  const height = Math.min(wantedLines + BORDERS, screen.height - 4);
  return {
    width,
    height,
    left: Math.floor((screen.width - width) / 2),
    top: Math.max(1, Math.floor((screen.height - height) / 2)),
    innerWidth: width - BORDER_AND_PADDING,
    innerHeight: height - BORDERS,
  };
}

/** `12–30 of 48` while not everything is in view. */
export const scrollNote = (top: number, height: number, count: number): string =>
  count <= height ? '' : `${top + 1}–${Math.min(top + height, count)} of ${count}`;

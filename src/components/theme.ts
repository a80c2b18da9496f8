import { createContext, useContext } from 'react';
import type { Tone } from './text.js';

/** How rows stand out: a cursor row, a bar at the edge of the screen, a dialog. */
export type Fill = 'selected' | 'bar' | 'dialog';

interface Style {
  readonly open: string;
  readonly close: string;
}

export interface Theme {
  readonly isAscii: boolean;
  readonly tones: Readonly<Record<Tone, Style>>;
  readonly fills: Readonly<Record<Fill, Style & { readonly keepsTones: boolean }>>;
}

export interface Look {
  readonly isAscii: boolean;
  readonly hasColor: boolean;
  readonly theme: 'dark' | 'light' | '16';
}

const ESC = '\u001B[';
const NONE: Style = { open: '', close: '' };
const BOLD: Style = { open: `${ESC}1m`, close: `${ESC}22m` };
const INVERSE: Style = { open: `${ESC}7m`, close: `${ESC}27m` };
const INVERSE_BOLD: Style = { open: `${ESC}7;1m`, close: `${ESC}22;27m` };

const ink = (code: string): Style => ({ open: `${ESC}${code}m`, close: `${ESC}39m` });
const boldInk = (code: string): Style => ({ open: `${ESC}1;${code}m`, close: `${ESC}22;39m` });
const paper = (code: string) => ({ open: `${ESC}${code}m`, close: `${ESC}49m`, keepsTones: true });

type Tones = Readonly<Record<Tone, Style>>;
type Fills = Theme['fills'];

const DARK: Tones = {
  text: NONE,
  strong: BOLD,
  muted: ink('38;5;246'),
  faint: ink('38;5;240'),
  accent: ink('38;5;110'),
  active: { open: `${ESC}1;38;5;231;48;5;24m`, close: `${ESC}22;39;49m` },
  ok: ink('38;5;114'),
  warn: ink('38;5;221'),
  fail: boldInk('38;5;203'),
  unknown: ink('38;5;176'),
  wait: ink('38;5;75'),
  alert: { open: `${ESC}1;38;5;231;48;5;160m`, close: `${ESC}22;39;49m` },
};

const LIGHT: Tones = {
  text: NONE,
  strong: BOLD,
  muted: ink('38;5;242'),
  faint: ink('38;5;249'),
  accent: ink('38;5;25'),
  active: { open: `${ESC}1;38;5;231;48;5;25m`, close: `${ESC}22;39;49m` },
  ok: ink('38;5;28'),
  warn: ink('38;5;130'),
  fail: boldInk('38;5;160'),
  unknown: ink('38;5;90'),
  wait: ink('38;5;26'),
  alert: { open: `${ESC}1;38;5;231;48;5;160m`, close: `${ESC}22;39;49m` },
};

const SIXTEEN: Tones = {
  text: NONE,
  strong: BOLD,
  muted: NONE,
  faint: ink('90'),
  accent: ink('36'),
  active: INVERSE_BOLD,
  ok: ink('32'),
  warn: ink('33'),
  fail: boldInk('31'),
  unknown: ink('35'),
  wait: ink('34'),
  alert: { open: `${ESC}1;37;41m`, close: `${ESC}22;39;49m` },
};

/** NO_COLOR takes colours away, not emphasis: bold and inverse still say what matters. */
const COLORLESS: Tones = {
  text: NONE,
  strong: BOLD,
  muted: NONE,
  faint: NONE,
  accent: NONE,
  active: INVERSE_BOLD,
  ok: NONE,
  warn: BOLD,
  fail: BOLD,
  unknown: NONE,
  wait: NONE,
  alert: INVERSE_BOLD,
};

const DARK_FILLS: Fills = {
  selected: paper('48;5;238'),
  bar: paper('48;5;235'),
  dialog: paper('48;5;234'),
};

const LIGHT_FILLS: Fills = {
  selected: paper('48;5;252'),
  bar: paper('48;5;255'),
  dialog: paper('48;5;255'),
};

/** A coloured cell inside an inverse row keeps a coloured block, so inverse rows drop their tones. */
const PLAIN_FILLS: Fills = {
  selected: { ...INVERSE, keepsTones: false },
  bar: { ...NONE, keepsTones: true },
  dialog: { ...NONE, keepsTones: true },
};

export function themeFor({ isAscii, hasColor, theme }: Look): Theme {
  if (!hasColor) return { isAscii, tones: COLORLESS, fills: PLAIN_FILLS };
  switch (theme) {
    case 'dark':
      return { isAscii, tones: DARK, fills: DARK_FILLS };
    case 'light':
      return { isAscii, tones: LIGHT, fills: LIGHT_FILLS };
    case '16':
      return { isAscii, tones: SIXTEEN, fills: PLAIN_FILLS };
  }
}

const ThemeContext = createContext<Theme>(
  themeFor({ isAscii: false, hasColor: true, theme: 'dark' }),
);

/** The theme is fixed for the life of the console. */
export const ThemeProvider = ThemeContext.Provider;

export const useTheme = (): Theme => useContext(ThemeContext);

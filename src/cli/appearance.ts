import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Appearance } from '../hooks/wiring.js';
import type { Options } from './options.js';

/** How the terminal says it can be drawn on; fixed at start. */
export function appearance(
  options: Options,
  env: NodeJS.ProcessEnv,
  configDir: string,
): Appearance {
  const settings = settingsText(configDir);
  const wanted = /^theme:\s*["']?(dark|light|16)\b/m.exec(settings)?.[1];
  return {
    isAscii: options.isAscii || /^ascii:\s*true\b/m.test(settings),
    hasColor: options.hasColor,
    theme: isTheme(wanted) ? wanted : themeOf(env),
  };
}

/**
 * Only these two keys, by their lines: YAML and its checks load behind the first frame, and they tell what is
 * wrong with the file.
 */
function settingsText(configDir: string): string {
  try {
    return readFileSync(join(configDir, 'settings.yaml'), 'utf8');
  } catch {
    return '';
  }
}

const isTheme = (text: string | undefined): text is Appearance['theme'] =>
  text === 'dark' || text === 'light' || text === '16';

function themeOf(env: NodeJS.ProcessEnv): Appearance['theme'] {
  const { TERM = '', COLORTERM, COLORFGBG } = env;
  const hasManyColors =
    COLORTERM !== undefined ||
    /256|truecolor|direct|kitty|alacritty|ghostty|foot|wezterm/.test(TERM);
  if (!hasManyColors) return '16';
  // `0;15` is black on white: rxvt, Konsole and others say so.
  const background = COLORFGBG?.split(';').at(-1);
  return background === '7' || background === '15' ? 'light' : 'dark';
}

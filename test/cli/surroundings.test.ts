import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { appearance } from '../../src/cli/appearance.js';
import { directories } from '../../src/cli/directories.js';
import { labEnvironment } from '../../src/cli/lab-environment.js';
import type { Options } from '../../src/cli/options.js';
import { tempDir } from '../support/temp-dir.js';

const options: Options = {
  demo: null,
  cluster: null,
  isReadOnly: false,
  isAscii: false,
  hasColor: true,
  configDir: null,
  stateDir: null,
};

test('settings and runs lie where XDG says, or where an option says', () => {
  expect(directories(options, { HOME: '/home/kim' })).toEqual({
    configDir: '/home/kim/.config/talos-tui',
    stateDir: '/home/kim/.local/state/talos-tui',
  });
  const env = { HOME: '/home/kim', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: 'relative' };
  expect(directories(options, env)).toEqual({
    configDir: '/c/talos-tui',
    stateDir: '/home/kim/.local/state/talos-tui',
  });
  expect(directories({ configDir: '/x', stateDir: '/y' }, env)).toEqual({
    configDir: '/x',
    stateDir: '/y',
  });
});

test.each([
  [{ TERM: 'xterm-256color' }, 'dark'],
  [{ TERM: 'xterm', COLORTERM: 'truecolor' }, 'dark'],
  [{ TERM: 'xterm' }, '16'],
  [{ TERM: 'linux' }, '16'],
  [{ TERM: 'rxvt-256color', COLORFGBG: '0;15' }, 'light'],
  [{ TERM: 'rxvt-256color', COLORFGBG: '15;default;0' }, 'dark'],
])('%j is drawn with the theme %s', async (env, theme) => {
  expect(appearance(options, env, await tempDir()).theme).toBe(theme);
});

test('the settings of the operator win over what the terminal says', async () => {
  const dir = await tempDir();
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'settings.yaml'), '# mine\ntheme: light\nascii: true\n');
  expect(appearance(options, { TERM: 'linux' }, dir)).toEqual({
    theme: 'light',
    isAscii: true,
    hasColor: true,
  });
});

test('what the env.sh of a lab sets is read as a shell would', () => {
  const script = [
    "export TALOSCONFIG='/l/it'\\''s here/talosconfig'",
    "export TALOS_TUI_FACTORY_URL='http://127.3.0.3:8080'",
    'export PATH=\'/l/bin\':"$PATH"',
    '',
  ].join('\n');
  expect(labEnvironment(script, { PATH: '/bin' })).toEqual({
    TALOSCONFIG: "/l/it's here/talosconfig",
    TALOS_TUI_FACTORY_URL: 'http://127.3.0.3:8080',
    PATH: '/l/bin:/bin',
  });
});

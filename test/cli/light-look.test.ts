import { expect, test } from 'vitest';
import { lookAtArguments, protectDemo } from '../../src/cli/light-look.js';

const terminal = { env: { TERM: 'xterm' }, hasInputTerminal: true, hasOutputTerminal: true };

const consoleOptions = (...argv: readonly string[]) => {
  const look = lookAtArguments(argv, terminal);
  return look.kind === 'console' ? look.options : look;
};

test('options of the console are understood without the full parser', () => {
  expect(
    consoleOptions('--demo', '3+97', '--cluster=home', '--read-only', '--ascii', '--no-color'),
  ).toEqual({
    demo: '3+97',
    cluster: 'home',
    isReadOnly: true,
    isAscii: true,
    hasColor: false,
    configDir: null,
    stateDir: null,
  });
  expect(consoleOptions('--config-dir', '/c', '--state-dir=/s', '--demo')).toMatchObject({
    demo: 'healthy',
    configDir: '/c',
    stateDir: '/s',
  });
});

test('a demo before another option starts the default scenario', () => {
  expect(consoleOptions('--demo', '--read-only')).toMatchObject({
    demo: 'healthy',
    isReadOnly: true,
  });
});

test.each([
  [['status']],
  [['--help']],
  [['--demp']],
  [['--cluster']],
  [['--cluster', 'status']],
  [['--demo', 'status']],
  [['--read-only=yes']],
  [['home']],
])('%j goes to the full parser, which runs or explains it', (argv) => {
  expect(lookAtArguments(argv, terminal)).toEqual({ kind: 'headless', argv });
});

test('without a terminal on either side the status is printed', () => {
  for (const without of [{ hasOutputTerminal: false }, { hasInputTerminal: false }]) {
    expect(lookAtArguments(['--demo', '--ascii'], { ...terminal, ...without })).toEqual({
      kind: 'headless',
      argv: ['status', '--demo=healthy', '--ascii'],
    });
  }
});

test('--json without a command is the status, also in a terminal', () => {
  expect(lookAtArguments(['--demo', '--json'], terminal)).toEqual({
    kind: 'headless',
    argv: ['status', '--demo=healthy', '--json'],
  });
});

test('a dumb terminal is refused, NO_COLOR and a Linux console are respected', () => {
  expect(lookAtArguments([], { ...terminal, env: { TERM: 'dumb' } }).kind).toBe('dumb-terminal');
  expect(lookAtArguments([], { ...terminal, env: { TERM: 'linux', NO_COLOR: '1' } })).toMatchObject(
    { options: { isAscii: true, hasColor: false } },
  );
  expect(lookAtArguments([], { ...terminal, env: { TERM: 'xterm', NO_COLOR: '' } })).toMatchObject({
    options: { isAscii: false, hasColor: true },
  });
});

test('a command after --demo is a command, not a scenario', () => {
  expect(protectDemo(['--demo', 'status', '--json'])).toEqual([
    '--demo=healthy',
    'status',
    '--json',
  ]);
  expect(protectDemo(['status', '--demo', '1+1'])).toEqual(['status', '--demo', '1+1']);
});

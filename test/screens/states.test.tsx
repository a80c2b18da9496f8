import { describe, expect, test } from 'vitest';
import { screens } from '../../src/screens/index.js';
import { frameProblems, KEY, openScreen } from '../support/screen.js';
import {
  busySnapshot,
  emptyFreshSnapshot,
  failedSnapshot,
  staleSnapshot,
  waitingSnapshot,
} from '../support/snapshots.js';

const STATES = {
  waiting: waitingSnapshot(),
  fresh: busySnapshot(),
  stale: staleSnapshot(),
  failed: failedSnapshot(),
  empty: emptyFreshSnapshot(),
} as const;

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 50],
] as const;

const LOOKS = [
  {},
  { isAscii: true },
  { hasColor: false },
  { theme: 'light' as const },
  { theme: '16' as const },
];

/** `1` … `9`, and what Enter opens there. */
const PLACES = [...screens.map(({ key }) => key), `1${KEY.enter}`, `9${KEY.enter}`, '@'];

describe.each(Object.entries(STATES))('with every source %s', (_name, snapshot) => {
  test.each(SIZES)('each screen fills exactly %i×%i, whatever the look', async (columns, rows) => {
    for (const appearance of LOOKS) {
      const screen = await openScreen({ snapshot, columns, rows, appearance });
      for (const place of PLACES) {
        for (const key of place) await screen.press(key);
        expect({ place, problems: frameProblems(screen.ansi(), columns, rows) }).toEqual({
          place,
          problems: [],
        });
        if (appearance.isAscii) expect(screen.text()).toMatch(/^[\n -~]*$/);
        if (appearance.hasColor === false)
          expect(screen.ansi()).not.toMatch(/\u001B\[[\d;]*[34]8;5/);
      }
      screen.close();
    }
  });
});

async function textOf(state: keyof typeof STATES, keys: string): Promise<string> {
  const screen = await openScreen({ snapshot: STATES[state] });
  for (const key of keys) await screen.press(key);
  const text = screen.text();
  screen.close();
  return text;
}

test.each(['1', '2', '3', '4', '5', '6', '9'])(
  'screen %s says that it waits instead of looking healthy',
  async (key) => {
    const text = await textOf('waiting', key);
    expect(text).toMatch(/waiting|no node|not known/i);
    expect(text).not.toMatch(/● (ok|running|Ready|healthy|API ready|none pending)/);
  },
);

test.each([
  ['2', 'member list'],
  ['5', 'certificate requests'],
  ['6', 'Proxmox'],
])('screen %s names what cannot be read, why, and what to do', async (key, what) => {
  const text = await textOf('failed', key);
  expect(text.toLowerCase()).toContain(`${what.toLowerCase()} cannot be read`);
  expect(text).toContain('the certificate has expired');
  expect(text).toContain('Look at the other side.');
});

test.each(['1', '2', '3', '4', '5', '6'])(
  'screen %s calls nothing healthy that is out of date',
  async (key) => {
    const text = await textOf('stale', key);
    expect(text).toMatch(/\d+\/\d+ down|no source answers/);
    expect(text).not.toMatch(
      /● +(ok|Ready|running|online|up|healthy|leader|member|API ready|none pending|same as most|\d+%)/,
    );
  },
);

test.each([
  ['2', 'The member list is empty'],
  ['3', 'None configured'],
  ['5', 'nothing to approve'],
  ['6', 'No guests'],
  ['9', 'Nothing was run yet'],
])('screen %s says so when there is nothing', async (key, sentence) => {
  expect(await textOf('empty', key)).toContain(sentence);
});

test('says how old the shown data is when nothing answers any more', async () => {
  expect(await textOf('stale', '1')).toContain('1m old');
  expect(await textOf('stale', '2')).toContain('last read 1m ago');
});

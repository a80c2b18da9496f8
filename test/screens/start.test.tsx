import { afterEach, expect, test } from 'vitest';
import { DEFAULT_WAITS } from '../../src/model/connection.js';
import { emptySnapshot } from '../../src/model/empty-snapshot.js';
import { aCluster } from '../support/builders.js';
import { frameProblems, KEY, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

const nothing = emptySnapshot(aCluster({ name: '' }));

test('offers what was found, and names files that cannot be used', async () => {
  const chosen: string[] = [];
  screen = await openScreen({
    snapshot: nothing,
    session: {
      state: 'choosing',
      choices: [
        {
          id: 'home',
          label: 'home',
          detail: `from ~/.talos/config ${'and more '.repeat(9)}to the last word`,
          choose: () => void chosen.push('home'),
        },
        {
          id: 'lab',
          label: 'Try the lab',
          detail: 'simulated',
          choose: () => void chosen.push('lab'),
        },
        {
          id: 'deploy',
          label: 'Deploy a new cluster',
          detail: 'not available in this version',
          choose: null,
        },
      ],
      problems: ['~/.kube/config, line 12: bad indentation'],
    },
  });
  expect(screen.text()).toContain('▲ ~/.kube/config, line 12: bad indentation');
  expect(screen.text()).toContain('to the last word');
  expect(frameProblems(screen.ansi(), 80, 24)).toEqual([]);
  await screen.press(`jj${KEY.enter}`);
  expect(screen.text()).toContain('▲ Deploy a new cluster: not available in this version');
  await screen.press(`k${KEY.enter}`);
  expect(chosen).toEqual(['lab']);
});

test('says what went wrong and what to do, and can be left', async () => {
  screen = await openScreen({
    snapshot: nothing,
    session: { state: 'failed', message: 'The lab did not start.', hint: 'Look at its log.' },
  });
  expect(screen.text()).toContain('The lab did not start.');
  expect(screen.text()).toContain('Look at its log.');
  await screen.press('q');
  expect(screen.calls.quit).toHaveLength(1);
});

test('goes from connecting to the overview without a key', async () => {
  screen = await openScreen({
    snapshot: busySnapshot(),
    session: { state: 'connecting', text: 'Connecting to home…' },
  });
  expect(screen.text()).toContain('◌ Connecting to home…');
  expect(screen.text()).not.toContain('1 Overview');
  await screen.press('2');
  await screen.enter({
    state: 'attached',
    connection: {
      name: 'home',
      origin: 'clusters/home.yaml',
      isProduction: false,
      isReadOnly: false,
      talos: null,
      kubernetes: null,
      proxmox: null,
      factoryUrl: '',
      vip: null,
      snapshotDir: '/tmp',
      programs: { talosctl: 'talosctl', kubectl: 'kubectl', helm: 'helm' },
      waits: DEFAULT_WAITS,
    },
  });
  expect(screen.text()).toContain('● 5 machines healthy'.slice(2));
});

import { afterEach, expect, test } from 'vitest';
import { frameProblems, type OpenScreen, openScreen } from '../support/screen.js';
import { busySnapshot } from '../support/snapshots.js';

let screen: OpenScreen;
afterEach(() => screen.close());

test('after a bug says first that the cluster is safe, then where the details are', async () => {
  screen = await openScreen({ snapshot: busySnapshot() });
  screen.ui.crash.update(() => ({
    message: 'TypeError: x is undefined',
    stack: 'TypeError: x is undefined\n    at draw (etcd.tsx:12:3)',
    logFile: '/var/lib/talos-tui/console.log',
  }));
  await screen.settle();
  expect(screen.text()).toContain('Nothing was changed by this.');
  expect(screen.text()).toContain('TypeError: x is undefined');
  expect(screen.text()).toContain('/var/lib/talos-tui/console.log');
  expect(frameProblems(screen.ansi(), 80, 24)).toEqual([]);
  await screen.press('q');
  expect(screen.calls.quit).toHaveLength(1);
});

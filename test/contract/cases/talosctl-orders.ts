import type { Case, Expectation, Step } from '../case.js';
import { talosctl } from './argv.js';

/** Orders to a machine, held to talos.md §4 and §10: our stand-in does not know them. */
const order = (
  node: string,
  words: readonly string[],
  expect: Expectation,
  rest: Omit<Step, 'argv'> = {},
): Step => ({ argv: talosctl(node, ...words), ...rest, expect });

const machine = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'talosctl',
  title,
  isChange: true,
  isRealOnly: true,
  timeScale: 20,
  steps,
});

const PROVED: Expectation = { code: 0, stdout: '', stderr: /: post check passed$/ };
const SENT: Expectation = { code: 0, stdout: '', stderr: '' };

const isRunning = (node: string): Step =>
  order(node, ['get', 'machinestatus', '-o', 'jsonpath={.spec.stage}'], {
    code: 0,
    stdout: 'running',
  });

const hasVersion = (node: string, version: string): Step =>
  order(node, ['get', 'version', '-o', 'jsonpath={.spec.version}'], { code: 0, stdout: version });

const installer = (version: string): string => `ghcr.io/siderolabs/installer:${version}`;
const TRACKED = ['--timeout', '50s'];

export const talosctlOrders: readonly Case[] = [
  machine(
    'reboot a worker and wait for it',
    order('{w1}', ['reboot', ...TRACKED], PROVED),
    isRunning('{w1}'),
    order('{w1}', ['reboot', '--mode', 'powercycle', ...TRACKED], PROVED),
  ),
  machine(
    'reboot a control plane and wait for it',
    order('{cp3}', ['reboot', ...TRACKED], PROVED),
    isRunning('{cp3}'),
  ),
  machine(
    'reboot without waiting',
    order('{w1}', ['reboot', '--wait=false'], SENT, { advanceSeconds: 300 }),
    isRunning('{w1}'),
  ),
  machine(
    'shut a worker down',
    order(
      '{w1}',
      ['shutdown', ...TRACKED],
      { code: 0, stdout: '', stderr: /^"127\.<lan>\.0\.21": / },
      // Tracking ends before the power does.
      { advanceSeconds: 30 },
    ),
    order('{w1}', ['version', '--json'], { code: 1, stderr: /code = Unavailable/ }),
  ),
  machine(
    'upgrade a worker',
    order('{w1}', ['upgrade', '--image', installer('v1.12.5'), ...TRACKED], PROVED),
    hasVersion('{w1}', 'v1.12.5'),
    isRunning('{w1}'),
  ),
  machine(
    'roll back what never was',
    order('{w1}', ['rollback'], { code: 1, stderr: /previous UKI not found|cannot rollback/ }),
  ),
  machine(
    'wipe the data of a worker',
    order(
      '{w1}',
      [
        ...['reset', '--graceful=false', '--reboot'],
        ...['--system-labels-to-wipe', 'EPHEMERAL', '--wait=false'],
      ],
      SENT,
      { advanceSeconds: 300 },
    ),
    isRunning('{w1}'),
  ),
  machine(
    'take a machine out of the cluster',
    order('{w1}', ['reset', '--graceful=false', '--reboot', '--wait=false'], SENT, {
      advanceSeconds: 300,
    }),
    order('{w1}', ['version', '--json'], { code: 1, stderr: /code = Unavailable/ }),
  ),
  machine(
    'let a member of etcd go',
    order('{w1}', ['etcd', 'leave'], {
      code: 1,
      stderr: /etcd leave is only available on control plane nodes/,
    }),
    order('{cp3}', ['etcd', 'leave'], SENT, { advanceSeconds: 30 }),
    order('{cp1}', ['etcd', 'members'], {
      code: 0,
      stdout: /^NODE .*\n(?:.* talos-cp-0[12] .*\n){2}$/,
    }),
  ),
];

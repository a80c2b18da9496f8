import type { Case, Expectation, Step } from '../case.js';
import { helm } from './argv.js';

const LIST_FLAGS = ['-A', '--deployed', '--failed', '--pending', '--uninstalling', '-o', 'json'];

const says = (
  words: readonly string[],
  expect: Expectation,
  rest: Omit<Step, 'argv'> = {},
): Step => ({ argv: helm(...words), ...rest, expect });

const ok = (stdout: string | RegExp): Expectation => ({ code: 0, stdout });
const failed = (stderr: string | RegExp): Expectation => ({ code: 1, stdout: '', stderr });

const listing: readonly Case[] = ['healthy', 'seed-000', 'seed-002', 'seed-004'].map(
  (scenario) => ({
    program: 'helm',
    title: `know what is installed in ${scenario}`,
    scenario,
    steps: [
      { argv: helm('list', ...LIST_FLAGS), stdout: 'json' },
      { argv: helm('list', '-A', '-o', 'json'), stdout: 'json' },
      { argv: helm('list', '-n', 'kube-system', '-o', 'json'), stdout: 'json' },
      { argv: helm('list', '-n', 'nosuchnamespace', '-o', 'json'), stdout: 'json' },
    ],
  }),
);

const BY_HELM_4: Pick<Step, 'known'> = {
  known: [{ versions: '>=4.0', parts: ['stdout'], about: 'What helm 4 tells of a release' }],
};

const MOVED = /"status":"deployed","chart":"small-1\.0\.0","app_version":"2\.4"/;

/** One release through its whole life: §6 of kubernetes.md. */
const life = (title: string, wait: string, only: string): Case => ({
  program: 'helm',
  title,
  isChange: true,
  isRealOnly: true,
  timeScale: 10,
  steps: [
    says(
      ['install', 'small', '{charts}/small', '-n', 'shop', '--timeout', '60s', wait],
      ok(/^STATUS: deployed$/m),
    ),
    says(['list', ...LIST_FLAGS], ok(MOVED)),
    says(['status', 'small', '-n', 'shop', '-o', 'json'], ok(/"status":"deployed"/)),
    says(['get', 'values', 'small', '-n', 'shop', '-o', 'json'], ok('null')),
    says(
      ['install', 'small', '{charts}/small', '-n', 'shop'],
      failed(
        /^Error: INSTALLATION FAILED: (?:cannot re-use a name that is still in use|release name check failed: cannot reuse a name that is still in use)$/,
      ),
    ),
    says(
      ['upgrade', 'small', '{charts}/small', '-n', 'shop', '--set', 'greeting=hi', wait],
      ok(/^Release "small" has been upgraded\. Happy Helming!$/m),
    ),
    says(['get', 'values', 'small', '-n', 'shop', '-o', 'json'], ok('{"greeting":"hi"}'), {
      stdout: 'json',
    }),
    says(
      ['rollback', 'small', '1', '-n', 'shop', wait],
      ok('Rollback was a success! Happy Helming!'),
    ),
    says(
      ['history', 'small', '-n', 'shop', '-o', 'json'],
      ok(
        /"revision":1,.*"status":"superseded".*"revision":2,.*"status":"superseded".*"revision":3,.*"status":"deployed".*"description":"Rollback to 1"/,
      ),
    ),
    says(['uninstall', 'small', '-n', 'shop', wait], ok('release "small" uninstalled')),
    says(['status', 'small', '-n', 'shop', '-o', 'json'], failed('Error: release: not found')),
    says(
      ['upgrade', 'small', '{charts}/small', '-n', 'shop'],
      failed('Error: UPGRADE FAILED: "small" has no deployed releases'),
    ),
    says(
      ['upgrade', '--install', 'small', '{charts}/small', '-n', 'fresh', '--create-namespace'],
      ok(/^NAMESPACE: fresh\nSTATUS: deployed$/m),
    ),
    says(['list', '-n', 'fresh', '-o', 'json'], ok(MOVED)),
    says(
      ['upgrade', '--install', 'small', '{charts}/small', '-n', 'fresh', '-f', '-', wait],
      ok(/^Release "small" has been upgraded/m),
      { stdin: 'greeting: hello again\n' },
    ),
    says(
      ['get', 'values', 'small', '-n', 'fresh', '-o', 'json'],
      ok('{"greeting":"hello again"}'),
      { stdout: 'json' },
    ),
    says(
      ['upgrade', 'small', '{charts}/missing', '-n', 'fresh'],
      failed(/^Error: (?:path ".*" not found|UPGRADE FAILED: .*|repo .* not found)$/),
    ),
  ].map((step) => ({ ...step, only })),
});

export const helmCases: readonly Case[] = [
  {
    program: 'helm',
    title: 'know the version and why nothing is reached',
    steps: [
      { argv: ['version', '--short'], masks: ['versions'] },
      { argv: ['list', '-A', '-o', 'json', '--kubeconfig', '{out}/none'] },
      { argv: helm('list', '-A', '-o', 'json', '--kube-apiserver', 'https://{lan}.0.99:6443') },
    ],
  },
  {
    program: 'helm',
    title: 'ask with a certificate that has ended',
    scenario: 'kubeconfig-expired',
    steps: [{ argv: helm('list', '-A', '-o', 'json') }],
  },
  ...listing,
  ...['cilium', 'longhorn'].map((release): Case => {
    const at = ['-n', release === 'cilium' ? 'kube-system' : 'longhorn-system'];
    const asJson = ['-o', 'json'];
    return {
      program: 'helm',
      title: `look at the release ${release}`,
      scenario: 'seed-000',
      steps: [
        says(['status', release, ...at, ...asJson], ok(/"status":"deployed"/), {
          stdout: 'json',
          ...BY_HELM_4,
        }),
        says(['status', release, ...at], ok(/^STATUS: deployed$/m), BY_HELM_4),
        says(['history', release, ...at, ...asJson], ok(/"revision":1,/), { stdout: 'json' }),
        says(['get', 'values', release, ...at, ...asJson], ok(/^(?:null|\{)/), { stdout: 'json' }),
        says(['get', 'values', release, ...at], ok(/^USER-SUPPLIED VALUES:\n/)),
        says(['get', 'manifest', release, ...at], { code: 0 }),
      ],
    };
  }),
  {
    program: 'helm',
    title: 'be told that there is no such release',
    steps: [
      says(['status', 'missing', '-n', 'shop', '-o', 'json'], failed('Error: release: not found')),
      says(['history', 'missing', '-n', 'shop', '-o', 'json'], failed('Error: release: not found')),
      says(['get', 'values', 'missing', '-n', 'shop'], failed('Error: release: not found')),
      says(['nosuchcommand'], failed(/^Error: unknown command "nosuchcommand" for "helm"/)),
    ],
  },
  life('install, upgrade, roll back and uninstall with helm 3', '--wait', '<4.0'),
  life('install, upgrade, roll back and uninstall with helm 4', '--wait=watcher', '>=4.0'),
];

import type { Case, Expectation, Step } from '../case.js';
import { helm } from './argv.js';

const ok = (stdout: string | RegExp): Expectation => ({ code: 0, stdout });
const failed = (stderr: RegExp): Expectation => ({ code: 1, stderr });

const says = (
  words: readonly string[],
  expect: Expectation,
  rest: Omit<Step, 'argv'> = {},
): Step => ({ argv: words, expect, stderr: 'ignored', ...rest });

const inCluster = (
  words: readonly string[],
  expect: Expectation,
  rest: Omit<Step, 'argv'> = {},
): Step => says(helm(...words), expect, rest);

const ADD = says(
  ['repo', 'add', 'lab', '{repository}'],
  ok('"lab" has been added to your repositories'),
);

const AT = ['-n', 'edge'];
const LIMIT = ['--timeout', '60s'];

const repository: Case = {
  program: 'helm',
  title: 'add the chart repository and know what it offers',
  isChange: true,
  steps: [
    ADD,
    says(
      ['repo', 'add', 'lab', '{repository}'],
      ok('"lab" already exists with the same configuration, skipping'),
    ),
    says(['repo', 'list', '-o', 'json'], ok(/"name":"lab"/), { stdout: 'json' }),
    says(['repo', 'update'], ok(/^Update Complete\. ⎈Happy Helming!⎈$/m)),
    says(['repo', 'add', 'none', '{repository}/none'], failed(/is not a valid chart repository/)),
  ],
};

const offered: Case = {
  program: 'helm',
  title: 'search, look at and fetch charts of the repository',
  isChange: true,
  isRealOnly: true,
  steps: [
    ADD,
    says(
      ['search', 'repo', '-o', 'json'],
      ok(
        /"lab\/cert-manager".*"lab\/cilium".*"lab\/cloudnative-pg".*"lab\/kube-prometheus-stack".*"lab\/loki".*"lab\/longhorn".*"lab\/metallb".*"lab\/traefik".*"lab\/victoria-metrics-k8s-stack"/,
      ),
    ),
    says(
      ['search', 'repo', 'lab/cilium', '--versions', '-o', 'json'],
      ok(/"version":"1\.18\.0".*"version":"1\.17\.6"/),
    ),
    says(['show', 'values', 'lab/traefik'], ok(/^deployment:\n {2}image: docker\.io\/traefik$/m)),
    says(['show', 'chart', 'lab/traefik'], ok(/^version: 37\.1\.0$/m)),
    says(['pull', 'lab/traefik', '-d', '{out}'], { code: 0 }, { file: '{out}/traefik-37.1.0.tgz' }),
    says(['pull', 'lab/nosuchchart', '-d', '{out}'], failed(/chart "nosuchchart"/)),
    ...[
      'cert-manager',
      'cilium',
      'cloudnative-pg',
      'kube-prometheus-stack',
      'loki',
      'longhorn',
      'metallb',
      'victoria-metrics-k8s-stack',
    ].map((chart) => says(['template', 'x', `lab/${chart}`], ok(/^kind: ConfigMap$/m))),
  ],
};

/** One chart of each kind of workload through its whole life, with `--wait`. */
const life = (title: string, wait: string, only: string): Case => ({
  program: 'helm',
  title,
  isChange: true,
  isRealOnly: true,
  timeScale: 10,
  steps: [
    ADD,
    inCluster(
      [
        ...['upgrade', '--install', 'traefik', 'lab/traefik', '--version', '36.3.0', ...AT],
        ...['--create-namespace', wait, ...LIMIT],
      ],
      ok(/^STATUS: deployed\nREVISION: 1$/m),
    ),
    inCluster(
      [
        'upgrade',
        'traefik',
        'lab/traefik',
        ...AT,
        '--set',
        'deployment.replicas=2',
        wait,
        ...LIMIT,
      ],
      ok(/^Release "traefik" has been upgraded\. Happy Helming!$/m),
    ),
    inCluster(['get', 'values', 'traefik', ...AT, '-o', 'json'], ok(/"replicas":2/)),
    inCluster(['get', 'manifest', 'traefik', ...AT], ok(/docker\.io\/traefik:v3\.5\.0/)),
    inCluster(
      ['rollback', 'traefik', '1', ...AT, wait, ...LIMIT],
      ok('Rollback was a success! Happy Helming!'),
    ),
    inCluster(
      ['history', 'traefik', ...AT, '-o', 'json'],
      ok(/"chart":"traefik-37\.1\.0".*"status":"deployed","chart":"traefik-36\.3\.0"/),
    ),
    inCluster(['status', 'traefik', ...AT], ok(/^STATUS: deployed\nREVISION: 3$/m)),
    inCluster(['uninstall', 'traefik', ...AT, wait], ok('release "traefik" uninstalled')),
    ...['metallb', 'loki'].map((chart) =>
      inCluster(
        ['upgrade', '--install', chart, `lab/${chart}`, ...AT, wait, ...LIMIT],
        ok(/^STATUS: deployed\nREVISION: 1$/m),
      ),
    ),
    inCluster(['list', ...AT, '-o', 'json'], ok(/"name":"loki".*"name":"metallb"/)),
  ].map((step) => ({ ...step, only })),
});

const SPACED: Omit<Step, 'argv'> = {
  known: [{ versions: '>=4.0', parts: ['stdout'], about: 'What helm 4 tells of a release' }],
};

const DESCRIBED: Omit<Step, 'argv'> = { ...SPACED, masks: ['ansi-times'] };

/** Nobody waits, so that the clock can stand still and the worlds be compared. */
const both: Case = {
  program: 'helm',
  title: 'install, upgrade, roll back and uninstall a chart of the repository',
  isChange: true,
  steps: [
    ADD,
    inCluster(
      [
        ...['upgrade', '--install', 'traefik', 'lab/traefik', '--version', '36.3.0', '-n', 'shop'],
        ...['--set', 'resources.limits.memory=64Mi'],
      ],
      ok(/^STATUS: deployed\nREVISION: 1$/m),
      DESCRIBED,
    ),
    inCluster(['get', 'manifest', 'traefik', '-n', 'shop'], { code: 0 }, SPACED),
    inCluster(
      ['install', 'traefik', 'lab/traefik', '-n', 'shop'],
      failed(/^Error: INSTALLATION FAILED: /),
    ),
    inCluster(
      [
        ...['upgrade', 'traefik', 'lab/traefik', '-n', 'shop'],
        ...['--set', 'deployment.replicas=2,resources.limits.memory=128Mi'],
      ],
      ok(/^Release "traefik" has been upgraded\. Happy Helming!$/m),
      DESCRIBED,
    ),
    inCluster(['get', 'values', 'traefik', '-n', 'shop'], { code: 0 }),
    inCluster(['get', 'manifest', 'traefik', '-n', 'shop'], { code: 0 }, SPACED),
    inCluster(
      ['rollback', 'traefik', '1', '-n', 'shop'],
      ok('Rollback was a success! Happy Helming!'),
    ),
    inCluster(['list', '-n', 'shop', '-o', 'json'], ok(/"revision":"3"/), { stdout: 'ignored' }),
    inCluster(['uninstall', 'traefik', '-n', 'shop'], ok('release "traefik" uninstalled')),
    inCluster(
      ['upgrade', 'traefik', 'lab/traefik', '-n', 'shop'],
      failed(/^Error: UPGRADE FAILED: "traefik" has no deployed releases$/m),
    ),
    inCluster(['uninstall', 'traefik', '-n', 'shop'], failed(/Release not loaded: traefik/)),
  ],
};

const CILIUM_UPGRADE = ['upgrade', 'cilium', 'lab/cilium', '-n', 'kube-system', '--timeout', '60s'];

/** What the cluster began with belongs to its release. */
const adopted = (title: string, wait: string, only: string): Case => ({
  program: 'helm',
  title,
  scenario: 'seed-000',
  isChange: true,
  isRealOnly: true,
  timeScale: 10,
  steps: [
    ADD,
    inCluster([...CILIUM_UPGRADE, '--version', '1.17.6', wait], ok(/^REVISION: 2$/m)),
    inCluster([...CILIUM_UPGRADE, '--set', 'operator.replicas=1', wait], ok(/^REVISION: 3$/m)),
    inCluster(['history', 'cilium', '-n', 'kube-system', '-o', 'json'], ok(/"revision":3/)),
  ].map((step) => ({ ...step, only })),
});

/** Without a moving clock no pod starts: helm waits, and is killed over it. */
const interrupted = (title: string, wait: string, only: string): Case => ({
  program: 'helm',
  title,
  isChange: true,
  isRealOnly: true,
  steps: [
    ADD,
    inCluster(
      ['install', 'traefik', 'lab/traefik', '-n', 'shop', wait],
      {},
      { follow: { readyAfter: 'nothing that it says', forMs: 0, signal: 'SIGKILL' } },
    ),
    inCluster(['list', '-n', 'shop', '--pending', '-o', 'json'], ok(/"status":"pending-install"/)),
    inCluster(
      ['upgrade', '--install', 'traefik', 'lab/traefik', '-n', 'shop'],
      failed(/another operation \(install\/upgrade\/rollback\) is in progress/),
    ),
    inCluster(['uninstall', 'traefik', '-n', 'shop'], ok('release "traefik" uninstalled')),
    inCluster(['list', '-n', 'shop', '-o', 'json'], ok('[]')),
  ].map((step) => ({ ...step, only })),
});

export const helmRepositoryCases: readonly Case[] = [
  repository,
  offered,
  both,
  life('keep a chart of the repository through its life with helm 3', '--wait', '<4.0'),
  life('keep a chart of the repository through its life with helm 4', '--wait=watcher', '>=4.0'),
  adopted('upgrade Cilium in seed-000 with helm 3', '--wait', '<4.0'),
  adopted('upgrade Cilium in seed-000 with helm 4', '--wait=watcher', '>=4.0'),
  interrupted('clear up after a helm 3 that was killed', '--wait', '<4.0'),
  interrupted('clear up after a helm 4 that was killed', '--wait=watcher', '>=4.0'),
];

import type { Case, Step } from '../case.js';
import { talosctl } from './argv.js';

/** A lab of one Talos minor, and the talosctl of the same minor. */
interface Dialect {
  readonly minor: string;
  readonly scenario: string;
  readonly from: string;
  readonly to: string;
  readonly hasLifecycle: boolean;
}

const DIALECTS: readonly Dialect[] = [
  { minor: '1.12', scenario: 'healthy', from: 'v1.12.4', to: 'v1.12.6', hasLifecycle: false },
  { minor: '1.13', scenario: 'talos-1.13', from: 'v1.13.9', to: 'v1.14.1', hasLifecycle: true },
  { minor: '1.14', scenario: 'talos-1.14', from: 'v1.14.1', to: 'v1.14.0', hasLifecycle: true },
];

const SCHEMATIC = '88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b';
const image = (version: string): string =>
  `factory.talos.dev/metal-installer/${SCHEMATIC}:${version}`;
const WAIT = ['--timeout', '50s'];
/** Not faster: on a slow machine more virtual time passes, and kubelets do more of their own accord. */
const TIME_SCALE = 10;
/** Virtual seconds until everything has come to rest again; kubelets that wait for certificates ask anew after minutes. */
const REST_SECONDS = 90;

const read = (node: string, type: string, path: string): Step => ({
  argv: talosctl(node, 'get', type, '-o', `jsonpath=${path}`),
});

const version = (node: string): Step => read(node, 'version', '{.spec.version}');

/** Events come as the race goes: what counts is the end, and the world. */
const tracked = (node: string, ...words: readonly string[]): Step => ({
  argv: talosctl(node, ...words, ...WAIT),
  stderr: 'ignored',
  advanceSeconds: REST_SECONDS,
});

const plain = (node: string, words: readonly string[], rest: Omit<Step, 'argv'> = {}): Step => ({
  argv: talosctl(node, ...words),
  ...rest,
});

function casesOf(dialect: Dialect): readonly Case[] {
  const { minor, scenario, from, to, hasLifecycle } = dialect;
  const changing: Changing = (title, ...steps) => ({
    program: 'talosctl',
    title: `${title}, Talos ${minor}`,
    scenario,
    timeScale: TIME_SCALE,
    isChange: true,
    steps: steps.map((step) => ({ ...step, only: minor })),
  });
  const progress = hasLifecycle ? ['--progress', 'plain'] : [];
  return [
    changing(
      'upgrade a worker',
      tracked('{w1}', 'upgrade', '--image', image(to), ...progress),
      version('{w1}'),
      read('{w1}', 'extensions', '{.spec.metadata.name}'),
    ),
    changing('restart a worker and wait', tracked('{w1}', 'reboot'), version('{w1}')),
    changing(
      'go back to the version before',
      {
        ...plain('{cp1}', ['etcd', 'members'], { stdout: 'table', advanceSeconds: REST_SECONDS }),
        before: [`arm-node {w1.name} ${to}`, 'reboot-node {w1.name}'],
      },
      version('{w1}'),
      plain('{w1}', ['rollback'], { advanceSeconds: REST_SECONDS }),
      version('{w1}'),
    ),
    changing(
      'lose the extensions to the stock installer',
      tracked(
        '{w2}',
        'upgrade',
        '--image',
        image(to).replace(SCHEMATIC, VANILLA),
        ...(hasLifecycle ? ['--drain=false'] : []),
      ),
      read('{w2}', 'extensions', '{.spec.metadata.name}'),
      plain('{w2}', ['services'], { stdout: 'table', masks: ['ago'] }),
    ),
    changing(
      'upgrade with what nobody published',
      tracked('{w1}', 'upgrade', '--image', image('v9.9.9')),
      plain('{w1}', ['image', 'pull', '--namespace', 'system', image('v9.9.9')]),
      version('{w1}'),
    ),
    changing(
      'fetch an image ahead of time',
      plain('{w1}', ['image', 'pull', '--namespace', 'system', image(to)]),
      plain('{w1}', ['image', 'pull', '--namespace', 'system', image(to)]),
      plain('{w1}', ['image', 'list', '--namespace', 'system'], {
        stdout: 'table',
        masks: ['timestamps'],
      }),
      plain('{w1}', ['image', 'pull', '--namespace', 'nowhere', image(to)]),
    ),
    ...(hasLifecycle ? armingCases(changing, from, to) : legacyCases(changing, to)),
  ];
}

const VANILLA = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';

type Changing = (title: string, ...steps: readonly Step[]) => Case;

const armingCases = (changing: Changing, from: string, to: string): readonly Case[] => [
  changing(
    'install now and restart later',
    plain('{cp2}', ['image', 'pull', '--namespace', 'system', image(to)]),
    plain('{cp2}', ['upgrade', '--image', image(to), '--no-reboot', '--progress', 'plain'], {
      stderr: 'ignored',
    }),
    version('{cp2}'),
    tracked('{cp2}', 'reboot', '--wait'),
    version('{cp2}'),
  ),
  changing(
    'disarm a node by installing what runs',
    ...[to, from].map((each) =>
      plain('{w1}', ['upgrade', '--image', image(each), '--no-reboot', '--progress', 'plain'], {
        stderr: 'ignored',
      }),
    ),
    tracked('{w1}', 'reboot', '--wait'),
    version('{w1}'),
  ),
  changing(
    'roll a disarmed node back to what was disarmed',
    ...[to, from].map((each) =>
      plain('{w1}', ['upgrade', '--image', image(each), '--no-reboot', '--progress', 'plain'], {
        stderr: 'ignored',
      }),
    ),
    plain('{w1}', ['rollback'], { advanceSeconds: REST_SECONDS }),
    { ...version('{w1}'), expect: { code: 0, stdout: to } },
    {
      ...read('{w1}', 'bootedentry', '{.spec.bootedEntry}'),
      expect: { code: 0, stdout: `Talos-${to}.efi` },
    },
  ),
];

const legacyCases = (changing: Changing, to: string): readonly Case[] => [
  changing(
    'go back to the image that was to start, not to the one that ran',
    {
      ...plain('{w1}', ['rollback'], { advanceSeconds: REST_SECONDS }),
      before: [`arm-node {w1.name} ${to}`, 'arm-node {w1.name} v1.12.5'],
    },
    { ...version('{w1}'), expect: { code: 0, stdout: to } },
  ),
  changing(
    'upgrade a control plane while a member is away',
    {
      ...tracked('{cp2}', 'upgrade', '--image', image(to)),
      before: ['partition-node {cp3.name}'],
    },
    version('{cp2}'),
  ),
  changing(
    'upgrade without waiting',
    plain('{w1}', ['upgrade', '--image', image(to), '--wait=false'], {
      stdout: 'ignored',
      advanceSeconds: REST_SECONDS,
    }),
    version('{w1}'),
    plain('{w1}', ['upgrade', '--image', image(to), '--no-reboot']),
  ),
];

export const talosctlUpgrades: readonly Case[] = DIALECTS.flatMap(casesOf);

import type { Case, Step } from '../case.js';
import { talosctl } from './argv.js';

const SCENARIOS = [
  ['1.12', 'healthy'],
  ['1.13', 'talos-1.13'],
  ['1.14', 'talos-1.14'],
] as const;

const step = (node: string, words: readonly string[], rest: Omit<Step, 'argv'> = {}): Step => ({
  argv: talosctl(node, ...words),
  ...rest,
});

const WIPE = [
  ...['reset', '--graceful=false', '--reboot', '--wait=false'],
  ...['--system-labels-to-wipe', 'EPHEMERAL'],
];

const insecurely = (...words: readonly string[]): Step => ({
  argv: [...words, '--insecure', '-e', '{w1}', '-n', '{w1}'],
  stdout: 'table',
});

type Changing = (title: string, ...steps: readonly Step[]) => Case;

function casesOf([minor, scenario]: (typeof SCENARIOS)[number]): readonly Case[] {
  const changing: Changing = (title, ...steps) => ({
    program: 'talosctl',
    title: `${title}, Talos ${minor}`,
    scenario,
    isChange: true,
    steps: steps.map((each) => ({ ...each, only: minor })),
  });
  return [...foundingCases(changing), ...machineCases(changing)];
}

const foundingCases = (changing: Changing): readonly Case[] => [
  changing(
    'found a cluster that exists',
    step('{cp1}', ['bootstrap']),
    step('{w1}', ['bootstrap']),
    step('{cp1},{cp2}', ['bootstrap']),
  ),
  changing(
    'found a cluster anew from a snapshot',
    step('{cp1}', ['etcd', 'snapshot', '{out}/cluster.db'], { stdout: 'ignored' }),
    step('{cp2}', WIPE),
    step('{cp3}', WIPE),
    step('{cp1}', WIPE, { advanceSeconds: 300 }),
    step('{cp1}', ['etcd', 'members'], { stderr: 'ignored' }),
    step('{cp1}', ['service', 'etcd'], { stdout: 'ignored' }),
    step('{cp1}', ['bootstrap', '--recover-from', '{out}/cluster.db'], {
      masks: ['hashes'],
      advanceSeconds: 300,
    }),
    step('{cp1}', ['bootstrap']),
    step('{cp1}', ['etcd', 'members'], { stdout: 'ignored' }),
  ),
  changing(
    'send a worker back to maintenance mode',
    step('{w1}', [...WIPE.slice(0, -1), 'STATE,EPHEMERAL'], { advanceSeconds: 120 }),
    insecurely('get', 'machinestatus'),
    insecurely('get', 'disks'),
    { ...insecurely('get', 'links'), stdout: 'ignored' },
    { ...insecurely('version', '--short'), masks: ['versions'] },
    step('{w1}', ['get', 'machinestatus']),
  ),
];

const machineCases = (changing: Changing): readonly Case[] => [
  changing(
    'write META',
    step('{w1}', ['meta', 'write', '0x0c', 'mine']),
    step('{w1}', ['get', 'meta', '-o', 'jsonpath={.spec.value}']),
    step('{w1}', ['meta', 'delete', '0x0c']),
    step('{w1}', ['meta', 'delete', '0x0c']),
    step('{w1}', ['meta', 'write', '300', 'x']),
  ),
  changing(
    'take the kubeconfig of a cluster',
    step('{cp1}', ['kubeconfig', '--merge=false', '-'], {
      stdout: 'yaml-stream',
      masks: ['base64'],
    }),
    step('{w1}', ['kubeconfig', '--merge=false', '-']),
  ),
  changing(
    'apply what is no configuration',
    step('{w1}', ['apply-config', '-f', '{talosconfig}'], { stderr: 'ignored' }),
    step('{w1}', ['apply-config', '-f', '{out}/none.yaml']),
    { argv: ['apply-config', '--insecure', '-n', '{cp1}', '-f', '{talosconfig}'] },
    step('{w1}', ['patch', 'machineconfig', '-p', '[{"op":"remove","path":"/machine/sysctls"}]']),
    step('{w1}', [
      ...['patch', 'machineconfig', '--mode', 'no-reboot'],
      ...['-p', 'machine: {sysctls: {vm.max_map_count: "262144"}}'],
    ]),
    step('{w1}', ['get', 'machinestatus', '-o', 'jsonpath={.spec.stage}']),
  ),
  changing(
    'restart a service',
    step('{w1}', ['service', 'nothing', 'restart']),
    step('{w1}', ['dmesg'], { stdout: 'ignored' }),
    step('{cp1}', ['mounts'], { stdout: 'table' }),
    step('{cp1}', ['etcd', 'remove-member', 'zz']),
    step('{cp1}', ['etcd', 'remove-member', '1234567890abcdef']),
    step('{w1}', ['etcd', 'leave']),
  ),
];

export const talosctlFounding: readonly Case[] = SCENARIOS.flatMap(casesOf);

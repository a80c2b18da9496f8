import type { Case, Step } from '../case.js';
import { talosctl } from './argv.js';

const DIALECTS = [
  ['1.12', 'healthy'],
  ['1.13', 'talos-1.13'],
  ['1.14', 'talos-1.14'],
] as const;

/** Where the check runs: in machined of the node, or in talosctl itself. */
const SIDES = ['--server=true', '--server=false'] as const;

const FINE = /waiting for all k8s nodes to report schedulable: OK$/;
/** Virtual seconds on the server's side, real ones on the client's: what is fine ends by itself. */
const PATIENT = { '--server=true': '600s', '--server=false': '60s' } as const;
/** Long enough for the checks before the one that fails, on a busy machine as well. */
const BRIEF = { '--server=true': '20s', '--server=false': '8s' } as const;

const health = (node: string, words: readonly string[], rest: Omit<Step, 'argv'> = {}): Step => ({
  argv: talosctl(node, 'health', ...words),
  stderr: 'bytes',
  ...rest,
});

/** Each side says the same lines; who fails last and how they end is part of them. */
const onBoth = (words: readonly string[], rest: Omit<Step, 'argv' | 'stderr'>): readonly Step[] =>
  SIDES.map((side, index) =>
    health(
      '{cp1}',
      [side, '--wait-timeout', (rest.expect?.code === 0 ? PATIENT : BRIEF)[side], ...words],
      index === 0 ? rest : { ...rest, before: [] },
    ),
  );

const NODES = ['--control-plane-nodes', '{cp1},{cp2},{cp3}', '--worker-nodes', '{w1},{w2}'];

export const talosctlHealth: readonly Case[] = DIALECTS.flatMap(([minor, scenario]) => {
  const checking = (title: string, ...steps: readonly Step[]): Case => ({
    program: 'talosctl',
    title: `${title}, Talos ${minor}`,
    scenario,
    timeScale: 10,
    isChange: true,
    steps: steps.map((step) => ({ ...step, only: minor })),
  });
  return [
    checking(
      'check the health of a cluster',
      ...onBoth([], { expect: { code: 1, stdout: '', stderr: /CSR is not approved/ } }),
      ...onBoth([], {
        before: ['approve-csrs'],
        advanceSeconds: 5,
        expect: { code: 0, stdout: '', stderr: FINE },
      }),
      ...onBoth(NODES, { expect: { code: 0, stdout: '', stderr: FINE } }),
      ...onBoth(NODES.slice(0, 2), {
        expect: { code: 1, stderr: /unexpected nodes with IPs \["127\.<lan>\.0\.21"/ },
      }),
      ...onBoth(['--worker-nodes', 'talos-w-01'], {
        expect: { code: 1, stderr: 'ParseAddr("talos-w-01"): unable to parse IP\n' },
      }),
      health('{cp1},{cp2}', [], { stderr: 'class', expect: { code: 1 } }),
      health('{w1}', ['--wait-timeout', '5s'], { expect: { code: 1 } }),
    ),
    checking(
      'be told by a health check what is wrong',
      ...onBoth([], {
        before: ['approve-csrs', 'stop-node {cp3.name}'],
        advanceSeconds: 120,
        expect: { code: 1, stdout: '', stderr: /waiting for etcd to be healthy: .*/ },
      }),
    ),
  ];
});

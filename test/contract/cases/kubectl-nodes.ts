import type { Case, Expectation, Step } from '../case.js';
import { kubectl, kubectlLimited } from './argv.js';

/** What operations.md orders of nodes, as kubernetes.md §5 says that kubectl does it. */
const says = (
  words: readonly string[],
  expect: Expectation = {},
  rest: Omit<Step, 'argv'> = {},
): Step => ({ argv: kubectl(...words), ...rest, expect });

const ok = (stdout: string | RegExp): Expectation => ({ code: 0, stdout });
const refused = (stderr: string | RegExp, stdout: string | RegExp = ''): Expectation => ({
  code: 1,
  stdout,
  stderr,
});

const changing = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'kubectl',
  title,
  isChange: true,
  steps,
});

/** Pods have to end and to start elsewhere: time passes. */
const draining = (title: string, ...steps: readonly Step[]): Case => ({
  ...changing(title, ...steps),
  timeScale: 10,
  isMoving: true,
});

const GRACEFUL = ['--ignore-daemonsets', '--delete-emptydir-data'] as const;
/** Pods are told one after the other as it happens. */
const ANY_ORDER: Omit<Step, 'argv'> = { stdout: 'sorted-lines' };
const SETTLED: Omit<Step, 'argv'> = { ...ANY_ORDER, advanceSeconds: 60 };

const bare = (name: string, volumes: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
spec:
  nodeName: "{w1.name}"
  containers: [{name: main, image: busybox}]
  ${volumes}
`;

export const kubectlNodes: readonly Case[] = [
  changing(
    'cordon and uncordon a node',
    says(['cordon', '{w1.name}'], ok('node/{w1.name} cordoned')),
    says(['cordon', '{w1.name}'], ok('node/{w1.name} already cordoned')),
    says(
      ['uncordon', '{w1.name}', '--dry-run=server'],
      ok('node/{w1.name} uncordoned (server dry run)'),
    ),
    says(['uncordon', '{w1.name}', '--dry-run=client'], ok('node/{w1.name} uncordoned (dry run)')),
    says(['uncordon', '{w1.name}'], ok('node/{w1.name} uncordoned')),
    says(['uncordon', '{w1.name}'], ok('node/{w1.name} already uncordoned')),
    says(['cordon', '{w1.name}', '{w2.name}'], ok(/^node\/talos-w-01 cordoned\nnode\/talos-w-02/)),
    says(
      ['uncordon', '-l', '!node-role.kubernetes.io/control-plane'],
      ok(/uncordoned\n.*uncordoned/),
    ),
  ),
  changing(
    'be told that a node cannot be cordoned',
    says(['cordon', 'missing'], refused('Error from server (NotFound): nodes "missing" not found')),
    says(
      ['cordon', '{w1.name}', 'missing'],
      refused('Error from server (NotFound): nodes "missing" not found'),
    ),
    says(['cordon'], refused(/^error: USAGE: cordon NODE \[flags\]\n/)),
    says(['cordon', '{w1.name}', '-l', 'a=b'], refused(/cannot specify both a node name and/)),
    says(['cordon', '{w1.name}', '--dry-run=maybe'], refused(/^error: Invalid dry-run value/)),
    {
      argv: ['--kubeconfig', '{kubeconfig}', '--context', 'no', 'cordon', '{w1.name}'],
      expect: { code: 1 },
    },
    {
      argv: kubectl('--server', 'https://{lan}.0.99:6443', 'cordon', '{w1.name}'),
      expect: { code: 1, stderr: /was refused|no route to host|connection refused/ },
    },
  ),
  {
    ...changing(
      'cordon when the server refuses the change',
      says(['cordon', '{w1.name}'], {
        code: 0,
        stdout: '',
        stderr: /^error: unable to cordon node "talos-w-01": /,
      }),
    ),
    scenario: 'etcd-nospace',
  },
  changing(
    'look whether a node could be drained',
    says(
      ['drain', '{w1.name}', '--dry-run=client'],
      refused(
        /^error: unable to drain node "talos-w-01" due to error: cannot delete DaemonSet-managed Pods \(use --ignore-daemonsets to ignore\): kube-system\/kube-flannel-\w+, kube-system\/kube-proxy-\w+, continuing command\.\.\.\nThere are pending nodes to be drained:\n talos-w-01\ncannot delete DaemonSet/,
        'node/{w1.name} cordoned (dry run)',
      ),
    ),
    says(['drain', '{w1.name}', ...GRACEFUL, '--dry-run=client'], { code: 0 }, ANY_ORDER),
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--dry-run=server', '--timeout=60s'],
      ok(
        /^node\/talos-w-01 cordoned \(server dry run\)\n(?:evicting pod \S+ \(server dry run\)\n)+node\/talos-w-01 drained \(server dry run\)\n$/,
      ),
      ANY_ORDER,
    ),
    says(['drain', '{w1.name}', ...GRACEFUL, '--timeout=soon'], refused(/invalid duration "soon"/)),
    says(['drain', '{w1.name}', ...GRACEFUL, '--timeout=30'], refused(/missing unit in duration/)),
    says(['drain', '{w1.name}', ...GRACEFUL, '--pod-selector=a in'], { code: 1 }),
    says(['drain'], refused(/^error: USAGE: drain NODE \[flags\]\n/)),
    says(['drain', 'missing', ...GRACEFUL], refused(/\(NotFound\): nodes "missing" not found$/)),
  ),
  draining(
    'drain a node',
    says(['drain', '{w1.name}'], refused(/DaemonSet-managed/, 'node/{w1.name} cordoned')),
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--timeout=60s'],
      ok(
        /^node\/talos-w-01 already cordoned\n(?:evicting pod (?:shop|kube-system)\/[\w-]+\n|pod\/[\w-]+ evicted\n)+node\/talos-w-01 drained\n$/,
      ),
      SETTLED,
    ),
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--timeout=60s'],
      ok('node/{w1.name} already cordoned\nnode/{w1.name} drained'),
    ),
    says(['uncordon', '{w1.name}'], ok('node/{w1.name} uncordoned')),
  ),
  draining(
    'take a node out and back as a run does',
    ...[
      ['annotate', 'node', '{w1.name}', 'talos-tui/cordoned-by=run-1', '--overwrite'],
      ['cordon', '{w1.name}'],
      ['drain', '{w1.name}', ...GRACEFUL, '--timeout=300s'],
      ['uncordon', '{w1.name}'],
      ['annotate', 'node', '{w1.name}', 'talos-tui/cordoned-by-'],
    ].map((words): Step => ({ argv: kubectlLimited(...words), ...SETTLED, expect: { code: 0 } })),
  ),
  draining(
    'drain only some pods',
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--pod-selector=app=web', '--timeout=60s'],
      ok(
        /^node\/talos-w-01 cordoned\nevicting pod shop\/web-\S+\npod\/web-\S+ evicted\nnode\/talos-w-01 drained\n$/,
      ),
      SETTLED,
    ),
  ),
  draining(
    'be held up by a disruption budget',
    says(
      ['drain', '{w1.name}', '{w2.name}', ...GRACEFUL, '--timeout=4s'],
      refused(
        /error when evicting pods\/"db-\d" -n "shop" \(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\.\n[\s\S]*global timeout reached: 4s/,
        /^node\/talos-w-01 cordoned\nnode\/talos-w-02 cordoned\n/,
      ),
      { stdout: 'ignored' },
    ),
  ),
  draining(
    'delete pods instead of evicting them',
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--disable-eviction', '--timeout=60s'],
      ok(/^node\/talos-w-01 cordoned\n(?:pod\/[\w-]+ deleted\n)+node\/talos-w-01 drained\n$/),
      SETTLED,
    ),
  ),
  draining(
    'drain pods that nobody brings back',
    says(['create', '-f', '-'], ok('pod/alone created'), {
      stdin: bare('alone', ''),
      advanceSeconds: 60,
    }),
    says(['create', '-f', '-'], ok('pod/cache created'), {
      stdin: bare('cache', 'volumes: [{name: c, emptyDir: {}}]'),
      advanceSeconds: 60,
    }),
    says(
      ['drain', '{w1.name}', '--ignore-daemonsets', '--pod-selector=app in (alone,cache)'],
      refused(/Pods with local storage \(use --delete-emptydir-data to override\): shop\/cache/),
      { stdout: 'ignored' },
    ),
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--pod-selector=app in (alone,cache)'],
      refused(
        /Pods that declare no controller \(use --force to override\): shop\/alone, shop\/cache/,
      ),
      { stdout: 'ignored' },
    ),
    says(
      [
        ...['drain', '{w1.name}', ...GRACEFUL, '--force', '--timeout=60s'],
        '--pod-selector=app in (alone,cache)',
      ],
      ok(/^node\/talos-w-01 already cordoned\n/),
      SETTLED,
    ),
  ),
  draining(
    'drain a control plane',
    says(
      [
        ...['drain', '{cp3.name}', ...GRACEFUL, '--timeout=60s', '--grace-period=5'],
        '--skip-wait-for-delete-timeout=30',
      ],
      ok(/^node\/talos-cp-03 cordoned\n[\s\S]*node\/talos-cp-03 drained\n$/),
      SETTLED,
    ),
  ),
];

import type { Case, Expectation, Step } from '../case.js';
import { kubectl } from './argv.js';

/** What kubernetes.md says that kubectl says, where our stand-in does not know the command. */
const says = (
  words: readonly string[],
  expect: Expectation,
  rest: Omit<Step, 'argv'> = {},
): Step => ({
  argv: kubectl(...words),
  ...rest,
  expect,
});

const ok = (stdout: string | RegExp): Expectation => ({ code: 0, stdout });
const refused = (stderr: string | RegExp, stdout: string | RegExp = ''): Expectation => ({
  code: 1,
  stdout,
  stderr,
});

const working = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'kubectl',
  title,
  isChange: true,
  isRealOnly: true,
  steps,
});

const running = (title: string, ...steps: readonly Step[]): Case => ({
  ...working(title, ...steps),
  timeScale: 10,
});

const NAMESPACE =
  'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: storage\n  labels: {tier: data}\n';
const GRACEFUL = ['--ignore-daemonsets', '--delete-emptydir-data'] as const;

export const kubectlWorks: readonly Case[] = [
  working(
    'cordon and uncordon a node',
    says(['cordon', '{w1.name}'], ok('node/{w1.name} cordoned')),
    says(['cordon', '{w1.name}'], ok('node/{w1.name} already cordoned')),
    says(['get', 'node', '{w1.name}', '-o', 'jsonpath={.spec.unschedulable}'], ok('true')),
    says(
      ['uncordon', '{w1.name}', '--dry-run=server'],
      ok('node/{w1.name} uncordoned (server dry run)'),
    ),
    says(['uncordon', '{w1.name}'], ok('node/{w1.name} uncordoned')),
    says(['uncordon', '{w1.name}'], ok('node/{w1.name} already uncordoned')),
    says(['cordon', 'missing'], refused('Error from server (NotFound): nodes "missing" not found')),
  ),
  running(
    'drain a node',
    says(
      ['drain', '{w1.name}'],
      refused(
        /^error: unable to drain node "talos-w-01" due to error: .*cannot delete DaemonSet-managed Pods \(use --ignore-daemonsets to ignore\): kube-system\/kube-flannel-\w+, kube-system\/kube-proxy-\w+.*, continuing command\.\.\.\nThere are pending nodes to be drained:\n talos-w-01\n/,
        'node/{w1.name} cordoned',
      ),
    ),
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--timeout=60s'],
      ok(
        /^node\/talos-w-01 already cordoned\n(?:evicting pod (?:shop|kube-system)\/[\w-]+\n|pod\/[\w-]+ evicted\n)+node\/talos-w-01 drained\n$/,
      ),
    ),
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--timeout=60s'],
      ok('node/{w1.name} already cordoned\nnode/{w1.name} drained'),
    ),
    says(
      ['get', 'pods', '-n', 'shop', '--field-selector', 'spec.nodeName={w1.name}', '-o', 'name'],
      ok(''),
    ),
  ),
  running(
    'be held up by a disruption budget',
    says(
      ['drain', '{w1.name}', '{w2.name}', ...GRACEFUL, '--timeout=4s'],
      refused(
        /error when evicting pods\/"db-\d" -n "shop" \(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\.\n[\s\S]*global timeout reached: 4s/,
        /^node\/talos-w-01 cordoned\nnode\/talos-w-02 cordoned\n/,
      ),
    ),
  ),
  running(
    'delete pods instead of evicting them',
    says(
      ['drain', '{w1.name}', ...GRACEFUL, '--disable-eviction', '--timeout=60s'],
      ok(/^node\/talos-w-01 cordoned\n(?:pod\/[\w-]+ deleted\n)+node\/talos-w-01 drained\n$/),
    ),
  ),
  running(
    'wait for a state',
    says(
      ['wait', 'node/{w1.name}', '--for=condition=Ready', '--timeout=30s'],
      ok('node/{w1.name} condition met'),
    ),
    says(
      ['wait', 'node/{w1.name}', '--for=condition=DiskPressure', '--timeout=1s'],
      refused('error: timed out waiting for the condition on nodes/{w1.name}'),
    ),
    says(['wait', 'node/missing', '--for=delete', '--timeout=1s'], ok('')),
    says(
      ['wait', 'node/missing', '--for=condition=Ready', '--timeout=1s'],
      refused('Error from server (NotFound): nodes "missing" not found'),
    ),
    says(
      ['wait', 'node/{w1.name}', '--for=jsonpath={.spec.unschedulable}=true', '--timeout=20s'],
      ok('node/{w1.name} condition met'),
      { before: ['cordon {w1.name}'] },
    ),
  ),
  working(
    'label, annotate and taint',
    says(['label', 'node', '{w1.name}', 'rack=b'], ok('node/{w1.name} labeled')),
    says(['label', 'node', '{w1.name}', 'rack=b'], ok('node/{w1.name} not labeled')),
    says(
      ['label', 'node', '{w1.name}', 'rack=c'],
      refused("error: 'rack' already has a value (b), and --overwrite is false"),
    ),
    says(['label', 'node', '{w1.name}', 'rack=c', '--overwrite'], ok('node/{w1.name} labeled')),
    says(['label', 'node', '{w1.name}', 'rack-'], ok('node/{w1.name} unlabeled')),
    says(
      [
        ...['label', 'namespace', 'shop', '--overwrite'],
        ...['enforce', 'audit', 'warn'].map(
          (mode) => `pod-security.kubernetes.io/${mode}=privileged`,
        ),
      ],
      ok('namespace/shop labeled'),
    ),
    says(['annotate', 'node', '{w1.name}', 'note=x'], ok('node/{w1.name} annotated')),
    says(['taint', 'node', '{w1.name}', 'k=v:NoSchedule'], ok('node/{w1.name} tainted')),
    says(['taint', 'node', '{w1.name}', 'k-'], ok('node/{w1.name} untainted')),
  ),
  working(
    'create and apply namespaces',
    says(['create', 'namespace', 'storage'], ok('namespace/storage created')),
    says(
      ['create', 'namespace', 'storage'],
      refused('Error from server (AlreadyExists): namespaces "storage" already exists'),
    ),
    says(
      ['apply', '--server-side', '--force-conflicts', '--field-manager=talos-tui', '-f', '-'],
      ok('namespace/storage serverside-applied'),
      { stdin: NAMESPACE },
    ),
    says(['get', 'ns', 'storage', '-o', 'jsonpath={.metadata.labels.tier}'], ok('data')),
  ),
  running(
    'apply, change and delete a namespace',
    says(['apply', '-f', '-'], ok('namespace/storage created'), { stdin: NAMESPACE }),
    says(['apply', '-f', '-'], ok('namespace/storage unchanged'), { stdin: NAMESPACE }),
    says(['apply', '-f', '-'], ok('namespace/storage configured'), {
      stdin: NAMESPACE.replace('tier: data', 'tier: cold'),
    }),
    says(['delete', 'namespace', 'storage'], ok('namespace "storage" deleted')),
  ),
  working(
    'delete a node',
    says(['delete', 'node', '{w2.name}', '--wait=false'], ok('node "{w2.name}" deleted'), {
      before: ['stop-node {w2.name} crash'],
    }),
    says(['get', 'node', '{w2.name}', '--ignore-not-found'], ok('')),
    says(
      ['delete', 'node', '{w2.name}'],
      refused('Error from server (NotFound): nodes "{w2.name}" not found'),
    ),
    says(['delete', 'node', '{w2.name}', '--ignore-not-found'], ok('')),
  ),
  running(
    'delete a pod',
    says(['delete', 'pod', 'db-0', '-n', 'shop'], ok('pod "db-0" deleted from shop namespace')),
  ),
  working(
    'ask what one may',
    says(['auth', 'can-i', 'list', 'nodes'], ok('yes')),
    says(['auth', 'can-i', 'delete', 'nodes', '-q'], ok('')),
    says(
      ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.groups}'],
      ok('["system:masters","system:authenticated"]'),
    ),
  ),
  working(
    'read logs',
    says(
      ['logs', '-n', 'kube-system', 'kube-apiserver-{cp1.name}', '--tail=3', '--timestamps'],
      ok(/^20\d\d-\d\d-\d\dT\S+Z \S/),
    ),
    says(
      ['logs', '-n', 'kube-system', 'kube-apiserver-{cp1.name}', '-c', 'missing'],
      refused(
        /^error: container missing is not valid for pod kube-apiserver-talos-cp-01(?: out of: kube-apiserver)?$/,
      ),
    ),
  ),
  working(
    'be told that something is not installed',
    says(['top', 'nodes'], refused('error: Metrics API not available')),
    says(
      ['get', 'volumes.longhorn.io', '-A'],
      refused(/^error: the server doesn't have a resource type "volumes"/),
    ),
  ),
  working(
    'watch a type',
    says(
      ['get', 'nodes', '-o', 'json', '--watch', '--output-watch-events'],
      {
        code: 1,
        stdout:
          /^(?:\{"type":"ADDED","object":\{.*\}\}\n){5}\{"type":"MODIFIED","object":\{.*"unschedulable":true.*\n/,
        stderr: '',
      },
      { follow: { readyAfter: 'talos-w-02', changes: ['cordon {w1.name}'], forMs: 800 } },
    ),
    says(
      ['get', 'nodes,pods', '-o', 'json', '--watch', '--output-watch-events'],
      refused('error: you may only specify a single resource type'),
    ),
    says(
      ['get', 'nodes', '-o', 'json', '--watch', '--output-watch-events'],
      { code: 0, stdout: /"type":"ADDED"/, stderr: '' },
      { follow: { readyAfter: 'talos-w-02', changes: ['cut-streams kube'], forMs: 800 } },
    ),
  ),
];

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

export const kubectlWorks: readonly Case[] = [
  working(
    'taint',
    says(['taint', 'node', '{w1.name}', 'k=v:NoSchedule'], ok('node/{w1.name} tainted')),
    says(['taint', 'node', '{w1.name}', 'k-'], ok('node/{w1.name} untainted')),
  ),
  working(
    'apply a namespace on the server',
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
    'know what the kubeconfig says',
    says(['config', 'current-context'], ok('{context}')),
    says(['config', 'get-contexts', '-o', 'name'], ok('{context}')),
    says(
      ['config', 'view', '--minify', '-o', 'json'],
      ok(/"certificate-authority-data": "DATA\+OMITTED"[\s\S]*"client-key-data": "DATA\+OMITTED"/),
    ),
  ),
  working(
    'roll a workload over',
    says(
      ['rollout', 'restart', 'daemonset/kube-proxy', '-n', 'kube-system'],
      ok('daemonset.apps/kube-proxy restarted'),
      // Until the controller has seen it.
      { advanceSeconds: 10 },
    ),
    says(
      ['rollout', 'status', 'daemonset/kube-proxy', '-n', 'kube-system', '--timeout=20s'],
      ok('daemon set "kube-proxy" successfully rolled out'),
    ),
    says(
      ['rollout', 'status', 'deployment/coredns', '-n', 'kube-system', '--timeout=20s'],
      ok('deployment "coredns" successfully rolled out'),
    ),
  ),
  running(
    'scale workloads',
    says(
      ['scale', 'deployment/web', '-n', 'shop', '--replicas=3'],
      ok('deployment.apps/web scaled'),
      { advanceSeconds: 10 },
    ),
    says(
      ['get', 'deployment', 'web', '-n', 'shop', '-o', 'jsonpath={.status.readyReplicas}'],
      ok('3'),
    ),
    says(
      ['scale', 'deployment/web', '-n', 'shop', '--current-replicas=2', '--replicas=1'],
      refused(/Expected replicas to be 2, was 3/),
    ),
    says(
      ['scale', 'statefulset/db', '-n', 'shop', '--replicas=1'],
      ok('statefulset.apps/db scaled'),
    ),
  ),
  running(
    'take a rollout back',
    says(
      ['set', 'image', 'deployment/web', '-n', 'shop', '*=docker.io/library/nginx:1.30'],
      ok('deployment.apps/web image updated'),
      { advanceSeconds: 20 },
    ),
    says(
      ['rollout', 'history', 'deployment/web', '-n', 'shop'],
      ok('deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>'),
    ),
    says(
      ['rollout', 'undo', 'deployment/web', '-n', 'shop'],
      ok('deployment.apps/web rolled back'),
      { advanceSeconds: 20 },
    ),
    says(
      ['rollout', 'history', 'deployment/web', '-n', 'shop'],
      ok('deployment.apps/web \nREVISION  CHANGE-CAUSE\n2         <none>\n3         <none>'),
    ),
  ),
  working(
    'create what no manifest says',
    says(
      ['create', 'configmap', 'greeting', '-n', 'shop', '--from-literal=a=b'],
      ok('configmap/greeting created'),
    ),
    says(
      ['create', 'configmap', 'other', '-n', 'shop', '--from-literal=a=b', '--dry-run=server'],
      ok('configmap/other created (server dry run)'),
    ),
    says(['get', 'configmap', '-n', 'shop', '-o', 'name'], ok('configmap/greeting')),
  ),
  working(
    'know who one is',
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
  {
    ...running(
      'follow logs',
      says(
        ['logs', '-n', 'kube-system', 'kube-apiserver-{cp1.name}', '-f', '--tail=1'],
        { stdout: /^(?:.*\n){2,}$/, stderr: '' },
        { follow: { forMs: 4000, signal: 'SIGINT' } },
      ),
      says(
        ['logs', '-n', 'kube-system', 'kube-apiserver-{cp1.name}', '-p'],
        refused(/previous terminated container "kube-apiserver" in pod .* not found$/),
      ),
      says(
        ['logs', '-n', 'shop', 'missing'],
        refused(
          'error: error from server (NotFound): pods "missing" not found in namespace "shop"',
        ),
      ),
    ),
    timeScale: 60,
  },
  working(
    'be told that nothing runs in the containers of the lab',
    says(
      ['exec', '-n', 'kube-system', 'kube-apiserver-{cp1.name}', '--', 'ls'],
      refused(/are not simulated$/),
    ),
    says(
      ['port-forward', '-n', 'kube-system', 'pod/kube-apiserver-{cp1.name}', '6443'],
      refused(/are not simulated$/),
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

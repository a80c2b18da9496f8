import type { Case, Step } from '../case.js';
import { kubectl } from './argv.js';

const step = (argv: readonly string[], rest: Omit<Step, 'argv'> = {}): Step => ({ argv, ...rest });

const reading = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'kubectl',
  title,
  steps,
});

const get = (...words: readonly string[]) => kubectl('get', ...words);

/** Up to a text that says that the contents are complete. */
const watching = (readyAfter: string): Pick<Step, 'follow'> => ({
  follow: { readyAfter, forMs: 300 },
});

const TYPES = ['nodes', 'csr', 'pdb', 'leases', 'events', 'pods', 'namespaces'] as const;

export const kubectlReads: readonly Case[] = [
  reading(
    'know the versions',
    step(['version', '--client', '-o', 'json'], { stdout: 'json', masks: ['build'] }),
    step(kubectl('version', '-o', 'json'), { stdout: 'json', masks: ['build'] }),
    step(kubectl('version'), { masks: ['versions'] }),
    step(kubectl('version', '-o', 'nosuchformat')),
  ),
  ...TYPES.map((type) =>
    reading(
      `list ${type}`,
      step(get(type, '-A', '-o', 'json')),
      step(get(type, '-A')),
      step(get(type, '-A', '-o', 'wide')),
      step(get(type, '-A', '-o', 'name')),
      step(get(type, '-A', '-o', 'yaml')),
      step(get(type, '--no-headers')),
    ),
  ),
  reading(
    'see the whole picture at once',
    step(get('nodes,csr,pdb,leases,events', '-A', '-o', 'json')),
    step(get('nodes,csr,pdb', '-A')),
    step(get('nodes,nosuchtype', '-A', '-o', 'json')),
  ),
  reading(
    'look at one object',
    step(get('node', '{cp1.name}', '-o', 'json')),
    step(get('node', '{cp1.name}')),
    step(get('node', '{cp1.name}', '{w1.name}', '-o', 'json')),
    step(get('node', '{cp1.name}', 'missing', '-o', 'json')),
    step(get('node', 'missing', '-o', 'json')),
    step(get('node', 'missing', '--ignore-not-found', '-o', 'json')),
    step(get('node/{cp1.name}', '-o', 'name')),
    step(get('csr', '{csr1}', '-o', 'json')),
    step(get('csr/{csr1}', 'node/{cp1.name}', '-o', 'name')),
    step(get('lease', '-n', 'kube-system', '-o', 'json')),
    step(get('lease', '{cp1.name}', '-n', 'kube-node-lease', '-o', 'json')),
    step(get('pods', '-n', 'nosuchnamespace')),
    step(get('pods', '-n', 'nosuchnamespace', '-o', 'json')),
  ),
  {
    ...reading(
      'see what runs in a cluster with add-ons',
      ...['deployments', 'daemonsets', 'replicasets', 'statefulsets', 'services'].flatMap(
        (type) => [step(get(type, '-A')), step(get(type, '-A', '-o', 'wide'))],
      ),
      step(get('deploy,ds,sts', '-n', 'longhorn-system')),
      step(get('pods', '-A', '-o', 'wide')),
      step(get('secrets', '-A', '-l', 'owner=helm')),
      step(get('secrets', '-A', '-l', 'owner=helm,status!=superseded', '-o', 'name')),
      step(get('ds,deploy', '-A', '-o', 'json')),
      step(get('configmaps,serviceaccounts', '-A')),
      step(get('storageclasses,csidrivers')),
      step(get('sc', '-o', 'json')),
      step(get('crd')),
      step(get('crd', '-o', 'json')),
      step(get('pdb', '-A')),
      step(get('nodes.longhorn.io', '-n', 'longhorn-system', '-o', 'json')),
      step(get('ipaddresspools', '-A')),
      step(get('jobs,ingresses,networkpolicies', '-A')),
      step(get('clusterroles')),
      step(get('--raw', '/apis')),
    ),
    scenario: 'seed-000',
  },
  reading(
    'count what fills etcd',
    step(get('--raw', '/metrics')),
    step(get('--raw', '/api/v1/nodes/{cp1.name}/proxy/healthz')),
    step(get('--raw', '/apis/metrics.k8s.io/v1beta1/nodes')),
  ),
  reading(
    'select',
    step(get('pods', '-A', '--field-selector', 'spec.nodeName={w1.name}', '-o', 'json')),
    step(get('pods', '-A', '--field-selector', 'status.phase!=Running', '-o', 'name')),
    step(
      get(
        ...['csr', '--field-selector', 'spec.signerName=kubernetes.io/kubelet-serving'],
        ...['-o', 'json'],
      ),
    ),
    step(get('nodes', '-l', 'node-role.kubernetes.io/control-plane', '-o', 'name')),
    step(get('nodes', '-l', '!node-role.kubernetes.io/control-plane', '-o', 'name')),
    step(get('nodes', '-l', 'kubernetes.io/hostname in ({cp1.name},{w1.name})', '-o', 'name')),
    step(get('nodes', '--field-selector', 'spec.nosuchfield=1')),
    step(get('events', '-A', '--field-selector', 'type=Warning', '-o', 'json')),
    step(
      get(
        ...['events', '-A', '-o', 'json', '--field-selector'],
        'involvedObject.kind=Node,involvedObject.name={w1.name}',
      ),
    ),
  ),
  reading(
    'read the API as it is',
    step(get('--raw', '/api/v1/nodes?limit=500')),
    step(get('--raw', '/api/v1/nodes?limit=2')),
    step(get('--raw', '/api/v1/nodes/{cp1.name}')),
    step(get('--raw', '/api/v1/nodes/missing')),
    step(get('--raw', '/readyz?verbose')),
    step(get('--raw', '/livez?verbose')),
    step(get('--raw', '/healthz')),
    step(get('--raw', '/version')),
    step(get('--raw', '/apis')),
    step(get('--raw', '/apis/certificates.k8s.io/v1')),
    step(get('--raw', '/nosuchpath')),
  ),
  reading(
    'watch the API as it is',
    step(get('--raw', '/api/v1/nodes?watch=1&allowWatchBookmarks=true'), watching('talos-w-02')),
    step(
      get(
        '--raw',
        '/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
      ),
      watching('initial-events-end'),
    ),
    step(get('--raw', '/api/v1/nodes?watch=1&resourceVersion=1'), watching('Expired')),
  ),
  reading(
    'be told what does not exist',
    step(get('nosuchtype')),
    step(get('nodes', '-o', 'nosuchformat')),
    step(kubectl('get')),
    step(kubectl('nosuchcommand')),
    step(get('nodes', '--nosuchflag')),
    step(kubectl('get', 'nodes', '--request-timeout=8s', '-o', 'name')),
    step(['--kubeconfig', '{out}/none', 'get', 'nodes']),
    step(['--kubeconfig', '{kubeconfig}', '--context', 'no', 'get', 'nodes']),
    step(kubectl('--server', 'https://{lan}.0.99:6443', 'get', 'nodes')),
    step(kubectl('--server', 'https://{lan}.0.99:6443', 'get', 'nodes', '-o', 'json')),
    step(kubectl('--server', 'https://{lan}.0.99:6443', 'version', '-o', 'json'), {
      stdout: 'json',
      masks: ['build'],
    }),
    step(kubectl('--server', 'https://{cp1}:6443', 'get', '--raw', '/readyz')),
  ),
  {
    program: 'kubectl',
    title: 'ask when nobody holds the virtual address',
    scenario: 'no-vip',
    steps: [step(get('nodes')), step(get('nodes', '-o', 'json')), step(get('--raw', '/readyz'))],
  },
  {
    program: 'kubectl',
    title: 'ask with a certificate that has ended',
    scenario: 'kubeconfig-expired',
    steps: [
      step(get('nodes', '-o', 'json')),
      step(get('nodes')),
      step(get('--raw', '/readyz')),
      step(kubectl('certificate', 'approve', 'csr-x')),
      step(kubectl('version', '-o', 'json'), { stdout: 'json', masks: ['build'] }),
    ],
  },
  {
    program: 'kubectl',
    title: 'look at add-ons',
    scenario: 'seed-000',
    steps: [
      step(get('crd', '-o', 'name')),
      step(get('crd')),
      step(get('volumes.longhorn.io', '-A')),
      step(get('volumes.longhorn.io', '-A', '-o', 'json')),
      step(get('secrets', '-A', '-l', 'owner=helm,status!=superseded', '-o', 'name')),
      step(get('daemonsets,deployments', '-A')),
      step(get('deploy', '-n', 'kube-system', '-o', 'wide')),
      step(get('--raw', '/apis')),
    ],
  },
  reading(
    'watch through a proxy',
    step(kubectl('proxy', '--unix-socket={out}/api'), {
      masks: ['uuids'],
      follow: {
        readyAfter: 'Starting to serve on',
        forMs: 100,
        requests: [
          { method: 'GET', path: '/version' },
          { method: 'GET', path: '/api/v1/nodes?limit=2' },
          { method: 'GET', path: '/api/v1/nodes/missing' },
          {
            method: 'GET',
            path: '/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
            forMs: 800,
          },
          { method: 'GET', path: '/readyz?verbose' },
          { method: 'GET', path: '/' },
          { method: 'GET', path: '/static/index.html' },
          { method: 'POST', path: '/api/v1/namespaces/shop/pods/db-0/exec?command=id' },
          { method: 'GET', path: '/api/v1/namespaces/shop/pods/db-0/attach' },
          { method: 'GET', path: '/version', headers: { host: 'evil.example' } },
        ],
      },
    }),
  ),
];

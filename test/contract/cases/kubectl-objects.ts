import type { Case, Expectation, Step } from '../case.js';
import type { ContractLab } from '../lab.js';
import { kubectl } from './argv.js';

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

const NEW: Pick<Step, 'stdout' | 'masks'> = {
  stdout: 'json',
  masks: ['timestamps', 'uuids', 'resource-versions'],
};

/** operations.md 2.3: who changes this cluster now. */
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const lease = (holder: string, version?: string): string =>
  JSON.stringify({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: 'talos-tui',
      namespace: 'kube-system',
      ...(version === undefined ? {} : { resourceVersion: version }),
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: 60,
      acquireTime: '2026-11-20T10:00:00.000000Z',
      renewTime: '2026-11-20T10:00:00.000000Z',
      leaseTransitions: 0,
    },
  });

/** The lease as it is, held by somebody else. */
const taken = async ({ api }: ContractLab): Promise<string> => {
  const { metadata } = await api.get(`${LEASES}/talos-tui`);
  return lease('root@pve:run-2', String(metadata.resourceVersion));
};

const NAMESPACE =
  'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: storage\n  labels: {tier: data}\n';
const CONFLICT =
  /Operation cannot be fulfilled on leases\.coordination\.k8s\.io "talos-tui": the object has been modified; please apply your changes to the latest version and try again$/;
const REPLACE = ['replace', '--raw', `${LEASES}/talos-tui`, '-f', '-'] as const;
const POD_SECURITY = ['enforce', 'audit', 'warn'].map(
  (mode) => `pod-security.kubernetes.io/${mode}=privileged`,
);

const leaseCases: readonly Case[] = [
  changing(
    'take the lock of a cluster, keep it and lose it',
    says(['get', '--raw', `${LEASES}/talos-tui`], refused(/\(NotFound\): leases\.coord/)),
    says(
      ['create', '-f', '-', '-o', 'json'],
      { code: 0 },
      { stdin: lease('root@pve:run-1'), ...NEW },
    ),
    says(
      ['create', '-f', '-'],
      refused(
        'Error from server (AlreadyExists): error when creating "STDIN": leases.coordination.k8s.io "talos-tui" already exists',
      ),
      { stdin: lease('root@pve:run-2') },
    ),
    says([...REPLACE], refused(/^Error from server \(Conflict\): .*/), {
      stdin: lease('root@pve:run-2', '1'),
    }),
    says([...REPLACE], refused(CONFLICT), { stdin: lease('root@pve:run-2', '1') }),
    says([...REPLACE], refused(/must be specified for an update$/), {
      stdin: lease('root@pve:run-2'),
    }),
    says([...REPLACE], { code: 0 }, { stdin: taken, ...NEW }),
    says(
      [
        'patch',
        'lease',
        'talos-tui',
        '-n',
        'kube-system',
        '--type=merge',
        '-p',
        '{"metadata":{"resourceVersion":"1"},"spec":{"holderIdentity":"x"}}',
      ],
      refused(CONFLICT),
    ),
    says(
      [
        'patch',
        'lease',
        'talos-tui',
        '-n',
        'kube-system',
        '--type=merge',
        '-p',
        '{"spec":{"leaseTransitions":1}}',
      ],
      ok('lease.coordination.k8s.io/talos-tui patched'),
    ),
    says(
      ['delete', 'lease', 'talos-tui', '-n', 'kube-system'],
      ok('lease.coordination.k8s.io "talos-tui" deleted from kube-system namespace'),
    ),
  ),
  changing(
    'write a lock from a file',
    says(
      ['create', '--raw', LEASES, '-f', '-'],
      { code: 0, stdout: /"holderIdentity":"root@pve:run-1"/ },
      { stdin: lease('root@pve:run-1'), ...NEW },
    ),
    says(['create', '--raw', LEASES, '-f', '-'], refused(/\(AlreadyExists\): leases\./), {
      stdin: lease('root@pve:run-1'),
    }),
    says(['replace', '-f', '-'], ok('lease.coordination.k8s.io/talos-tui replaced'), {
      stdin: taken,
    }),
    says(
      ['replace', '-f', '-'],
      refused(/^Error from server \(Conflict\): error when replacing "STDIN": Operation cannot/),
      { stdin: lease('root@pve:run-1', '1') },
    ),
    says(['delete', '--raw', `${LEASES}/talos-tui`], { code: 0 }, NEW),
    says(['replace', '-f', '-'], refused(/error when replacing "STDIN": .* not found$/), {
      stdin: lease('root@pve:run-1'),
    }),
  ),
];

const objectCases: readonly Case[] = [
  changing(
    'label and annotate',
    says(['label', 'node', '{w1.name}', 'rack=b'], ok('node/{w1.name} labeled')),
    says(['label', 'node', '{w1.name}', 'rack=b'], ok('node/{w1.name} not labeled')),
    says(
      ['label', 'node', '{w1.name}', 'rack=c'],
      refused("error: 'rack' already has a value (b), and --overwrite is false"),
    ),
    says(['label', 'node', '{w1.name}', 'rack=c', '--overwrite'], ok('node/{w1.name} labeled')),
    says(['label', 'node', '{w1.name}', 'rack-'], ok('node/{w1.name} unlabeled')),
    says(
      ['label', 'namespace', 'shop', '--overwrite', ...POD_SECURITY],
      ok('namespace/shop labeled'),
    ),
    says(
      ['annotate', 'node', '{w1.name}', 'talos-tui/cordoned-by=run-1'],
      ok('node/{w1.name} annotated'),
    ),
    says(
      ['annotate', 'node', '{w1.name}', 'talos-tui/cordoned-by=run-2'],
      refused(
        "error: --overwrite is false but found the following declared annotation(s): 'talos-tui/cordoned-by' already has a value (run-1)",
      ),
    ),
    says(
      ['annotate', '--overwrite', 'node/{w1.name}', 'talos-tui/cordoned-by=run-2'],
      ok('node/{w1.name} annotated'),
    ),
    says(
      ['annotate', 'node', '{w1.name}', 'talos-tui/cordoned-by-'],
      ok('node/{w1.name} annotated'),
    ),
    says(
      ['annotate', 'node', '{w1.name}', 'note=x', '--dry-run=server'],
      ok(/\(server dry run\)$/m),
    ),
    says(['annotate', 'node', 'missing', 'note=x'], refused(/\(NotFound\): nodes "missing"/)),
    says(
      ['annotate', 'node', '{w1.name}'],
      refused('error: at least one annotation update is required'),
    ),
    says(
      ['annotate', 'node', '{w1.name}', 'note=x', '--resource-version=1'],
      refused(/^Error from server \(Conflict\): /),
    ),
  ),
  changing(
    'create namespaces',
    says(['create', 'namespace', 'storage'], ok('namespace/storage created')),
    says(
      ['create', 'namespace', 'storage'],
      refused('Error from server (AlreadyExists): namespaces "storage" already exists'),
    ),
    says(
      ['create', '-f', '-', '--dry-run=server'],
      ok('namespace/storage-2 created (server dry run)'),
      {
        stdin: NAMESPACE.replace('storage', 'storage-2'),
      },
    ),
    says(['create', '-f', '-'], refused(/\[apiVersion not set, kind not set\]/), {
      stdin: 'tier: data',
    }),
    says(['create', '-f', '-'], refused('error: no objects passed to create')),
    says(['create', '-f', '{out}/missing.yaml'], refused(/^error: the path .* does not exist$/)),
    says(['create'], { code: 1 }),
    says(['create', 'namespace'], refused(/exactly one NAME is required, got 0/)),
  ),
  changing(
    'delete a namespace with all that is in it',
    says(['delete', 'namespace', 'shop'], ok('namespace "shop" deleted')),
    says(['get', 'pods', '-n', 'shop'], {
      code: 0,
      stderr: 'No resources found in shop namespace.',
    }),
  ),
  changing(
    'delete a node',
    says(
      ['delete', 'node', '{w2.name}', '--dry-run=server'],
      ok('node "{w2.name}" deleted (server dry run)'),
    ),
    says(['delete', 'node', '{w2.name}', '--wait=false'], ok('node "{w2.name}" deleted'), {
      before: ['stop-node {w2.name} crash'],
    }),
    says(['get', 'node', '{w2.name}', '--ignore-not-found'], ok('')),
    says(
      ['delete', 'node', '{w2.name}'],
      refused('Error from server (NotFound): nodes "{w2.name}" not found'),
    ),
    says(['delete', 'node', '{w2.name}', '--ignore-not-found'], ok('')),
    says(
      ['delete', 'nodes'],
      refused('error: resource(s) were provided, but no name was specified'),
    ),
    says(['delete'], { code: 1 }),
  ),
  {
    ...changing(
      'delete a pod',
      says(['delete', 'pod', 'db-0', '-n', 'shop'], ok('pod "db-0" deleted from shop namespace'), {
        advanceSeconds: 60,
      }),
    ),
    timeScale: 10,
    isMoving: true,
  },
  {
    ...changing(
      'wait for a state',
      says(
        ['wait', 'node/{w1.name}', '--for=condition=Ready', '--timeout=30s'],
        ok('node/{w1.name} condition met'),
      ),
      says(['wait', 'nodes', '--all', '--for=condition=Ready', '--timeout=30s'], { code: 0 }),
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
      says(
        ['wait', 'node/{w1.name}', '--for=nothing'],
        refused('error: unrecognized condition: "nothing"'),
      ),
    ),
    timeScale: 10,
    isMoving: true,
  },
  changing(
    'ask what one may',
    says(['auth', 'can-i', 'list', 'nodes'], ok('yes')),
    says(['auth', 'can-i', 'create', 'pods/eviction', '-n', 'shop'], ok('yes')),
    says(['auth', 'can-i', 'delete', 'nodes', '-q'], ok('')),
    says(['auth', 'can-i', 'get', '/readyz'], ok('yes')),
    says(['auth', 'can-i', 'list', 'nosuchtype'], ok('yes')),
  ),
];

export const kubectlObjects: readonly Case[] = [...leaseCases, ...objectCases];

import type { Case, Step } from '../case.js';
import { talosctl } from './argv.js';

/** The stand-in speaks as the client of its lab's Talos. */
const SCENARIOS = [
  ['1.12', 'healthy', ['v1.11', 'v1.12']],
  ['1.13', 'talos-1.13', ['v1.12', 'v1.13.9']],
  ['1.14', 'talos-1.14', ['v1.13', 'v1.14']],
] as const;

type Rest = Omit<Step, 'argv'>;

const step = (words: readonly string[], rest: Rest = {}): Step => ({ argv: words, ...rest });

const MASKED: Rest = { masks: ['secrets', 'versions'] };
const SAID: Rest = { ...MASKED, stderr: 'bytes' };

const ENDPOINT = 'https://10.0.0.5:6443';
const PLAIN = ['--with-docs=false', '--with-examples=false'];
const KNOWN = ['--with-secrets', '{out}/secrets.yaml', ...PLAIN];
const genConfig = (...words: readonly string[]) => ['gen', 'config', 'demo', ENDPOINT, ...words];

const OPERATORS_FLAGS = [
  ...['--kubernetes-version', 'v1.35.0', '--install-disk', '/dev/vda'],
  ...['--install-image', 'factory.talos.dev/nocloud-installer/0123:v1.12.4'],
  ...['--additional-sans', '10.0.0.9,api.lan', '--additional-sans', 'other.lan'],
];

const NETWORK_PATCH = `machine:
  network:
    interfaces:
      - interface: eth0
        dhcp: true
        vip: {ip: 10.0.0.9}
  kubelet:
    nodeIP: {validSubnets: [10.0.0.0/24]}
cluster:
  network: {cni: {name: none}, podSubnets: [10.100.0.0/16]}
  apiServer:
    admissionControl:
      - name: PodSecurity
        configuration: {exemptions: {namespaces: [longhorn-system]}}
`;
const WORKER_PATCH = `machine: {sysctls: {vm.max_map_count: "262144"}}
---
apiVersion: v1alpha1
kind: VolumeConfig
name: EPHEMERAL
provisioning: {maxSize: 20GiB}
`;
const NODE_PATCH = `apiVersion: v1alpha1
kind: HostnameConfig
auto: stable
$patch: delete
---
machine: {network: {hostname: cp-1}}
`;

type Scenario = (typeof SCENARIOS)[number];
type Wished = (title: string, ...steps: readonly Step[]) => Case;

function casesOf([minor, scenario, dialects]: Scenario): readonly Case[] {
  const made = (title: string, isChange: boolean, steps: readonly Step[]): Case => ({
    program: 'talosctl',
    title: `${title}, Talos ${minor}`,
    scenario,
    isChange,
    steps: steps.map((each) => ({ only: minor, ...each })),
  });
  const reading: Wished = (title, ...steps) => made(title, false, steps);
  const changing: Wished = (title, ...steps) => made(title, true, steps);
  const validates = minor !== '1.14';
  return [
    secretsCase(reading),
    ...dialects.map((dialect) => configCase(reading, dialect)),
    patchCase(reading, validates),
    refusalCase(reading),
    misfitCase(reading),
    talosconfigCase(reading),
    maintenanceCase(changing),
  ];
}

const secretsCase = (wished: Wished): Case =>
  wished(
    'make the secrets of a cluster once',
    step(['gen', 'secrets', '-o', '-'], SAID),
    step(['gen', 'secrets', '-o', '{out}/secrets.yaml', '--talos-version', 'v1.12'], SAID),
    step(['gen', 'secrets', '-o', '{out}/secrets.yaml'], SAID),
    step(['gen', 'secrets', '-o', '{out}/secrets.yaml', '--force'], SAID),
    step(['gen', 'secrets', '-o', '-', '--talos-version', 'newest'], SAID),
    step(['gen', 'secrets', '-o', '-', '--from-controlplane-config', '{out}/none.yaml'], SAID),
    step(['gen', 'secrets', 'more']),
    step(genConfig('-t', 'controlplane', '-o', '{out}/cp.yaml', ...PLAIN), SAID),
    step(['gen', 'secrets', '-o', '-', '--from-controlplane-config', '{out}/cp.yaml'], SAID),
  );

const configCase = (wished: Wished, dialect: string): Case => {
  const words = [...KNOWN, '--talos-version', dialect];
  const shown = (type: string, ...more: readonly string[]) =>
    step(genConfig('-o', '-', '-t', type, ...words, ...more), SAID);
  return wished(
    `write configurations of ${dialect}`,
    step(['gen', 'secrets', '-o', '{out}/secrets.yaml'], SAID),
    step(genConfig(...words, ...OPERATORS_FLAGS, '-o', '{out}/made'), SAID),
    step(genConfig(...words, ...OPERATORS_FLAGS, '-o', '{out}/made'), SAID),
    step(genConfig(...words, ...OPERATORS_FLAGS, '-o', '{out}/made', '--force'), SAID),
    shown('controlplane'),
    shown('worker'),
    shown('talosconfig'),
    shown('controlplane', ...OPERATORS_FLAGS),
    shown('worker', ...OPERATORS_FLAGS, '--with-kubespan'),
    shown('worker', '--registry-mirror', 'docker.io=http://10.0.0.2:5000'),
    shown('controlplane', '--with-cluster-discovery=false', '--dns-domain', 'my.lan'),
    shown('controlplane', '--config-patch', NETWORK_PATCH, '--config-patch-worker', WORKER_PATCH),
    shown('worker', '--config-patch', NETWORK_PATCH, '--config-patch-worker', WORKER_PATCH),
    shown('controlplane', '--config-patch-control-plane', NODE_PATCH),
  );
};

const patchCase = (wished: Wished, validates: boolean): Case =>
  wished(
    'make the configuration of each node',
    step(['gen', 'secrets', '-o', '{out}/secrets.yaml'], SAID),
    step(genConfig(...KNOWN, '-o', '{out}'), SAID),
    step(['machineconfig', 'patch', '{out}/controlplane.yaml', '-p', NETWORK_PATCH], SAID),
    step(['machineconfig', 'patch', '{out}/worker.yaml', '-p', WORKER_PATCH], SAID),
    step(['machineconfig', 'patch', '{out}/worker.yaml', '-p', NODE_PATCH], SAID),
    step(['machineconfig', 'patch', '{out}/worker.yaml'], SAID),
    step(
      ['machineconfig', 'patch', '{out}/worker.yaml', '-p', NODE_PATCH, '-o', '{out}/n/1.yaml'],
      SAID,
    ),
    step(['machineconfig', 'patch', '{out}/none.yaml', '-p', NODE_PATCH], SAID),
    step(['machineconfig', 'patch', '{out}/worker.yaml', '-p', 'machine: {vip: {}}'], SAID),
    step(['machineconfig', 'patch', '{out}/worker.yaml', '-p', '@{out}/none.yaml'], SAID),
    step(
      [
        ...['machineconfig', 'patch', '{out}/worker.yaml'],
        ...['-p', '[{"op":"add","path":"/machine/sysctls","value":{}}]'],
      ],
      SAID,
    ),
    ...(validates ? VALIDATIONS : []),
  );

/** The pinned 1.14 is built without this command. */
const VALIDATIONS: readonly Step[] = [
  step(['validate', '-c', '{out}/controlplane.yaml', '-m', 'metal'], SAID),
  step(['validate', '-c', '{out}/n/1.yaml', '-m', 'cloud'], SAID),
  step(['validate', '-c', '{out}/none.yaml', '-m', 'cloud'], SAID),
  step(['validate', '-c', '{out}/worker.yaml', '-m', 'proxmox'], SAID),
  step(
    [
      ...['machineconfig', 'patch', '{out}/worker.yaml'],
      ...['-p', 'machine: {type: contrlplane}', '-o', '{out}/n/2.yaml'],
    ],
    SAID,
  ),
  step(['validate', '-c', '{out}/n/2.yaml', '-m', 'metal'], SAID),
  step(['validate', '-c', '{out}/n/2.yaml', '-m', 'cloud', '--strict'], SAID),
];

/** One field of each kind of value, and two that are wrong at once. */
const MISFITS: readonly string[] = [
  'machine: {certSANs: api.lan}',
  'machine: {certSANs: [{a: b}]}',
  'machine: {sysctls: abc}',
  'machine: {sysctls: {a: [b]}}',
  'machine: {type: [worker]}',
  'machine: {install: {wipe: 7}}',
  'machine: {install: {disk: {a: b}}}',
  'machine: {kubelet: abc}',
  'machine: {kubelet: {extraArgs: abc}}',
  'machine: {kubelet: {extraArgs: {a: {b: c}}}}',
  'machine: {kubelet: {nodeIP: [10.0.0.0/24]}}',
  'machine: {kubelet: {extraMounts: [/var/mnt]}}',
  'machine: {kubelet: {extraConfig: [a]}}',
  'machine: {network: {interfaces: eth0}}',
  'machine: {network: {interfaces: [{vip: 10.0.0.9}]}}',
  'machine: {network: {nameservers: 1.1.1.1}}',
  'machine: {time: {bootTimeout: 5}}',
  'machine: {registries: {mirrors: [docker.io]}}',
  'machine: {registries: {mirrors: {docker.io: {endpoints: x}}}}',
  'machine: {files: {path: /x}}',
  'machine: {kernel: {modules: [br_netfilter]}}',
  'machine: {nodeLabels: [a]}',
  'machine: {features: {kubePrism: {port: abc}}}',
  'cluster: {network: {podSubnets: 10.0.0.0/8}}',
  'cluster: {network: {cni: none}}',
  'cluster: {apiServer: {admissionControl: {name: x}}}',
  'cluster: {etcd: {advertisedSubnets: 10.0.0.0/8}}',
  'cluster: {ca: abc}',
  'cluster: {inlineManifests: [abc]}',
  'machine: {certSANs: x, sysctls: abc}',
  'apiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\nprovisioning: {maxSize: [a]}',
  'apiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\nprovisioning: {grow: abc}',
  'apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: {a: b}',
  'apiVersion: v1alpha1\nkind: HostnameConfig\nauto: never',
];

const misfitCase = (wished: Wished): Case =>
  wished(
    'give fields what does not fit',
    step(genConfig(...PLAIN, '-o', '{out}'), SAID),
    ...MISFITS.map((patch) =>
      step(['machineconfig', 'patch', '{out}/worker.yaml', '-p', patch], SAID),
    ),
  );

const refusalCase = (wished: Wished): Case =>
  wished(
    'give gen config what it refuses',
    ...['10.0.0.5', '10.0.0.5:6443', 'api.lan:6443', 'http://10.0.0.5:6443', 'https://'].map(
      (endpoint) => step(['gen', 'config', 'demo', endpoint, '-o', '{out}/made'], SAID),
    ),
    step(['gen', 'config', 'demo', 'https://10.0.0.5:70000', '-o', '{out}/made'], SAID),
    step(['gen', 'config', 'demo', '-o', '{out}/made']),
    step(genConfig('-o', '-'), SAID),
    step(genConfig('-o', '-', '-t', 'init'), SAID),
    step(genConfig('-o', '{out}/made', '--talos-version', 'newest'), SAID),
    step(genConfig('-o', '{out}/made', '--with-secrets', '{out}/none.yaml'), SAID),
    step(genConfig('-o', '{out}/made', '--registry-mirror', 'docker.io'), SAID),
    step(genConfig('-o', '{out}/made', '--config-patch', '@{out}/none.yaml'), SAID),
    step(
      genConfig('-o', '{out}/made', '--config-patch', 'machine: {features: {guestAgent: true}}'),
      SAID,
    ),
    step(genConfig('-o', '{out}/made', '--bogus')),
  );

const MINE = ['--talosconfig', '{out}/mine'];

const talosconfigCase = (wished: Wished): Case => {
  const config = (...words: readonly string[]) => step(['config', ...words, ...MINE], SAID);
  return wished(
    'keep a talosconfig',
    step(genConfig('-t', 'talosconfig', '-o', '{out}/made', ...PLAIN), SAID),
    config('endpoint', '10.0.0.1'),
    config('contexts'),
    config('remove', 'demo', '-y'),
    config('merge', '{out}/made'),
    config('merge', '{out}/made'),
    config('contexts'),
    config('endpoint', '10.0.0.1', '10.0.0.2', '10.0.0.3'),
    config('node', '10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'),
    config('contexts'),
    config('info'),
    config('info', '-o', 'json'),
    step(['config', 'endpoint', ...MINE]),
    config('context', 'other'),
    config('context', 'demo'),
    config('endpoint', '10.0.0.7', '--context', 'demo-1'),
    config('endpoint', '10.0.0.7', '--context', 'other'),
    step(['config', 'add', 'more', '--crt', '{out}/made', ...MINE]),
    config('add', 'more', '--ca', '{out}/none'),
    config('add', 'more'),
    config('remove', 'none', '-y'),
    config('remove', 'dem*', '-y', '--dry-run'),
    config('remove', 'dem*', '-y'),
    config('contexts'),
    step(talosctl('{cp1}', 'config', 'new', '{out}/reader', '--roles', 'os:reader'), SAID),
    step(talosctl('{cp1}', 'config', 'new', '{out}/reader', '--roles', 'os:reader'), SAID),
    step(talosctl('{cp1}', 'config', 'new', '{out}/none', '--roles', 'os:king'), SAID),
    step(talosctl('{w1}', 'config', 'new', '{out}/none')),
    step(['config', 'info', '-o', 'json', '--talosconfig', '{out}/reader'], SAID),
  );
};

const toW1 = ['-e', '{w1}', '-n', '{w1}'];
const WIPE = [
  ...['reset', '--graceful=false', '--reboot', '--wait=false'],
  ...['--system-labels-to-wipe', 'STATE,EPHEMERAL'],
];

const maintenanceCase = (wished: Wished): Case => {
  const apply = (...words: readonly string[]) => ['apply-config', '--insecure', ...toW1, ...words];
  return wished(
    'configure a machine that waits for it',
    step(talosctl('{w1}', ...WIPE), { advanceSeconds: 120 }),
    step(genConfig('-o', '{out}', ...PLAIN, '--kubernetes-version', '1.35.0'), SAID),
    step(apply('-f', '{out}/none.yaml'), SAID),
    step(apply('-f', '{out}/talosconfig'), { stderr: 'ignored' }),
    step(apply('-f', '{out}/worker.yaml', '--dry-run'), SAID),
    step(apply('-f', '{out}/worker.yaml', '-p', 'machine: {vip: {}}'), SAID),
    step(apply('-f', '{out}/worker.yaml', '-p', WORKER_PATCH), { advanceSeconds: 120 }),
    step(apply('-f', '{out}/worker.yaml')),
  );
};

export const talosctlGenerating: readonly Case[] = SCENARIOS.flatMap(casesOf);

import type { Case, Part, Step } from '../case.js';
import { talosctl } from './argv.js';

const step = (argv: readonly string[], rest: Omit<Step, 'argv'> = {}): Step => ({ argv, ...rest });

/** Clients from 1.14 on open one call per node and say of each what became of it. */
const perNode = (...parts: readonly Part[]): Pick<Step, 'known'> => ({
  known: [{ versions: '>=1.14', parts, about: 'One call per node' }],
});

const folded: Pick<Step, 'known'> = {
  known: [{ versions: '>=1.14', parts: ['stdout'], about: 'Long lines in YAML' }],
};

/** The lab cannot say in TLS why it hangs up. */
const NO_ALERT: Pick<Step, 'known'> = {
  known: [{ versions: '>=1.9', parts: ['stderr'], about: 'Certificates that apid refuses' }],
};

/** They fold long lines of YAML, too. */
const LONG_LINES = ['ExtensionStatuses.runtime.talos.dev', 'KernelCmdlines.runtime.talos.dev'];

/** Go cancels first and tells afterwards, if it still gets there. */
const interrupted = (readyAfter: string): Omit<Step, 'argv'> => ({
  follow: { readyAfter, forMs: 300, signal: 'SIGINT' },
  stderr: 'ignored',
});

const reading = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'talosctl',
  title,
  steps,
});

/** Everything that the console, the doctor or an operator asks of one node. */
const KINDS = [
  'AddressStatuses.net.talos.dev',
  'Affiliates.cluster.talos.dev',
  'CPUStats.perf.talos.dev',
  'Diagnostics.runtime.talos.dev',
  'DiscoveredVolumes.block.talos.dev',
  'Disks.block.talos.dev',
  'EtcdMembers.etcd.talos.dev',
  'ExtensionStatuses.runtime.talos.dev',
  'HostnameStatuses.net.talos.dev',
  'Identities.cluster.talos.dev',
  'Infos.cluster.talos.dev',
  'KernelCmdlines.runtime.talos.dev',
  'KubeletSpecs.kubernetes.talos.dev',
  'LinkStatuses.net.talos.dev',
  'MachineStatuses.runtime.talos.dev',
  'MachineTypes.config.talos.dev',
  'Members.cluster.talos.dev',
  'MemoryModules.hardware.talos.dev',
  'MemoryStats.perf.talos.dev',
  'MountStatuses.block.talos.dev',
  'NetworkStatuses.net.talos.dev',
  'NodeAddresses.net.talos.dev',
  'Nodenames.kubernetes.talos.dev',
  'NodeStatuses.kubernetes.talos.dev',
  'OperatorSpecs.net.talos.dev',
  'PlatformMetadatas.talos.dev',
  'Processors.hardware.talos.dev',
  'ResolverStatuses.net.talos.dev',
  'RouteStatuses.net.talos.dev',
  'SecurityStates.talos.dev',
  'Services.v1alpha1.talos.dev',
  'StaticPodStatuses.kubernetes.talos.dev',
  'SystemDisks.block.talos.dev',
  'SystemInformations.hardware.talos.dev',
  'TimeServerStatuses.net.talos.dev',
  'TimeStatuses.v1alpha1.talos.dev',
  'Versions.runtime.talos.dev',
  'VolumeStatuses.block.talos.dev',
] as const;

const get = (type: string, ...rest: readonly string[]) => talosctl('{cp1}', 'get', type, ...rest);

export const talosctlReads: readonly Case[] = [
  reading(
    'know the versions',
    step(['version', '--client', '--short'], { masks: ['versions'] }),
    step(talosctl('{cp1}', 'version', '--json'), { stdout: 'json-stream', ...perNode('stdout') }),
    step(talosctl('{cp1},{w1}', 'version', '--json'), {
      stdout: 'json-stream',
      ...perNode('stdout'),
    }),
  ),
  ...KINDS.map((type) =>
    reading(
      `see ${type}`,
      step(get(type, '-o', 'json')),
      step(get(type)),
      step(get(type, '-o', 'yaml'), LONG_LINES.includes(type) ? folded : {}),
    ),
  ),
  reading(
    'name resources in other ways',
    step(get('machinestatus', 'machine', '-o', 'json')),
    step(get('MachineStatus', '-o', 'json')),
    step(get('links')),
    step(get('members', '--namespace', 'cluster')),
    step(get('rd', '-o', 'json')),
    step(get('rd')),
    step(talosctl('{w1}', 'get', 'machinetype', '-o', 'json')),
    step(talosctl('{cp1},{cp2},{w1}', 'get', 'machinestatus', '-o', 'json'), {
      stdout: 'json-stream',
    }),
    step(talosctl('{cp1},{cp2},{w1}', 'get', 'machinestatus'), { stdout: 'table' }),
  ),
  reading(
    'read the machine configuration',
    step(get('machineconfig', 'v1alpha1', '-o', 'json')),
    step(get('machineconfig', '-o', 'yaml')),
  ),
  reading(
    'be told what does not exist',
    step(get('nosuchtype', '-o', 'json')),
    step(get('machinestatus', 'nosuchid', '-o', 'json')),
    step(get('ms', '-o', 'json')),
    step(get('machinestatus', '-o', 'nosuchformat')),
    step(['nosuchcommand']),
    step(talosctl('{cp1}', 'get')),
    step(talosctl('{cp1}', 'version', '--nosuchflag')),
  ),
  reading(
    'follow a resource',
    step(get('machinestatus', '-w', '-o', 'json'), interrupted('unmetConditions')),
    step(get('members', '-w'), interrupted('talos-w-02')),
  ),
  reading(
    'look at etcd',
    step(talosctl('{cp1}', 'etcd', 'members')),
    step(talosctl('{cp1}', 'etcd', 'status')),
    step(talosctl('{cp1}', 'etcd', 'alarm', 'list')),
    step(talosctl('{endpoints}', 'etcd', 'members'), { stdout: 'sorted-lines' }),
    step(talosctl('{endpoints}', 'etcd', 'status'), { stdout: 'sorted-lines' }),
    step(talosctl('{w1}', 'etcd', 'members'), perNode('stdout')),
    step(talosctl('{w1}', 'etcd', 'status'), perNode('stdout')),
  ),
  reading(
    'save a snapshot',
    step(talosctl('{cp2}', 'etcd', 'snapshot', '{out}/etcd.db'), { file: '{out}/etcd.db' }),
    step(talosctl('{cp1},{cp2}', 'etcd', 'snapshot', '{out}/two.db')),
    step(talosctl('{cp1}', 'etcd', 'snapshot')),
    step(talosctl('{cp1}', 'etcd', 'snapshot', '{out}/no/such/folder.db')),
    step(talosctl('{w1}', 'etcd', 'snapshot', '{out}/worker.db')),
  ),
  {
    program: 'talosctl',
    title: 'see an alarm',
    scenario: 'etcd-nospace',
    steps: [
      step(talosctl('{cp1}', 'etcd', 'alarm', 'list')),
      step(talosctl('{cp1}', 'etcd', 'status')),
    ],
  },
  {
    program: 'talosctl',
    title: 'look at etcd without quorum',
    scenario: 'no-quorum',
    steps: [
      step(talosctl('{cp1}', 'etcd', 'status')),
      step(talosctl('{cp1}', 'etcd', 'members'), perNode('stdout')),
      step(talosctl('{cp1}', 'etcd', 'alarm', 'list')),
      step(talosctl('{cp2}', 'etcd', 'status'), perNode('stdout')),
    ],
  },
  reading(
    'see the services',
    step(talosctl('{cp1}', 'services'), { stdout: 'table', masks: ['ago'] }),
    step(talosctl('{w1}', 'service'), { stdout: 'table', masks: ['ago'] }),
    step(talosctl('{cp1}', 'service', 'etcd'), { masks: ['ago'] }),
    step(talosctl('{cp1}', 'service', 'nosuchservice')),
  ),
  reading(
    'read a file',
    step(talosctl('{cp1}', 'read', '/proc/sys/kernel/random/boot_id')),
    step(talosctl('{cp1}', 'read', '/no/such/file')),
    step(talosctl('{cp1}', 'read')),
  ),
  reading(
    'know what the talosconfig says',
    step(['config', 'info', '-o', 'json', '--talosconfig', '{talosconfig}'], { stdout: 'json' }),
    step(['config', 'info', '--talosconfig', '{talosconfig}']),
    step(['config', 'info', '-o', 'json', '--talosconfig', '{talosconfig}', '--context', 'no']),
  ),
  reading(
    'be told why nothing is reached',
    step(['version', '--json', '--talosconfig', '{talosconfig}', '-e', '{vip}9', '-n', '{cp1}']),
    step(['version', '--json', '--talosconfig', '{talosconfig}', '--context', 'no', '-n', '{cp1}']),
    step(['version', '--json', '--talosconfig', '{out}/none', '-n', '{cp1}']),
    step(talosctl('{vip}9', 'version', '--json')),
    step(talosctl('{cp1}:50000', 'version', '--json')),
    step([...['version', '--json', '--talosconfig', '{talosconfig}', '-e', '{w1}', '-n', '{cp1}']]),
  ),
  {
    program: 'talosctl',
    title: 'ask a machine that is off',
    scenario: 'worker-down',
    steps: [
      step(talosctl('{w1}', 'version', '--json')),
      step(talosctl('{w1}', 'get', 'machinestatus', '-o', 'json')),
      step(talosctl('{cp1},{w1}', 'version', '--json'), {
        stdout: 'json-stream',
        ...perNode('exit code', 'stdout'),
      }),
      step(talosctl('{cp1},{w1}', 'get', 'machinestatus', '-o', 'json'), {
        stdout: 'json-stream',
        ...perNode('stdout'),
      }),
      step(talosctl('{cp1},{w1}', 'services'), {
        stdout: 'table',
        masks: ['ago'],
        ...perNode('exit code'),
      }),
    ],
  },
  {
    program: 'talosctl',
    title: 'ask with a certificate that has ended',
    scenario: 'talosconfig-expired',
    steps: [
      step(talosctl('{cp1}', 'version', '--json'), NO_ALERT),
      step(talosctl('{cp1}', 'get', 'machinestatus', '-o', 'json'), NO_ALERT),
      step(['config', 'info', '-o', 'json', '--talosconfig', '{talosconfig}'], { stdout: 'json' }),
    ],
  },
  {
    program: 'talosctl',
    title: 'ask without endpoints',
    scenario: 'endpoints-empty',
    steps: [
      step(['version', '--json', '--talosconfig', '{talosconfig}', '-n', '{cp1}']),
      step(['version', '--json', '--talosconfig', '{talosconfig}', '-e', '{cp1}']),
      step(['config', 'info', '--talosconfig', '{talosconfig}']),
      step(['config', 'info', '-o', 'json', '--talosconfig', '{talosconfig}'], { stdout: 'json' }),
    ],
  },
];

import { listObjects } from '../../world/kube-store.js';
import { talosMinor } from '../../world/talos-version.js';
import type { LabExtension, LabNode, LabService, World } from '../../world/types.js';
import { type Kind, kind, type NodeView, resource } from './kind.js';
import { activeConfig, persistentConfig } from './machine-config.js';

/** A diagnostic shows after this long (talos: 30 s hysteresis). */
export const DIAGNOSTIC_DELAY_MS = 30_000;

const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';

export const MACHINE_KINDS: readonly Kind[] = [
  kind(
    'runtime',
    'MachineStatuses.runtime.talos.dev',
    {
      owner: 'runtime.MachineStatusController',
    },
    ({ node }) => [
      resource('machine', {
        stage: node.stage,
        status: {
          ready: node.isReady,
          unmetConditions: node.unmetConditions.map(({ name, reason }) => ({ name, reason })),
        },
      }),
    ],
  ),
  kind(
    'config',
    'MachineTypes.config.talos.dev',
    { owner: 'config.MachineTypeController' },
    ({ node }) => [resource('machine-type', node.role)],
  ),
  kind(
    'runtime',
    'Versions.runtime.talos.dev',
    { owner: 'runtime.VersionController' },
    ({ node: { talosVersion } }) => [
      resource('version', {
        ...(talosMinor(talosVersion) >= 14 ? { name: 'Talos' } : {}),
        version: talosVersion,
      }),
    ],
  ),
  kind(
    'runtime',
    'PlatformMetadatas.talos.dev',
    {
      owner: 'network.PlatformConfigController',
    },
    ({ node }) => [
      resource('platformmetadata', {
        platform: node.platform,
        hostname: node.hostname,
        instanceId: `${node.vmId}`,
      }),
    ],
  ),
  kind(
    'runtime',
    'SecurityStates.talos.dev',
    {
      owner: 'runtime.SecurityStateController',
    },
    ({ node: { machine } }) => [
      resource('securitystate', {
        secureBoot: false,
        selinuxState: 'enabled, permissive',
        fipsState: 'disabled',
        // A UKI is what systemd-boot and the media start; GRUB starts a kernel and its initramfs.
        bootedWithUKI:
          machine.booted?.medium === 'iso' || machine.systemDisk?.bootloader !== 'grub',
        moduleSignatureEnforced: true,
      }),
    ],
  ),
  kind(
    'runtime',
    'KernelCmdlines.runtime.talos.dev',
    {
      owner: 'runtime.KernelCmdlineController',
    },
    ({ node }) => [
      resource('cmdline', {
        cmdline: `talos.platform=${node.platform} console=tty1 console=ttyS0 init_on_alloc=1 slab_nomerge pti=on consoleblank=0 nvme_core.io_timeout=4294967295 printk.devkmsg=on selinux=1 module.sig_enforce=1`,
      }),
    ],
  ),
  kind(
    'runtime',
    'BootedEntries.talos.dev',
    { owner: 'runtime.BootedEntryController' },
    ({ node: { machine } }) =>
      // What GRUB starts is no UKI.
      machine.booted === null ||
      (machine.booted.medium === 'disk' && machine.systemDisk?.bootloader === 'grub')
        ? []
        : [resource('bootedentry', { bootedEntry: machine.booted.ukiName })],
  ),
  kind(
    'runtime',
    'BootIDs.runtime.talos.dev',
    { owner: 'runtime.BootIDController' },
    ({ node }) => [resource('boot-id', { bootID: node.bootId })],
  ),
  kind('runtime', 'MetaKeys.runtime.talos.dev', { owner: '' }, ({ node }) =>
    [...(node.machine.systemDisk?.meta ?? [])].map(([key, value]) =>
      resource(`0x${key.toString(16).padStart(2, '0')}`, { value }),
    ),
  ),
  kind(
    'runtime',
    'ExtensionStatuses.runtime.talos.dev',
    {
      owner: 'runtime.ExtensionStatusController',
    },
    ({ node }) =>
      node.extensions.map((extension, position) =>
        resource(String(position), extensionSpec(extension, node.extensions)),
      ),
  ),
  kind(
    'runtime',
    'Services.v1alpha1.talos.dev',
    {
      owner: 'v1alpha1.ServiceController',
    },
    ({ node }) => [...node.services.values()].filter(isRunning).map(serviceResource),
  ),
  kind(
    'runtime',
    'Diagnostics.runtime.talos.dev',
    {
      owner: 'runtime.DiagnosticsController',
      follows: ['kube:csr'],
    },
    ({ world, node }) =>
      diagnosticsOf(world, node).map(({ id, message, details }) =>
        resource(id, { message, details }),
      ),
  ),
  kind(
    'config',
    'MachineConfigs.config.talos.dev',
    { owner: 'config.AcquireController' },
    machineConfigs,
  ),
];

/** The running one, and the one on STATE: they differ after `staged` and `try`. None in maintenance mode. */
function machineConfigs(view: NodeView) {
  // Nodes up to 1.11 send the document itself; newer ones say that the text is YAML in YAML.
  const isMarked = talosMinor(view.node.talosVersion) >= 12;
  const config = (id: string, text: string) =>
    text === ''
      ? []
      : isMarked
        ? [resource(id, text, { annotations: { 'talos.dev/yaml-spec': '1' } })]
        : [{ id, yaml: text }];
  return [
    ...config('v1alpha1', activeConfig(view)),
    ...config('persistent', persistentConfig(view)),
  ];
}

/** talos v1alpha1.ServiceController: the resource of a service that stops running is destroyed. */
const isRunning = (service: LabService): boolean => service.state === 'Running';

const serviceResource = (service: LabService) =>
  resource(service.id, {
    running: true,
    healthy: service.isHealthy === true,
    unknown: service.isHealthy === null,
  });

function extensionSpec(extension: LabExtension, all: readonly LabExtension[]) {
  const isSchematic = extension.name === 'schematic';
  const official = all
    .filter(({ name }) => name !== 'schematic')
    .map(({ name }) => `            - siderolabs/${name}\n`)
    .join('');
  return {
    image: extension.image,
    metadata: {
      name: extension.name,
      version: extension.version,
      author: extension.author,
      description: extension.description,
      compatibility: { talos: { version: isSchematic ? '>= 1.0.0' : '>= v1.5.0' } },
      extraInfo: isSchematic
        ? `customization:\n    systemExtensions:\n        officialExtensions:\n${official}`
        : undefined,
    },
  };
}

/** Only the check for unapproved serving requests: the other one (overlapping networks) cannot happen here. */
export function diagnosticsOf(
  world: World,
  node: LabNode,
): readonly {
  readonly id: string;
  readonly message: string;
  readonly details: readonly string[];
}[] {
  const oldestMs = world.clock.now() - DIAGNOSTIC_DELAY_MS;
  const pending = listObjects(world, 'certificatesigningrequests').filter((csr) => {
    const spec = csr.spec as { readonly signerName?: string; readonly username?: string };
    const status = csr.status as { readonly conditions?: readonly unknown[] } | undefined;
    return (
      spec.signerName === KUBELET_SERVING &&
      spec.username === `system:node:${node.hostname}` &&
      (status?.conditions ?? []).length === 0 &&
      Date.parse(csr.metadata.creationTimestamp) <= oldestMs
    );
  });
  if (pending.length === 0) return [];
  const names = pending.map(({ metadata }) => metadata.name).sort();
  return [
    {
      id: 'kubelet-csr',
      message: 'kubelet server certificate rotation is enabled, but CSR is not approved',
      details: [
        'kubelet API error: remote error: tls: internal error',
        `pending CSRs: ${names.join(', ')}`,
      ],
    },
  ];
}

import { parse } from 'yaml';
import type { LabExtension, World } from './types.js';

/** What the factory could build on the day of this lab; each minor with its first and last patch. */
export const TALOS_VERSIONS: readonly string[] = [
  'v1.9.0',
  'v1.9.6',
  'v1.10.0',
  'v1.10.9',
  'v1.11.0',
  'v1.11.6',
  'v1.12.0',
  'v1.12.4',
  'v1.12.5',
  'v1.12.6',
  'v1.12.11',
  'v1.13.0',
  'v1.13.9',
  'v1.14.0',
  'v1.14.1',
];

interface Official {
  readonly version: string;
  readonly description: string;
}

const tool = (version: string, description: string): Official => ({ version, description });

/** siderolabs/extensions: the ones that a cluster on Proxmox is likely to want. */
export const OFFICIAL_EXTENSIONS: Readonly<Record<string, Official>> = {
  'amd-ucode': tool('20260110', 'This system extension provides AMD microcode binaries.'),
  drbd: tool('9.2.16', 'This system extension provides DRBD driver modules.'),
  gvisor: tool(
    '20260105.0',
    'This system extension provides gVisor using containerd’s runtime handler.',
  ),
  i915: tool('20260110', 'This system extension provides Intel GPU firmware and modules.'),
  'intel-ucode': tool('20251111', 'This system extension provides Intel microcode binaries.'),
  'iscsi-tools': tool('v0.2.0', 'This system extension provides iscsi-tools.'),
  'nfs-utils': tool('2.8.4', 'This system extension provides NFS utilities.'),
  'qemu-guest-agent': tool(
    '10.2.0',
    'This system extension provides the QEMU Guest Agent service.',
  ),
  tailscale: tool('1.92.3', 'This system extension provides Tailscale.'),
  'util-linux-tools': tool('2.41.2', 'This system extension provides linux tools like fstrim.'),
  zfs: tool('2.4.0', 'This system extension provides the ZFS filesystem.'),
};

interface SchematicBody {
  readonly customization?: {
    readonly extraKernelArgs?: readonly string[];
    readonly systemExtensions?: { readonly officialExtensions?: readonly string[] };
  };
}

function bodyOf(yaml: string | undefined): SchematicBody {
  return yaml === undefined ? {} : ((parse(yaml) as SchematicBody | null) ?? {});
}

export const schematicKernelArgs = (world: World, id: string): readonly string[] =>
  bodyOf(world.schematics.get(id)).customization?.extraKernelArgs ?? [];

/** Layers as a factory image of this schematic carries them. */
export function schematicExtensions(world: World, id: string): readonly LabExtension[] {
  const yaml = world.schematics.get(id) ?? '';
  const { officialExtensions = [] } = bodyOf(yaml).customization?.systemExtensions ?? {};
  return extensionsOf(
    officialExtensions.map((name) => name.replace(/^siderolabs\//, '')),
    id,
  );
}

/** talos@1.12 factory images: layers are numbered, the pseudo extension `schematic` is the last one. */
export function extensionsOf(names: readonly string[], schematic: string): readonly LabExtension[] {
  const real = names.map((name, position): LabExtension => {
    const known = OFFICIAL_EXTENSIONS[name] ?? { version: 'v1.0.0', description: name };
    return { name, ...known, author: 'Sidero Labs', image: `${position}.sqsh` };
  });
  return [
    ...real,
    {
      name: 'schematic',
      version: schematic,
      author: 'Image Factory',
      description:
        'Virtual extension which specifies the schematic of the image built with Image Factory.',
      image: `${real.length}.sqsh`,
    },
  ];
}

/** The image without anything: `customization: {}`. */
export const DEFAULT_SCHEMATIC = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';

/** A schematic with these extensions, as the factory prints it. */
export const schematicYaml = (names: readonly string[]): string =>
  names.length === 0
    ? 'customization: {}\n'
    : `customization:\n    systemExtensions:\n        officialExtensions:\n${names
        .map((name) => `            - siderolabs/${name}\n`)
        .join('')}`;

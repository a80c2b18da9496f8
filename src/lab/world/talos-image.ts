import {
  DEFAULT_SCHEMATIC,
  schematicExtensions,
  schematicKernelArgs,
  TALOS_VERSIONS,
} from './talos-factory.js';
import { talosMinor } from './talos-version.js';
import type { LabExtension, LabVm, World } from './types.js';

/** What an installer or a boot medium puts on a machine. */
export interface TalosImage {
  readonly talosVersion: string;
  /** null = not from a factory: no extensions, no schematic. */
  readonly schematic: string | null;
  readonly extensions: readonly LabExtension[];
  /** `metal`, `nocloud`, … */
  readonly platform: string;
  readonly isSecureBoot: boolean;
  readonly kernelArgs: readonly string[];
}

export interface InstallerReference {
  readonly schematic: string | null;
  readonly platform: string;
  readonly isSecureBoot: boolean;
  readonly talosVersion: string;
}

const FACTORY =
  /^(?<host>[^/]+)\/(?:(?<platform>[a-z0-9]+)-)?installer(?<secure>-secureboot)?\/(?<schematic>[0-9a-f]{64}):(?<version>v\d+\.\d+\.\d+[\w.-]*)$/;
const STOCK = /^ghcr\.io\/siderolabs\/installer:(?<version>v\d+\.\d+\.\d+[\w.-]*)$/;
/** talos 1.14 release notes: the stock installer is not published any more. */
const LAST_STOCK_MINOR = 13;

/** talos.md §5.6; null = no installer that anybody publishes. A name without a platform means metal. */
export function readInstallerReference(
  reference: string,
  factoryHosts: readonly string[],
): InstallerReference | null {
  const factory = FACTORY.exec(reference)?.groups;
  if (factory !== undefined && factoryHosts.includes(factory.host ?? '')) {
    return {
      schematic: factory.schematic ?? null,
      platform: factory.platform ?? 'metal',
      isSecureBoot: factory.secure !== undefined,
      talosVersion: factory.version ?? '',
    };
  }
  const talosVersion = STOCK.exec(reference)?.groups?.version;
  if (talosVersion === undefined || talosMinor(talosVersion) > LAST_STOCK_MINOR) return null;
  return { schematic: null, platform: 'metal', isSecureBoot: false, talosVersion };
}

export const factoryHostsOf = (world: World): readonly string[] => [
  'factory.talos.dev',
  world.facts.factoryAddress,
  `${world.facts.factoryAddress}:8080`,
  `${world.facts.factoryAddress}:18080`,
];

/** What pulling this installer brings; null = not found: unknown repository, schematic or version. */
export function installerImage(world: World, reference: string): TalosImage | null {
  const parsed = readInstallerReference(reference, factoryHostsOf(world));
  if (parsed === null || !TALOS_VERSIONS.includes(parsed.talosVersion)) return null;
  if (parsed.schematic !== null && !isKnownSchematic(world, parsed.schematic)) return null;
  return imageOf(world, parsed);
}

const isKnownSchematic = (world: World, id: string): boolean =>
  id === DEFAULT_SCHEMATIC || world.schematics.has(id);

function imageOf(world: World, parsed: InstallerReference): TalosImage {
  const { schematic } = parsed;
  return {
    ...parsed,
    extensions: schematic === null ? [] : schematicExtensions(world, schematic),
    // Installer images carry a schematic's extensions; its kernel arguments matter to boot media and UKIs.
    kernelArgs: schematic === null ? [] : schematicKernelArgs(world, schematic),
  };
}

const ASSET =
  /\/image\/(?<schematic>[0-9a-f]{64})\/(?<version>v\d+\.\d+\.\d+[\w.-]*)\/(?<platform>[a-z0-9]+)-amd64(?<secure>-secureboot)?\.(?<ending>iso|qcow2|raw|raw\.xz|raw\.zst)$/;

/** What the factory gives at an address; null = nothing: an unknown schematic or version, or no such path. */
export function factoryAsset(world: World, path: string): TalosImage | null {
  const found = ASSET.exec(path)?.groups;
  const schematic = found?.schematic ?? '';
  const talosVersion = found?.version ?? '';
  if (!TALOS_VERSIONS.includes(talosVersion) || !isKnownSchematic(world, schematic)) return null;
  return imageOf(world, {
    schematic,
    talosVersion,
    platform: found?.platform ?? 'metal',
    isSecureBoot: found?.secure !== undefined,
  });
}

const ISO =
  /talos-(?<version>v\d+\.\d+\.\d+)-(?<schematic>[0-9a-f]{8,64})-(?<platform>[a-z0-9]+)-amd64(?<secure>-secureboot)?\.iso$/;
/** A file this small is an error page, not an ISO (a failed download). */
const SMALLEST_ISO_BYTES = 50 * 1024 ** 2;

/** The image in a CD drive; null = no medium, or nothing that boots. */
export function mediumIn(world: World, vm: LabVm, slot: string): TalosImage | null {
  const [volid = ''] = String(vm.config[slot] ?? 'none').split(',');
  const file = world.storages.flatMap(({ files }) => files).find((each) => each.volid === volid);
  if (file === undefined || file.sizeBytes < SMALLEST_ISO_BYTES) return null;
  if (file.image !== undefined) return file.image;
  const parsed = ISO.exec(volid)?.groups;
  const talosVersion = parsed?.version ?? world.facts.talosVersion;
  const prefix = parsed?.schematic ?? DEFAULT_SCHEMATIC;
  const schematic =
    [...world.schematics.keys()].find((id) => id.startsWith(prefix)) ?? DEFAULT_SCHEMATIC;
  return imageOf(world, {
    schematic,
    platform: parsed?.platform ?? 'metal',
    isSecureBoot: parsed?.secure !== undefined,
    talosVersion,
  });
}

/** Cloud platforms switch predictable names off (talos: platform/nocloud, KernelArgs). */
export const linkNameFor = (image: Pick<TalosImage, 'platform' | 'kernelArgs'>): string =>
  image.platform !== 'metal' || image.kernelArgs.includes('net.ifnames=0') ? 'eth0' : 'ens18';

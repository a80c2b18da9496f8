import type { NodeInspection } from '../../model/inspection.js';
import { knownValue } from '../../model/reading.js';
import type { TalosNode } from '../../model/talos.js';
import { unreachable } from '../../model/unreachable.js';
import { refuseLostHost } from '../lost-host.js';
import type { NodeTarget } from '../node-target.js';
import { refusal } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';
import { isPlain, parseReference } from './reference.js';

/** What a node's image and its configuration say of each other (operations A2, detection). */
export type ImageVerdict =
  /** The configured image has the schematic that runs. */
  | 'factory-ok'
  /** It has another one. */
  | 'drifted'
  /** Extensions run that the configured image does not have. */
  | 'stock-with-extensions'
  /** No factory made what runs. */
  | 'stock-none'
  /** The configured image has a schematic, and nothing of it runs. */
  | 'missing-extensions'
  /** The configured image is for another platform, or differs in Secure Boot. */
  | 'flavour-mismatch'
  /** The configuration names no image, or cannot be read. */
  | 'not-told';

/** What runs on a node. */
export interface Running {
  /** `v1.12.6` */
  readonly tag: string;
  readonly platform: string;
  readonly schematic: string | null;
  /** Names, without what every image carries. */
  readonly extensions: readonly string[];
  readonly isUki: boolean | null;
  readonly isSecureBoot: boolean | null;
  readonly installImage: string | null;
  readonly hasExtraKernelArgs: boolean | null;
}

/** Part of every image (talos: the list of extensions). */
const VIRTUAL: readonly string[] = ['schematic', 'modules.dep'];

const UNREAD: Pick<
  NodeInspection,
  'isUki' | 'isSecureBoot' | 'installImage' | 'hasExtraKernelArgs'
> = {
  isUki: null,
  isSecureBoot: null,
  installImage: null,
  hasExtraKernelArgs: null,
};

export const extensionNames = (node: TalosNode): readonly string[] =>
  (knownValue(node.image)?.extensions ?? [])
    .map(({ name }) => name)
    .filter((name) => !VIRTUAL.includes(name))
    .toSorted();

/** What is not inspected yet is null. */
export function runningOf({ snapshot, facts }: PlanContext, target: NodeTarget): Running | Refusal {
  const { address, name } = target;
  const node = snapshot.talosNodes.get(address);
  const version = node === undefined ? undefined : knownValue(node.version);
  const image = node === undefined ? undefined : knownValue(node.image);
  if (node === undefined || version === undefined || image === undefined) {
    return (
      refuseLostHost(snapshot, target) ??
      refusal(
        `What ${name} runs has not been read.`,
        'Wait until it answers, or leave it out: set node.',
        'G-MACH',
      )
    );
  }
  const reading = facts.inspection.nodes.get(address);
  const inspected = reading === undefined ? undefined : knownValue(reading);
  const { isUki, isSecureBoot, installImage, hasExtraKernelArgs } = inspected ?? UNREAD;
  return {
    tag: version.tag,
    platform: version.platform,
    schematic: image.schematic,
    extensions: extensionNames(node),
    isUki,
    isSecureBoot,
    installImage,
    hasExtraKernelArgs,
  };
}

export function verdictOf(running: Running): ImageVerdict {
  const { schematic, extensions, installImage } = running;
  const configured = installImage === null ? null : parseReference(installImage);
  if (schematic === null && extensions.length > 0) return 'stock-with-extensions';
  if (isPlain(schematic) && configured !== null && !isPlain(configured.schematic)) {
    return 'missing-extensions';
  }
  if (schematic === null) return 'stock-none';
  if (installImage === null) return 'not-told';
  if (configured === null || isPlain(configured.schematic)) {
    if (extensions.length > 0) return 'stock-with-extensions';
    return configured === null ? 'drifted' : flavourVerdict(running, configured);
  }
  return flavourVerdict(running, configured);
}

function flavourVerdict(
  { platform, isUki, isSecureBoot, schematic }: Running,
  configured: NonNullable<ReturnType<typeof parseReference>>,
): ImageVerdict {
  // GRUB keeps the platform that runs; a UKI brings its own (talos reference 5.6).
  const isOtherPlatform = isUki !== false && configured.platform !== platform;
  const isOtherBoot = isSecureBoot !== null && configured.isSecureBoot !== isSecureBoot;
  if (isOtherPlatform || isOtherBoot) return 'flavour-mismatch';
  return configured.schematic === schematic ? 'factory-ok' : 'drifted';
}

/** For the preview. */
export function verdictText(verdict: ImageVerdict): string {
  switch (verdict) {
    case 'factory-ok':
      return 'runs the image of its configuration';
    case 'drifted':
      return 'runs another schematic than its configuration names';
    case 'stock-with-extensions':
      return 'runs extensions that the image of its configuration would remove';
    case 'stock-none':
      return 'runs an image that no factory made';
    case 'missing-extensions':
      return 'lacks the extensions of the image that its configuration names';
    case 'flavour-mismatch':
      return 'is of another platform or Secure Boot state than the image of its configuration';
    case 'not-told':
      return 'does not tell the image of its configuration';
    default:
      return unreachable(verdict);
  }
}

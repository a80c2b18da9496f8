import type { Machine } from './machine.js';
import { machinesOf } from './machines.js';
import { knownValue, type Reading } from './reading.js';
import type { Snapshot } from './snapshot.js';
import type { TalosExtension, TalosImage } from './talos.js';

/** Schematic of `customization: {}`: a factory image without anything added (talos reference 5.6). */
export const EMPTY_SCHEMATIC = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';

/** What one node runs, against what most nodes run. */
export interface ImageState {
  readonly machine: Machine;
  readonly reading: Reading<TalosImage>;
  readonly version: string | null;
  readonly schematic: string | null;
  readonly extensions: readonly TalosExtension[];
  /** No extension and no schematic of its own: the plain installer was used. */
  readonly isStock: boolean;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly otherVersion: readonly string[];
  readonly level: 'ok' | 'warn' | 'unknown';
  /** `same as most`, `lacks iscsi-tools`, `stock image`, … */
  readonly text: string;
}

export interface ImageReport {
  /** The most frequent schematic; null when no node was read or the most frequent image has none. */
  readonly schematic: string | null;
  readonly extensions: readonly TalosExtension[];
  /** Every extension name seen, sorted: the columns of a matrix. */
  readonly names: readonly string[];
  readonly nodes: readonly ImageState[];
}

const derived = new WeakMap<Snapshot, ImageReport>();

/** Compares nodes with each other: what is right is not known, that one differs is. */
export function imageReport(snapshot: Snapshot): ImageReport {
  const known = derived.get(snapshot);
  if (known !== undefined) return known;
  const machines = machinesOf(snapshot).filter(({ talos }) => talos !== null);
  const images = machines.flatMap(({ talos }) => (talos && knownValue(talos.image)) ?? []);
  const typical = mostFrequent(images);
  const report: ImageReport = {
    schematic: typical?.schematic ?? null,
    extensions: typical?.extensions ?? [],
    names: [
      ...new Set(images.flatMap(({ extensions }) => extensions.map(({ name }) => name))),
    ].sort(),
    nodes: machines.flatMap((machine) => stateOf(machine, typical) ?? []),
  };
  derived.set(snapshot, report);
  return report;
}

/** Whether nodes run different images, without saying which: asked for every snapshot. */
export function hasImageDrift({ talosNodes }: Snapshot): boolean {
  let first: string | undefined;
  for (const { image } of talosNodes.values()) {
    const value = knownValue(image);
    if (value === undefined) continue;
    const key = imageKey(value);
    first ??= key;
    if (key !== first) return true;
  }
  return false;
}

function stateOf(machine: Machine, typical: TalosImage | undefined): ImageState | null {
  const { talos } = machine;
  if (talos === null) return null;
  const image = knownValue(talos.image);
  const own = image?.extensions ?? [];
  const usual = typical?.extensions ?? [];
  const difference = {
    missing: namesWithout(usual, own),
    extra: namesWithout(own, usual),
    otherVersion: own
      .filter(({ name, version }) =>
        usual.some((each) => each.name === name && each.version !== version),
      )
      .map(({ name }) => name),
  };
  const isStock =
    image !== undefined &&
    own.length === 0 &&
    (image.schematic === null || image.schematic === EMPTY_SCHEMATIC);
  return {
    machine,
    reading: talos.image,
    version: knownValue(talos.version)?.tag ?? null,
    schematic: image?.schematic ?? null,
    extensions: own,
    isStock,
    ...difference,
    ...judge(talos.image, typical, { ...difference, isStock }),
  };
}

function judge(
  reading: Reading<TalosImage>,
  typical: TalosImage | undefined,
  difference: Pick<ImageState, 'missing' | 'extra' | 'otherVersion' | 'isStock'>,
): Pick<ImageState, 'level' | 'text'> {
  if (reading.state === 'waiting') return { level: 'unknown', text: 'waiting' };
  if (reading.state === 'failed') return { level: 'unknown', text: 'unknown' };
  const { missing, extra, otherVersion, isStock } = difference;
  const texts = [
    ...(missing.length > 0 ? [`lacks ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`has ${extra.join(', ')} besides`] : []),
    ...(otherVersion.length > 0 ? [`other version of ${otherVersion.join(', ')}`] : []),
    ...schematicDifference(reading.value, typical),
  ];
  if (isStock && missing.length > 0) texts.unshift('stock image');
  const level = reading.state === 'stale' ? 'unknown' : texts.length > 0 ? 'warn' : 'ok';
  const text = texts.join('; ') || (isStock ? 'stock image' : 'same as most');
  return { level, text: reading.state === 'stale' ? `stale: ${text}` : text };
}

/** Same extensions, other schematic: kernel arguments, META or overlays differ. */
const schematicDifference = (
  image: TalosImage,
  typical: TalosImage | undefined,
): readonly string[] =>
  typical !== undefined && image.schematic !== typical.schematic ? ['other schematic'] : [];

const namesWithout = (
  list: readonly TalosExtension[],
  without: readonly TalosExtension[],
): readonly string[] =>
  list.filter(({ name }) => !without.some((each) => each.name === name)).map(({ name }) => name);

/** On a tie the image with more extensions: lacking one is the usual accident. */
function mostFrequent(images: readonly TalosImage[]): TalosImage | undefined {
  const groups = new Map<string, { readonly image: TalosImage; count: number }>();
  for (const image of images) {
    const key = imageKey(image);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { image, count: 1 });
    else group.count += 1;
  }
  return [...groups]
    .toSorted(
      ([keyA, a], [keyB, b]) =>
        b.count - a.count ||
        b.image.extensions.length - a.image.extensions.length ||
        (keyA < keyB ? -1 : 1),
    )
    .at(0)?.[1].image;
}

const keys = new WeakMap<TalosImage, string>();

function imageKey(image: TalosImage): string {
  const known = keys.get(image);
  if (known !== undefined) return known;
  const extensions = image.extensions.map(({ name, version }) => `${name}@${version}`).sort();
  const key = JSON.stringify([image.schematic, extensions]);
  keys.set(image, key);
  return key;
}

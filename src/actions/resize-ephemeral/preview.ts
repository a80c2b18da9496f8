import { formatBytes, formatPercent } from '../../model/format.js';
import { type StorageInspection, storageKey } from '../../model/inspection.js';
import { freshValue } from '../../model/reading.js';
import type { PlanContext } from '../types.js';
import { storageGrowths } from './gates.js';
import { isIso } from './layout.js';
import { GIB } from './size.js';
import type { GrowingTarget, ResizeWork } from './target.js';

/** Per node what becomes of disk and volume, then how full each storage is and can become. */
export const resizeLines = (context: PlanContext, work: ResizeWork): readonly string[] => [
  ...work.targets.map((target) => growthLine(target, work.sizeGib)),
  ...work.targets.flatMap((target) => [
    ...limitLine(context, target),
    ...mediumLines(context, target),
  ]),
  ...storageGrowths(work).map(({ pveNode, storage, deltaBytes }) => {
    const reading = context.facts.inspection.storages.get(storageKey(pveNode, storage));
    const seen = reading === undefined ? undefined : freshValue(reading);
    const text = seen === undefined ? 'how full it is, is not known' : fillText(seen, deltaBytes);
    return `${storage} on ${pveNode}: ${text}`;
  }),
];

const growthLine = (
  { name, slot, diskBytes, ephemeralBytes, growthBytes, storage }: GrowingTarget,
  sizeGib: number,
): string =>
  `${name}: ${slot} ${formatBytes(diskBytes)} → ${formatBytes(sizeGib * GIB)} on ${storage}, EPHEMERAL ${formatBytes(ephemeralBytes)} → about ${formatBytes(ephemeralBytes + growthBytes)}`;

/** talos@1.12 to 1.14, volumes/grow.go: a relative limit is asked for when a volume is made, not when it grows. */
function limitLine({ facts }: PlanContext, { name, address }: GrowingTarget): readonly string[] {
  const reading = facts.inspection.nodes.get(address);
  const node = reading === undefined ? undefined : freshValue(reading);
  const limit = node?.ephemeralConfig?.relativeMaxSize;
  return limit?.endsWith('%') === true
    ? [
        `${name}: its limit of ${limit} counts only when EPHEMERAL is made: it grows into all that is added`,
      ]
    : [];
}

/** What starts first is for a gate; a forgotten image is only told (operations A5, R5). */
function mediumLines({ facts }: PlanContext, { name, vm }: GrowingTarget): readonly string[] {
  const reading = vm === null ? undefined : facts.inspection.vms.get(vm.id);
  const guest = reading === undefined ? undefined : freshValue(reading);
  return (guest?.drives ?? [])
    .filter(isIso)
    .map(
      ({ slot, volume }) => `${name}: ${volume} is still in ${slot}: fix-boot-order takes it out`,
    );
}

/** From here on a thin pool is worth a word before it is worth a refusal (operations A5, R3). */
const NOTABLE_DATA_RATIO = 0.8;
const NOTABLE_METADATA_RATIO = 0.75;

function fillText(
  { thin, availableBytes, virtualBytes }: StorageInspection,
  deltaBytes: number,
): string {
  if (thin === null) {
    return `${formatBytes(availableBytes)} free now, ${formatBytes(Math.max(0, availableBytes - deltaBytes))} when all that is added is full`;
  }
  const { dataBytes, dataUsedBytes, metadataBytes, metadataUsedBytes } = thin;
  const percent = (bytes: number): string => formatPercent(bytes / dataBytes);
  const metadataRatio = metadataUsedBytes / metadataBytes;
  return [
    `${percent(dataUsedBytes)} of the thin pool used now, ${percent(dataUsedBytes + deltaBytes)} when all that is added is full`,
    ...(virtualBytes === null
      ? []
      : [`${percent(virtualBytes + deltaBytes)} promised to all guests together`]),
    ...(dataUsedBytes / dataBytes > NOTABLE_DATA_RATIO ? ['it fills up'] : []),
    ...(metadataRatio > NOTABLE_METADATA_RATIO
      ? [`its metadata is ${formatPercent(metadataRatio)} full`]
      : []),
  ].join('; ');
}

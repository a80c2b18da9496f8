import { rule } from '../../components/layout.js';
import { LEVEL_TONE, levelText } from '../../components/levels.js';
import { type Line, line, span } from '../../components/text.js';
import { fitTo, textWidth } from '../../components/width.js';
import { formatBytes } from '../../model/format.js';
import type { Level, Machine } from '../../model/machine.js';
import { knownValue, type Reading } from '../../model/reading.js';
import type { TalosService } from '../../model/talos.js';
import { addressesText } from './addresses-text.js';
import { linkLevel } from './level-of.js';
import { readingLines } from './reading-lines.js';

/** A block that says itself when it cannot be read. */
function block<T>(
  title: string,
  reading: Reading<T>,
  { width, nowMs }: { readonly width: number; readonly nowMs: number },
  build: (value: T) => readonly Line[],
): readonly Line[] {
  const value = knownValue(reading);
  return [
    rule(title, width),
    ...readingLines(reading, title.toLowerCase(), nowMs, width),
    ...(value === undefined ? [] : build(value)),
  ];
}

const isFresh = ({ state }: Reading<unknown>): boolean => state === 'fresh';

const serviceLevel = ({ state, health }: TalosService): Level => {
  if (health === 'unhealthy' || state === 'Failed') return 'fail';
  if (state === 'Finished') return 'none';
  if (state !== 'Running') return 'wait';
  return health === 'healthy' ? 'ok' : 'none';
};

export function serviceLines({ talos }: Machine, width: number, nowMs: number): readonly Line[] {
  if (talos === null) return [];
  return block('Services', talos.services, { width, nowMs }, (services) =>
    services.map((service) => {
      const level = isFresh(talos.services) ? serviceLevel(service) : 'unknown';
      const state =
        service.health === 'unknown' ? service.state : `${service.state}, ${service.health}`;
      return [
        span(` ${fitTo(levelText(level, service.id), 24)}`, LEVEL_TONE[level]),
        span(` ${fitTo(state, 20)}`, 'muted'),
        span(level === 'ok' || level === 'none' ? '' : ` ${service.lastMessage}`),
      ];
    }),
  );
}

export function linkLines({ talos }: Machine, width: number, nowMs: number): readonly Line[] {
  if (talos === null) return [];
  const addresses = knownValue(talos.addresses) ?? [];
  return block('Network', talos.links, { width, nowMs }, (links) =>
    links
      .filter(
        ({ name, isPhysical }) => isPhysical || addresses.some(({ linkName }) => linkName === name),
      )
      .filter(({ name }) => name !== 'lo')
      .map(({ name, operationalState, hardwareAddress }) => {
        const level = isFresh(talos.links) ? linkLevel(operationalState) : 'unknown';
        const own = addresses.filter(({ linkName }) => linkName === name);
        return [
          span(` ${fitTo(levelText(level, name), 12)}`, LEVEL_TONE[level]),
          span(` ${fitTo(operationalState, 7)}`, 'muted'),
          span(` ${addressesText(own) || 'no address'}`),
          span(`  ${hardwareAddress ?? ''}`, 'muted'),
        ];
      }),
  );
}

export function diskLines({ vm }: Machine, width: number): readonly Line[] {
  const config = vm === null ? undefined : knownValue(vm.config);
  if (config === undefined || config.disks.length === 0) return [];
  const bootOrder = config.bootOrder.join(', ') || 'not set';
  return [
    rule('Disks of the guest', width),
    ...config.disks.map(
      ({ slot, volume, sizeBytes, isCdrom }): Line => [
        span(` ${fitTo(slot, 9)}`),
        span(` ${fitTo(volume, Math.min(40, Math.max(20, textWidth(volume))))}`, 'muted'),
        span(` ${isCdrom ? 'CD-ROM' : sizeBytes === null ? '' : formatBytes(sizeBytes)}`),
      ],
    ),
    line(` boot order ${bootOrder}`, 'muted'),
  ];
}

export function extensionLines({ talos }: Machine, width: number, nowMs: number): readonly Line[] {
  if (talos === null) return [];
  return block('Image', talos.image, { width, nowMs }, ({ schematic, extensions }) => [
    [span(' schematic ', 'muted'), span(schematic ?? 'not made by a factory')],
    ...extensions.map(
      ({ name, version }): Line => [span(` ${fitTo(name, 24)}`), span(` ${version}`, 'muted')],
    ),
  ]);
}

import { formatBytes } from '../../model/format.js';
import type { NodeTarget } from '../node-target.js';
import type { Gate, PlanContext } from '../types.js';
import { judge, NO_OBJECTIONS, red, unknown, whenFresh } from './judge.js';

/** What an installer image and its layers take at most while they are unpacked (operations A2). */
const NEEDED_BYTES = 2 * 1024 ** 3;

/** G-EPHEMERAL: the node can take the new image in without its pods being evicted. */
export function ephemeralGate(
  { facts }: PlanContext,
  { address, name }: Pick<NodeTarget, 'address' | 'name'>,
): Gate {
  const reading = facts.inspection.nodes.get(address);
  const room = reading?.state === 'fresh' ? reading.value.ephemeralRoom : null;
  return judge(
    {
      id: 'G-EPHEMERAL',
      title: 'EPHEMERAL has room for the image',
      remedy: `Grow it with resize-ephemeral, or remove pods and images that ${name} does not need.`,
      override: 'type',
    },
    whenFresh(`the room on EPHEMERAL of ${name}`, reading, ({ ephemeralRoom }) =>
      ephemeralRoom === null
        ? unknown(`${name} does not tell how much of EPHEMERAL is free`)
        : ephemeralRoom.freeBytes < NEEDED_BYTES
          ? red(`${name}: ${roomText(ephemeralRoom)}`)
          : NO_OBJECTIONS,
    ),
    room === null ? '' : roomText(room),
  );
}

const roomText = ({ freeBytes, sizeBytes }: { freeBytes: number; sizeBytes: number }): string =>
  `${formatBytes(freeBytes)} of ${formatBytes(sizeBytes)} free, ${formatBytes(NEEDED_BYTES)} needed`;

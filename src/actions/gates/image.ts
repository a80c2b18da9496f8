import type { Gate, PlanContext } from '../types.js';
import { judge, NO_OBJECTIONS, red, whenFresh } from './judge.js';

/** G-IMAGE: the registry has the image that the node is to pull. */
export function imageGate({ facts }: PlanContext, reference: string): Gate {
  return judge(
    {
      id: 'G-IMAGE',
      title: 'The installer image is there',
      remedy: 'Check version and schematic, and the way to the registry.',
      override: 'no',
    },
    whenFresh(`whether ${reference} exists`, facts.inspection.images.get(reference), (exists) =>
      exists ? NO_OBJECTIONS : red(`${reference} does not exist`),
    ),
    'it exists',
  );
}

import type { Journal } from './journal.js';
import type { GateConsent, JournalLine, RunRequest } from './types.js';

/** Ids of the gates that the operator overrides: with the plan, or later while the run is on its way. */
export type Overrides = () => readonly string[];

export interface OverridesWiring {
  readonly request: Pick<RunRequest, 'overrides' | 'operator'>;
  /** Lines of earlier processes of this run. */
  readonly earlier: readonly JournalLine[];
  readonly journal: Journal;
  /** Hands over what operators consented to since it was last asked. */
  readonly take: (accept: (consent: GateConsent) => void) => void;
}

/** Every consent is journalled with its operator before it opens anything. */
export function createOverrides({ request, earlier, journal, take }: OverridesWiring): Overrides {
  const before = earlier.flatMap((line) => (line.type === 'override' ? line.gates : []));
  const overridden = new Set(before);
  const accept = ({ gates, operator }: GateConsent): void => {
    const fresh = gates.filter((id) => !overridden.has(id));
    if (fresh.length === 0) return;
    journal.append({ type: 'override', gates: fresh, operator });
    for (const id of fresh) overridden.add(id);
  };
  accept({ gates: request.overrides, operator: request.operator });
  return () => {
    take(accept);
    return [...overridden];
  };
}

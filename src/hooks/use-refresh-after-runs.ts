import { useEffect, useRef } from 'react';
import { activeRuns } from './derived.js';
import { useSnapshot } from './use-store.js';
import { useWiring } from './wiring.js';

/** A run that has ended changed something: a new snapshot in the catalogue must not wait for its next poll. */
export function useRefreshAfterRuns(): void {
  const { refresh } = useWiring();
  const active = useSnapshot((snapshot) => activeRuns(snapshot).map(({ id }) => id));
  const before = useRef(active);

  // Keeps what is shown in step with runs that end, whoever started them.
  useEffect(() => {
    const hasEnded = before.current.some((id) => !active.includes(id));
    before.current = active;
    if (hasEnded) refresh();
  }, [active, refresh]);
}

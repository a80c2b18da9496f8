import type { Subject } from '../../hooks/modal.js';
import { useWiring } from '../../hooks/wiring.js';
import { machineByKey } from '../../model/machines.js';
import { machineSubject } from './machine.js';

/** The machine of a row as it is known when a key is pressed: rows themselves carry only what they show. */
export function useMachineSubject(): (machineKey: string) => Subject | null {
  const { snapshots } = useWiring();
  return (machineKey) => {
    const machine = machineByKey(snapshots.get(), machineKey);
    return machine === undefined ? null : machineSubject(machine);
  };
}

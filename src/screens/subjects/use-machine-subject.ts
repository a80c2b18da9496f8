import type { Subject } from '../../hooks/modal.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import { machineByKey, machinesOf } from '../../model/machines.js';
import { machineSubject, machinesSubject } from './machine.js';

/** The machine of a row as it is known when a key is pressed: rows themselves carry only what they show. */
export function useMachineSubject(): (machineKey: string) => Subject | null {
  const { snapshots } = useWiring();
  return (machineKey) => {
    const machine = machineByKey(snapshots.get(), machineKey);
    return machine === undefined ? null : machineSubject(machine);
  };
}

/** What the marked rows stand for together, in the order of the overview; null without marks. */
export function useMarkedMachines(marks: readonly string[]): Subject | null {
  const { snapshots } = useWiring();
  // Drawn again when a name changes, not with every figure of a machine.
  const keys = useSnapshot((snapshot) =>
    marks.length === 0
      ? ''
      : machinesOf(snapshot)
          .filter(({ key }) => marks.includes(key))
          .map(({ key, name, isProven }) => `${key} ${name} ${isProven}`)
          .join('\n'),
  );
  if (keys === '') return null;
  return machinesSubject(machinesOf(snapshots.get()).filter(({ key }) => marks.includes(key)));
}

import { keyText } from '../../hooks/key-text.js';
import { goTo, open } from '../../hooks/place.js';
import { type Ui, useUi } from '../../hooks/ui.js';
import { actionReason, offeredActions, useBegin } from '../../hooks/use-actions.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import { machinesOf } from '../../model/machines.js';
import { screens } from '../index.js';
import { useMarkedMachines } from '../subjects/use-machine-subject.js';
import type { ViewProps } from '../types.js';
import { Picker, type PickerEntry } from './picker.js';

const NOTHING = {};

/** Marks that the operator does not see at the moment are not meant. */
function visibleMarks(ui: Ui): readonly string[] {
  const { screen, details } = ui.place.get();
  return screen === 'overview' && details.length === 0 ? [...ui.list(screen).get().marks] : [];
}

/** Everything by name: screens, actions, nodes. */
export function Palette({ width, height }: ViewProps) {
  const ui = useUi();
  const wiring = useWiring();
  const begin = useBegin();
  const machines = useSnapshot(machinesOf);
  const answers = useMarkedMachines(visibleMarks(ui))?.answers ?? NOTHING;
  const entries: readonly PickerEntry[] = [
    ...screens.map(({ id, title, key }) => ({
      id: `screen:${id}`,
      label: title,
      detail: 'screen',
      key,
      reason: null,
      run: () => ui.place.update(() => goTo(id)),
    })),
    ...offeredActions(wiring).map((action) => ({
      id: `action:${action.id}`,
      label: action.title,
      detail: action.description,
      key: action.key === null ? '' : keyText(action.key),
      reason: actionReason(wiring, action, answers),
      run: () => begin(action, answers),
    })),
    {
      id: 'commands',
      label: 'Command log',
      detail: 'every command that was run',
      key: '@',
      reason: null,
      run: () => ui.place.update((place) => open(place, { kind: 'commands' })),
    },
    ...machines.map(({ key, name, role }) => ({
      id: `node:${key}`,
      label: name,
      detail: role,
      key: '',
      reason: null,
      run: () => ui.place.update((place) => open(place, { kind: 'node', machineKey: key })),
    })),
  ];
  return (
    <Picker
      title="Go to"
      entries={entries}
      emptyText="Nothing to go to"
      width={width}
      height={height}
    />
  );
}

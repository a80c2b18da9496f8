import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { CommandList, useCommandList } from './parts/command-list.js';
import { commandSubject } from './subjects/run.js';
import type { ViewProps } from './types.js';

/** The command log over the whole screen. */
export function CommandsView({ width, height }: ViewProps) {
  const view = useCommandList(height, true);
  useSubjectKeys(view.selected && commandSubject(view.selected));
  return <CommandList view={view} width={width} height={height} isFocused />;
}

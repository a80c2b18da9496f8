import { quoteArgv } from '../model/shell-words.js';
import { unreachable } from '../model/unreachable.js';
import type { PlannedStep } from './types.js';

/** As it would be typed; an API call by method and path. */
export function commandText(command: PlannedStep['command']): string {
  switch (command.kind) {
    case 'argv':
      return quoteArgv(command.argv);
    case 'api':
      return `${command.method} ${command.path}`;
    case 'local':
      return command.text;
    default:
      return unreachable(command);
  }
}

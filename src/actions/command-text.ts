import { unreachable } from '../model/unreachable.js';
import type { PlannedStep } from './types.js';

/** A word as a POSIX shell takes it. */
export const quoteForShell = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** As it would be typed; an API call by method and path. */
export function commandText(command: PlannedStep['command']): string {
  switch (command.kind) {
    case 'argv':
      return command.argv.map(quoteForShell).join(' ');
    case 'api':
      return `${command.method} ${command.path}`;
    case 'local':
      return command.text;
    default:
      return unreachable(command);
  }
}

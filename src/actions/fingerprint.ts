import { createHash } from 'node:crypto';
import { unreachable } from '../model/unreachable.js';
import type { Plan } from './types.js';

/**
 * What the operator agreed to, as one value: SHA-256 over the action, its answers, the level and every step's
 * id, title, target and command. Gates, durations and preview lines change with time and are left out.
 */
export function fingerprint(plan: Plan): string {
  const shown = {
    action: plan.action,
    answers: Object.entries(plan.answers).sort(([a], [b]) => (a < b ? -1 : 1)),
    level: plan.level,
    summary: plan.summary,
    confirmName: plan.confirmName,
    steps: plan.steps.map(({ id, title, target, command, isDisruptive }) => ({
      id,
      title,
      target,
      command: commandText(command),
      isDisruptive,
    })),
  };
  return createHash('sha256').update(JSON.stringify(shown)).digest('hex');
}

/** Independent of the order of properties in the object. */
function commandText(command: Plan['steps'][number]['command']): readonly string[] {
  switch (command.kind) {
    case 'argv':
      return ['argv', ...command.argv];
    case 'api':
      return ['api', command.method, command.path];
    case 'local':
      return ['local', command.text];
    default:
      return unreachable(command);
  }
}

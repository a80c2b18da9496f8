import { applyChange } from '../../src/lab/control/changes.js';
import type { World } from '../../src/lab/world/types.js';

/** One line of `lab do`. */
export function labLine(world: World, line: string): string {
  const [id = '', ...args] = line.split(' ');
  return applyChange({ world, renewCredential: () => {} }, id, args);
}

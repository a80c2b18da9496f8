import type { Dialect } from '../cases.js';
import { askedWith, type Condition, type Trial } from './trial.js';

/** Each of these actions on this node is refused by that gate. */
export const gated = (
  dialect: Dialect,
  actions: readonly string[],
  {
    node,
    ...rest
  }: Omit<Trial, 'args' | 'exit'> & { readonly node: string; readonly gate: string },
): readonly Trial[] =>
  actions.map((action) => ({
    ...rest,
    args: askedWith(dialect, action, `node=${node}`),
    exit: 3,
  }));

export const change = (...lines: readonly string[]): Pick<Condition, 'bring'> => ({
  async bring(scene) {
    for (const line of lines) await scene.change(line);
  },
});

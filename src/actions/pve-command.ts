import type { PlannedStep, PveOrder } from './types.js';

/** An order as a plan shows it: with its parameters, because they are what is agreed to. */
export const orderCommand = ({
  method,
  path,
  parameters,
}: PveOrder): Extract<PlannedStep['command'], { readonly kind: 'api' }> => ({
  kind: 'api',
  method,
  path: [path, ...Object.entries(parameters).map(([name, value]) => `${name}=${value}`)].join(' '),
});

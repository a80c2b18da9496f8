import type { Refusal } from './types.js';

/** The state of the world stands against it. */
export const refusal = (reason: string, hint: string, gate: string | null = null): Refusal => ({
  kind: 'refusal',
  reason,
  hint,
  gate,
});

/** The request itself is wrong. */
export const usageError = (reason: string, hint: string): Refusal => ({
  ...refusal(reason, hint),
  isUsage: true,
});

import type { z } from 'zod';
import { usageError } from './refusal.js';
import type { Answers, Refusal } from './types.js';

/**
 * The answer in which a plan keeps what it found out (targets, order, boot ids, images): planning again builds
 * from it alone, so that the plan is the same before, during and after its run, and while a node is down. Never
 * among an action's `answerNames`: an operator cannot set it.
 */
export const PINNED = 'pinned';

/** @throws when the value does not fit its own schema: that is a bug. */
export function pin<T>(schema: z.ZodType<T>, value: T): string {
  const text = JSON.stringify(value);
  schema.parse(JSON.parse(text));
  return text;
}

/** Null when nothing is pinned yet. */
export function unpin<T>(schema: z.ZodType<T>, answers: Answers): T | null | Refusal {
  const text = answers[PINNED];
  if (text === undefined) return null;
  const parsed = schema.safeParse(jsonOf(text));
  return parsed.success
    ? parsed.data
    : usageError(
        'What the plan has pinned cannot be understood.',
        'Plan it again; the value is made by the program and never set by hand.',
      );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

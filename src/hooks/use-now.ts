import { useEffect, useReducer } from 'react';
import { useWiring } from './wiring.js';

const MIN_DELAY_MS = 50;

/**
 * The time in whole steps. The caller renders again when the step ends, and at no other time: a clock that shows
 * minutes costs one render a minute, and nothing is written while its text stays the same.
 */
export function useNowMs(stepMs: number): number {
  const { nowMs } = useWiring();
  const [, passStep] = useReducer((count: number) => count + 1, 0);
  const now = Math.floor(nowMs() / stepMs) * stepMs;

  // Keeps one timer to the end of the current step, armed anew by every render.
  useEffect(() => {
    const delayMs = Math.min(stepMs, Math.max(MIN_DELAY_MS, now + stepMs - nowMs()));
    const timer = setTimeout(passStep, delayMs);
    return () => clearTimeout(timer);
  });

  return now;
}

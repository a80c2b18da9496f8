import type { PlannedStep } from './types.js';

/** What people are told of a step: what only opens the work on a node takes nothing away yet. */
export const isToldDisruptive = ({
  isDisruptive,
  isOpening = false,
}: Pick<PlannedStep, 'isDisruptive' | 'isOpening'>): boolean => isDisruptive && !isOpening;

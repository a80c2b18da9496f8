import { type Line, span, type Tone } from './text.js';

export interface BarLimits {
  readonly warnRatio: number;
  readonly failRatio: number;
}

export const FILL_LIMITS: BarLimits = { warnRatio: 0.8, failRatio: 0.9 };

export function toneOfRatio(ratio: number, { warnRatio, failRatio }: BarLimits): Tone {
  if (ratio >= failRatio) return 'fail';
  return ratio >= warnRatio ? 'warn' : 'accent';
}

/** `██████░░░░`: never empty while something is used, never full while something is left. */
export function bar(ratio: number, width: number, tone: Tone): Line {
  const inside = Math.min(Math.max(ratio, 0), 1);
  const rounded = Math.round(inside * width);
  const filled =
    inside > 0 && inside < 1 ? Math.min(Math.max(rounded, 1), Math.max(width - 1, 0)) : rounded;
  return [span('█'.repeat(filled), tone), span('░'.repeat(width - filled), 'faint')];
}

const LEVELS = '▁▂▃▄▅▆▇█';

export interface Scale {
  readonly min: number;
  readonly max: number;
}

/** For ratios: the height means the same in every row. */
export const RATIO_SCALE: Scale = { min: 0, max: 1 };

/** From the values themselves, with some air, so that a flat line is drawn flat and low noise stays low. */
export function scaleOf(values: readonly number[]): Scale {
  if (values.length === 0) return RATIO_SCALE;
  const min = Math.min(...values);
  const max = Math.max(...values);
  const air = Math.max((max - min) * 0.25, max * 0.02, Number.MIN_VALUE);
  return { min: Math.max(0, min - air), max: max + air };
}

/** The newest `width` values as eight heights, newest at the right; padded at the left. */
export function sparkline(values: readonly number[], width: number, scale: Scale): string {
  const shown = values.slice(-width);
  const extent = scale.max - scale.min;
  const heights = shown.map((value) => {
    const ratio = extent <= 0 ? 0 : (value - scale.min) / extent;
    const level = Math.floor(ratio * LEVELS.length);
    return LEVELS[Math.min(Math.max(level, 0), LEVELS.length - 1)] ?? '';
  });
  return heights.join('').padStart(width);
}

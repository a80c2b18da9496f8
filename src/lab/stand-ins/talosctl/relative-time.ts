const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const YEAR = 12 * MONTH;

/** dustin/go-humanize `Time`: below → divisor and unit; a divisor of 0 means that the text is fixed. */
const STEPS: readonly (readonly [number, number, string])[] = [
  [1, 0, 'now'],
  [2, 0, '1 second'],
  [MINUTE, 1, 'seconds'],
  [2 * MINUTE, 0, '1 minute'],
  [HOUR, MINUTE, 'minutes'],
  [2 * HOUR, 0, '1 hour'],
  [DAY, HOUR, 'hours'],
  [2 * DAY, 0, '1 day'],
  [WEEK, DAY, 'days'],
  [2 * WEEK, 0, '1 week'],
  [MONTH, WEEK, 'weeks'],
  [2 * MONTH, 0, '1 month'],
  [YEAR, MONTH, 'months'],
  [18 * MONTH, 0, '1 year'],
  [2 * YEAR, 0, '2 years'],
  [Number.POSITIVE_INFINITY, YEAR, 'years'],
];

/** `11 months from now`, `2 days ago`. */
export function relativeTime(seconds: number): string {
  const distance = Math.floor(Math.abs(seconds));
  const [, divisor = 0, unit = 'now'] = STEPS.find(([below]) => distance < below) ?? [];
  if (unit === 'now') return unit;
  const amount = divisor === 0 ? unit : `${Math.floor(distance / divisor)} ${unit}`;
  return `${amount} ${seconds < 0 ? 'ago' : 'from now'}`;
}

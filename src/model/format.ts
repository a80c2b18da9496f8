const KIB = 1024;
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `1.5 GiB`, `512 MiB`, `0 B`: binary units throughout, a Proxmox disk of "20G" holds 20 GiB. */
export function formatBytes(sizeBytes: number): string {
  let value = Math.max(0, sizeBytes);
  let unit = 0;
  // 1023.95 would be printed as "1024.0": the next unit starts where rounding would reach it.
  while (value >= KIB - 0.05 && unit < BINARY_UNITS.length - 1) {
    value /= KIB;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${trimZero(value.toFixed(digits))} ${BINARY_UNITS[unit]}`;
}

/** `3.2 MiB/s` */
export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** `42%`; never rounds up to 100 or down to 0, both of which would hide what is left. */
export function formatPercent(ratio: number): string {
  if (ratio > 0.99 && ratio < 1) return '99%';
  if (ratio > 0 && ratio < 0.01) return '<1%';
  return `${Math.round(ratio * 100)}%`;
}

/** How old something is, at most 4 columns below 100 days: `now`, `12s`, `3m`, `5h`, `2d`. */
export function formatAge(ageMs: number): string {
  if (ageMs < SECOND_MS) return 'now';
  if (ageMs < MINUTE_MS) return `${Math.floor(ageMs / SECOND_MS)}s`;
  if (ageMs < HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)}m`;
  if (ageMs < DAY_MS) return `${Math.floor(ageMs / HOUR_MS)}h`;
  return `${Math.floor(ageMs / DAY_MS)}d`;
}

/** How long something took or will take: `850 ms`, `4.2 s`, `2 min 5 s`, `1 h 3 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${trimZero((Math.floor(ms / 100) / 10).toFixed(1))} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return pair(ms, [MINUTE_MS, 'min'], [SECOND_MS, 's']);
  if (ms < DAY_MS) return pair(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min']);
  return pair(ms, [DAY_MS, 'd'], [HOUR_MS, 'h']);
}

/** How long something may take: seconds of what takes minutes would be made up. */
export const formatEstimate = (durationMs: number): string =>
  formatDuration(
    durationMs < 2 * MINUTE_MS ? durationMs : Math.round(durationMs / MINUTE_MS) * MINUTE_MS,
  );

/** `14:05` in the operator's time zone. */
export function formatClock(atMs: number, zone: 'local' | 'utc' = 'local'): string {
  const at = new Date(atMs);
  return zone === 'utc'
    ? `${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())}`
    : `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`;
}

/** `14:05:09` in the operator's time zone. */
export const formatSeconds = (atMs: number): string =>
  `${formatClock(atMs)}:${twoDigits(new Date(atMs).getSeconds())}`;

/** `2026-11-20 14:05` in the operator's time zone. */
export function formatDateTime(atMs: number, zone: 'local' | 'utc' = 'local'): string {
  const at = new Date(atMs);
  const date =
    zone === 'utc'
      ? [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()]
      : [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return `${date.map(twoDigits).join('-')} ${formatClock(atMs, zone)}`;
}

/** `1 node`, `3 nodes` */
export const formatCount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : plural}`;

/** The word that follows a count: `1 pod leaves`, `2 pods leave`. */
export const inNumber = (count: number, one: string, many: string): string =>
  count === 1 ? one : many;

/** `a`, `a and b`, `a, b and 3 more`: never longer than `shown` names. */
export function formatList(items: readonly string[], shown = 3): string {
  if (items.length <= 1) return items[0] ?? '';
  if (items.length <= shown) return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
  return `${items.slice(0, shown).join(', ')} and ${items.length - shown} more`;
}

type Unit = readonly [sizeMs: number, name: string];

function pair(ms: number, [bigMs, big]: Unit, [smallMs, small]: Unit): string {
  const bigCount = Math.floor(ms / bigMs);
  const smallCount = Math.floor((ms % bigMs) / smallMs);
  return smallCount === 0 ? `${bigCount} ${big}` : `${bigCount} ${big} ${smallCount} ${small}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

const trimZero = (text: string): string => (text.endsWith('.0') ? text.slice(0, -2) : text);

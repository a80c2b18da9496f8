const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const PART = /(\d+)(s|min|m|h|d)/g;

/** `4h`, `90m`, `1h30m`; null for anything else. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+(s|min|m|h|d))+$/.test(text)) return null;
  return [...text.matchAll(PART)].reduce(
    (sumMs, [, count, unit]) => sumMs + Number(count) * (UNITS_MS[unit ?? ''] ?? 0),
    0,
  );
}

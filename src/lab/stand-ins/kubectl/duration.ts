import { usageFailure } from './failure.js';

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A flag that Go reads with time.ParseDuration. @throws Failure */
export function durationMs(text: string, flag: string, command: string): number {
  if (/^[+-]?0$/.test(text)) return 0;
  const [, sign = '', parts = ''] =
    /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.exec(text) ?? [];
  if (parts === '') {
    const problem = /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text)
      ? `missing unit in duration ${JSON.stringify(text)}`
      : `invalid duration ${JSON.stringify(text)}`;
    throw usageFailure(
      `invalid argument ${JSON.stringify(text)} for "--${flag}" flag: time: ${problem}`,
      command,
    );
  }
  const ms = [...parts.matchAll(/([\d.]+)([a-zµ]+)/g)].reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (UNITS_MS[unit] ?? 0),
    0,
  );
  return sign === '-' ? -ms : ms;
}

/** As Go prints a time.Duration: `5m0s`, `1h0m0s`, `1.5s`, `200ms`. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

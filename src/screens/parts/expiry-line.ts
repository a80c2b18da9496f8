import { field } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import { formatDateTime } from '../../model/format.js';
import type { Level } from '../../model/machine.js';

const DAY_MS = 24 * 3_600_000;
const FAIL_DAYS = 7;
const WARN_DAYS = 30;

/** How long a client certificate lasts: operations reference, gate G-CFG. */
export function expiryLine(label: string, endsAtMs: number | null, nowMs: number): Line {
  const value: Line =
    endsAtMs === null
      ? [levelSpan('unknown', 'not known')]
      : [levelSpan(...standing(endsAtMs - nowMs)), span(` · ${formatDateTime(endsAtMs)}`, 'muted')];
  return [span(' '), ...field(label, value, 18)];
}

function standing(leftMs: number): [Level, string] {
  const days = Math.floor(leftMs / DAY_MS);
  if (leftMs <= 0) return ['fail', 'expired'];
  const text = days < 1 ? 'ends today' : `ends in ${days} ${days === 1 ? 'day' : 'days'}`;
  return [days < FAIL_DAYS ? 'fail' : days < WARN_DAYS ? 'warn' : 'ok', text];
}

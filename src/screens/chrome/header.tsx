import { cutLine, spread } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { Row } from '../../components/rows.js';
import { type Line, type Span, span } from '../../components/text.js';
import { type SourceHealth, sourceHealth } from '../../hooks/source-health.js';
import { useNowMs } from '../../hooks/use-now.js';
import { useSelected, useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import { formatClock } from '../../model/format.js';
import type { Verdict } from '../../model/machine.js';
import { knownValue } from '../../model/reading.js';
import type { ClusterIdentity } from '../../model/snapshot.js';
import { verdictOf } from '../../model/verdict.js';

/** From here the host has room beside the verdict. */
export const HEADER_HOST_WIDTH = 100;
/** Ages below this many seconds are shown in steps of ten: nothing is written while all is well. */
const AGE_STEP_MS = 10_000;

/** Which cluster, from where, how it is, and how far that can be trusted. */
export function Header({ width }: { readonly width: number }) {
  const wiring = useWiring();
  const cluster = useSnapshot((snapshot) => snapshot.cluster);
  const hostname = useSnapshot((snapshot) => knownValue(snapshot.host)?.hostname ?? null);
  const verdict = useSnapshot(verdictOf);
  const health = useSnapshot(sourceHealth);
  const isAttached = useSelected(wiring.session, ({ state }) => state === 'attached');
  const nowMs = useNowMs(health.oldestReadAtMs === null ? 60_000 : AGE_STEP_MS);

  const clock = span(`  ${formatClock(nowMs)} `, 'muted');
  if (!isAttached) {
    return (
      <Row
        spans={spread([span(' talos-tui', 'strong')], [clock], width)}
        width={width}
        fill="bar"
      />
    );
  }
  const left: Line = [
    span(` ${cluster.name}`, 'strong'),
    ...(hostname === null || width < HEADER_HOST_WIDTH ? [] : [span(` on ${hostname}`, 'muted')]),
    span('  '),
    ...verdictSpans(verdict),
  ];
  const right: Line = [
    span('  '),
    ...marks(cluster, wiring.isReadOnly()),
    dataSpan(health, nowMs, width >= HEADER_HOST_WIDTH),
    clock,
  ];
  return <Row spans={spread(left, cutLine(right, width), width)} width={width} fill="bar" />;
}

const VERDICT_WORD = { ok: 'ok', warn: 'warning', fail: 'broken', unknown: 'unknown' } as const;

const verdictSpans = ({ level, text }: Verdict): Line => [
  levelSpan(level, VERDICT_WORD[level]),
  span(`  ${text}`),
];

function marks({ isProduction }: ClusterIdentity, isReadOnly: boolean): readonly Span[] {
  return [
    ...(isProduction ? [span(' PROD ', 'alert'), span(' ')] : []),
    ...(isReadOnly ? [span('read-only ', 'warn'), span(' ')] : []),
  ];
}

/** `live` while every source is fresh: a running age would say less and cost a frame a second. */
function dataSpan(health: SourceHealth, nowMs: number, isWide: boolean): Span {
  const { broken, total, waiting, oldestReadAtMs } = health;
  if (broken > 0) {
    const age = oldestReadAtMs === null ? '' : ` ${coarseAge(nowMs - oldestReadAtMs)} old`;
    const some = isWide ? `${broken} of ${total} sources down` : `${broken}/${total} down`;
    const what = broken === total ? 'no source answers' : some;
    return levelSpan(broken === total ? 'fail' : 'warn', `${what}${age}`);
  }
  if (waiting > 0) return levelSpan('wait', 'reading');
  return span('live', 'muted');
}

function coarseAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / AGE_STEP_MS) * (AGE_STEP_MS / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h`;
}

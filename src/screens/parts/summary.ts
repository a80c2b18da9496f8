import { bar, FILL_LIMITS, toneOfRatio } from '../../components/bar.js';
import { field } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span, type Tone } from '../../components/text.js';
import { type CsrTotals, newestVerified } from '../../hooks/derived.js';
import { formatAge, formatBytes, formatPercent } from '../../model/format.js';
import type { KubeHealth } from '../../model/kubernetes.js';
import type { Level } from '../../model/machine.js';
import type { PveStorage } from '../../model/proxmox.js';
import type { QuorumState } from '../../model/quorum.js';
import type { Reading } from '../../model/reading.js';
import type { CatalogueEntry } from '../../model/run.js';
import { unreachable } from '../../model/unreachable.js';
import type { VipState } from '../../model/vip.js';

const LABEL_WIDTH = 10;
const DAY_MS = 24 * 3_600_000;

const row = (label: string, value: Line): Line => [span(' '), ...field(label, value, LABEL_WIDTH)];

export const etcdSummary = ({ level, sentence, leaderName }: QuorumState): Line =>
  row('etcd', [
    levelSpan(level, sentence),
    ...(leaderName === null ? [] : [span(` · leader ${leaderName}`, 'muted')]),
  ]);

export function vipSummary(vip: VipState | null): Line {
  if (vip === null) return row('VIP', [levelSpan('none', 'none configured')]);
  const { level, address, holder, word, reason } = vip;
  if (holder !== null) return row('VIP', [levelSpan(level, `${address} on ${holder}`)]);
  return row('VIP', [levelSpan(level, `${address} ${word}`), span(`: ${reason}`, 'muted')]);
}

export function kubernetesSummary(health: Reading<KubeHealth>): Line {
  return row('Kubernetes', kubernetesState(health));
}

function kubernetesState(health: Reading<KubeHealth>): Line {
  switch (health.state) {
    case 'waiting':
      return [levelSpan('wait', 'waiting')];
    case 'failed':
      return [levelSpan('unknown', 'unknown'), span(`: ${health.error.message}`, 'muted')];
    case 'stale':
      return [levelSpan('unknown', 'stale'), span(`: ${health.error.message}`, 'muted')];
    case 'fresh': {
      const { isReady, serverVersion, failedChecks, viaServer, serverState } = health.value;
      const version = span(` ${serverVersion ?? ''}`, 'muted');
      if (isReady && viaServer !== null) return detour(viaServer, serverState);
      if (isReady) return [levelSpan('ok', 'API ready'), version];
      return [levelSpan('fail', 'API not ready'), span(`: ${failedChecks.join(', ')}`, 'muted')];
    }
    default:
      return unreachable(health);
  }
}

/** What is said of the kubeconfig's server is what it did when it was last asked. */
function detour(viaServer: string, serverState: KubeHealth['serverState'] = 'silent'): Line {
  const { hostname } = new URL(viaServer);
  const text = `API ready via ${hostname}`;
  switch (serverState) {
    case 'silent':
      return [levelSpan('warn', text), span(": kubeconfig's server does not answer", 'muted')];
    case 'unsteady':
      return [levelSpan('warn', text), span(": kubeconfig's server comes and goes", 'muted')];
    case 'back':
      return [levelSpan('ok', text), span(": kubeconfig's server answers again", 'muted')];
    default:
      return unreachable(serverState);
  }
}

export function csrSummary(reading: Reading<unknown>, totals: CsrTotals): Line {
  const { pending, approvable, suspicious } = totals;
  if (reading.state === 'waiting') return row('CSRs', [levelSpan('wait', 'waiting')]);
  if (reading.state !== 'fresh') {
    return row('CSRs', [
      levelSpan('unknown', 'unknown'),
      span(`: ${reading.error.message}`, 'muted'),
    ]);
  }
  if (pending === 0) return row('CSRs', [levelSpan('ok', 'none pending')]);
  const rest = pending - approvable - suspicious;
  const held = rest === 0 ? '' : `, ${rest} held`;
  return row('CSRs', [
    levelSpan(suspicious > 0 ? 'fail' : 'warn', `${pending} pending`),
    span(`: ${approvable} can be approved${held}`, 'muted'),
    ...(suspicious > 0 ? [span(`, ${suspicious} suspicious`, 'fail')] : []),
  ]);
}

export function snapshotSummary(
  reading: Reading<unknown>,
  entries: readonly CatalogueEntry[],
  nowMs: number,
): Line {
  const newest = newestVerified(entries);
  if (reading.state === 'waiting') return row('Snapshot', [levelSpan('wait', 'waiting')]);
  if (reading.state === 'failed') {
    return row('Snapshot', [
      levelSpan('unknown', 'unknown'),
      span(`: ${reading.error.message}`, 'muted'),
    ]);
  }
  if (newest === undefined) {
    const unverified = entries.length === 0 ? 'none taken yet' : 'none verified';
    return row('Snapshot', [levelSpan('warn', unverified)]);
  }
  const ageMs = Math.max(0, nowMs - newest.takenAtMs);
  return row('Snapshot', [
    levelSpan(ageMs > DAY_MS ? 'warn' : 'ok', `${snapshotAge(ageMs)} old, verified`),
    span(` · ${formatBytes(newest.sizeBytes)} from ${newest.sourceNode}`, 'muted'),
  ]);
}

/** Below a minute the age would change every second. */
const snapshotAge = (ageMs: number): string => (ageMs < 60_000 ? 'seconds' : formatAge(ageMs));

const BAR_WIDTH = 12;

export function storageSummary(
  reading: Reading<readonly PveStorage[]>,
  used: readonly PveStorage[],
): Line {
  if (reading.state === 'waiting') return row('Storage', [levelSpan('wait', 'waiting')]);
  if (reading.state === 'failed') {
    return row('Storage', [
      levelSpan('unknown', 'unknown'),
      span(`: ${reading.error.message}`, 'muted'),
    ]);
  }
  const [fullest] = used;
  if (fullest === undefined) return row('Storage', [levelSpan('none', 'none in use')]);
  const more = used.length > 1 ? ` (+${used.length - 1} more)` : '';
  const isCurrent = reading.state === 'fresh';
  return row('Storage', [
    ...storageBar(fullest, { width: BAR_WIDTH, isAligned: false, isCurrent }),
    span(` ${fullest.name}${more}`, 'muted'),
  ]);
}

const BAR_LEVEL: Partial<Readonly<Record<Tone, Level>>> = { fail: 'fail', warn: 'warn' };

export interface StorageBarOptions {
  readonly width: number;
  /** Percentages stand below each other. */
  readonly isAligned: boolean;
  /** What was read some time ago is never shown as well. */
  readonly isCurrent: boolean;
}

export function storageBar(
  storage: PveStorage,
  { width, isAligned, isCurrent }: StorageBarOptions,
): Line {
  const { isAvailable, totalBytes, usedBytes } = storage;
  if (!isAvailable) return [levelSpan('fail', 'not available')];
  const ratio = totalBytes === 0 ? 0 : usedBytes / totalBytes;
  const tone = toneOfRatio(ratio, FILL_LIMITS);
  const level = isCurrent ? (BAR_LEVEL[tone] ?? 'ok') : 'unknown';
  return [
    levelSpan(level, formatPercent(ratio).padStart(isAligned ? 4 : 0)),
    span(' '),
    ...bar(ratio, width, tone),
    span(` of ${formatBytes(totalBytes)}`, 'muted'),
  ];
}

import { beside, rule } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { BLANK, type Line, line, span } from '../../components/text.js';
import { csrAssessments } from '../../hooks/csr-view.js';
import {
  activeRuns,
  catalogueNewestFirst,
  csrTotals,
  issues,
  usedStorages,
} from '../../hooks/derived.js';
import { happenings } from '../../hooks/recent.js';
import { progressText } from '../../hooks/run-progress.js';
import { sourceHealth } from '../../hooks/source-health.js';
import type { Issue } from '../../model/issue.js';
import { isProxmoxNamed } from '../../model/proxmox-named.js';
import { quorumState } from '../../model/quorum.js';
import type { RunSummary } from '../../model/run.js';
import type { Snapshot } from '../../model/snapshot.js';
import { vipState } from '../../model/vip.js';
import { recentLines } from './recent.js';
import {
  csrSummary,
  etcdSummary,
  kubernetesSummary,
  snapshotSummary,
  storageSummary,
  vipSummary,
} from './summary.js';

export const SUMMARY_LINES = 6;
const MIN_RECENT_LINES = 3;

export interface OverviewArea {
  readonly width: number;
  readonly height: number;
  /** Two blocks fit side by side. */
  readonly isWide: boolean;
  /** Now, in whole minutes. */
  readonly minuteMs: number;
}

/** The cluster in six lines, what is wrong, and, where there is room, what happened lately. */
export function overviewLines(snapshot: Snapshot, area: OverviewArea): readonly Line[] {
  const { width, height, isWide, minuteMs } = area;
  const leftWidth = isWide ? Math.min(72, Math.floor(width * 0.55)) : width;
  const rightWidth = isWide ? width - leftWidth - 2 : width;
  const left = [rule('Cluster', leftWidth), ...summaryLines(snapshot, minuteMs)];
  const right = [rule('Problems', rightWidth), ...problemLines(snapshot)];
  const blocks = isWide ? beside(left, right, leftWidth, 2) : [...left, ...right];
  const room = height - blocks.length - 2;
  if (room < MIN_RECENT_LINES) return blocks;
  const recent = recentLines(happenings(snapshot), room, minuteMs);
  return [...blocks, BLANK, rule('Recent', width), ...recent];
}

function summaryLines(snapshot: Snapshot, minuteMs: number): readonly Line[] {
  const { cluster, kubeHealth, csrs, catalogue, storages } = snapshot;
  return [
    etcdSummary(quorumState(snapshot)),
    vipSummary(vipState(snapshot)),
    kubernetesSummary(kubeHealth),
    csrSummary(csrs, csrTotals(csrAssessments(snapshot, minuteMs))),
    snapshotSummary(catalogue, catalogueNewestFirst(snapshot), minuteMs),
    ...(isProxmoxNamed(cluster) ? [storageSummary(storages, usedStorages(snapshot))] : []),
  ];
}

function problemLines(snapshot: Snapshot): readonly Line[] {
  const { waiting, total } = sourceHealth(snapshot);
  // Before the first answer everything is unknown, which is no problem yet.
  if (waiting === total) return [line(' Waiting for the first answers.', 'muted')];
  const lines = [...activeRuns(snapshot).map(runLine), ...issues(snapshot).map(issueLine)];
  return lines.length > 0 ? lines : [line(' None.', 'muted')];
}

const issueLine = ({ level, layer, text }: Issue): Line => [
  span(' '),
  levelSpan(level, layer),
  span(`  ${text}`),
];

/** Of a run that waits, what it waits for: nobody else will tell. */
function runLine(run: RunSummary): Line {
  const { summary, state, outcome } = run;
  const level = state === 'interrupted' ? 'fail' : state === 'paused' ? 'warn' : 'wait';
  return [
    span(' '),
    levelSpan(level, `run ${state}`),
    span(`  ${summary}`),
    span(state === 'paused' ? `: ${outcome}` : ` ${progressText(run)}`, 'muted'),
    span('  (9)', 'muted'),
  ];
}

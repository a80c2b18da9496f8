import { Box } from 'ink';
import { type Column, searchTextOf } from '../components/columns.js';
import { rule } from '../components/layout.js';
import { LEVEL_TONE, levelText } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import type { Line } from '../components/text.js';
import { csrAssessments } from '../hooks/csr-view.js';
import { viewerOf } from '../hooks/modal.js';
import { useUi } from '../hooks/ui.js';
import { useActionKeys } from '../hooks/use-action-keys.js';
import { useList } from '../hooks/use-list.js';
import { useNowMs } from '../hooks/use-now.js';
import { useReading, useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import { useWiring } from '../hooks/wiring.js';
import type { CsrAssessment, CsrRule } from '../model/csr-rules.js';
import { formatDateTime } from '../model/format.js';
import type { Level } from '../model/machine.js';
import type { ClusterIdentity } from '../model/snapshot.js';
import { unreachable } from '../model/unreachable.js';
import { expiryLine } from './parts/expiry-line.js';
import { ListTable, sortsOf } from './parts/list-table.js';
import { emptyTextOf, readingLines } from './parts/reading-lines.js';
import { ruleLines } from './parts/rule-lines.js';
import { csrSubject } from './subjects/csr.js';
import type { Screen, ViewProps } from './types.js';

export const certificatesScreen: Screen = {
  id: 'certificates',
  key: '5',
  title: 'Certificates',
  tab: 'Certs',
  View: CertificatesView,
  scopes: ['list', 'filter', 'filtered', 'subject'],
};

interface Standing {
  readonly level: Level;
  readonly word: string;
}

/** What an operator can expect of a request: rules speak while it is pending, the API after that. */
function standingOf({ csr, verdict }: CsrAssessment): Standing {
  if (csr.state !== 'pending') return decided(csr.state);
  switch (verdict) {
    case 'approvable':
      return { level: 'warn', word: 'approvable' };
    case 'hold':
      return { level: 'unknown', word: 'held' };
    case 'deny-worthy':
      return { level: 'fail', word: 'suspicious' };
    case 'superseded':
      return { level: 'none', word: 'superseded' };
    case 'not-ours':
      return { level: 'none', word: 'not ours' };
    default:
      return unreachable(verdict);
  }
}

function decided(state: 'approved' | 'issued' | 'denied' | 'failed'): Standing {
  switch (state) {
    case 'issued':
      return { level: 'ok', word: 'issued' };
    case 'approved':
      return { level: 'wait', word: 'approved' };
    case 'denied':
      return { level: 'none', word: 'denied' };
    case 'failed':
      return { level: 'fail', word: 'failed' };
    default:
      return unreachable(state);
  }
}

const COLUMNS: readonly Column<CsrAssessment>[] = [
  {
    key: 'name',
    title: 'REQUEST',
    width: { min: 12, max: 28 },
    priority: 0,
    format: ({ csr }) => csr.name,
    tone: () => 'strong',
    sortValue: ({ csr }) => csr.name,
  },
  {
    key: 'node',
    title: 'NODE',
    width: { min: 8, max: 28 },
    priority: 0,
    format: ({ node, csr }) => node ?? csr.username,
    sortValue: ({ node }) => node,
  },
  {
    key: 'standing',
    title: 'STANDING',
    width: 12,
    priority: 0,
    format: (row) => levelText(standingOf(row).level, standingOf(row).word),
    tone: (row) => LEVEL_TONE[standingOf(row).level],
    sortValue: (row) => standingOf(row).word,
  },
  {
    key: 'created',
    title: 'CREATED',
    width: 16,
    priority: 2,
    format: ({ csr }) => formatDateTime(csr.createdAtMs),
    tone: () => 'muted',
    sortValue: ({ csr }) => csr.createdAtMs,
  },
  {
    key: 'reason',
    title: 'WHY',
    width: { min: 12, max: 160 },
    isFlexible: true,
    priority: 1,
    format: ({ reasons, csr }) =>
      csr.state === 'pending' ? (reasons[0] ?? 'every rule holds') : '',
    tone: () => 'muted',
  },
];

const rowKey = ({ csr }: CsrAssessment): string => csr.name;
const searchText = searchTextOf(COLUMNS);
const sorts = sortsOf(COLUMNS);

const MAX_LIST_SHARE = 0.55;

function CertificatesView({ width, height }: ViewProps) {
  const ui = useUi();
  const { nowMs } = useWiring();
  const minuteMs = useNowMs(60_000);
  const cluster = useSnapshot((snapshot) => snapshot.cluster);
  const reading = useReading(({ csrs }) => csrs);
  const rows = useSnapshot((snapshot) => csrAssessments(snapshot, nowMs()));
  const above = [
    ...certificateLines(cluster, minuteMs),
    ...readingLines(reading, 'certificate requests', minuteMs, width),
    rule('Certificate requests', width),
  ];
  const tableHeight = Math.max(
    3,
    Math.min(rows.length + 1, Math.floor((height - above.length) * MAX_LIST_SHARE)),
  );
  const view = useList({
    id: 'certificates',
    rows,
    rowKey,
    searchText,
    sorts,
    height: tableHeight - 1,
    isFocused: true,
    canMark: true,
    open: (row) => ui.modal.update(() => viewerOf(csrSubject(row, []))),
  });
  const marked = [...view.state.marks].filter((name) => rows.some(({ csr }) => csr.name === name));
  useSubjectKeys(view.selected && csrSubject(view.selected, marked));
  // With marks the letters of actions mean the marked requests, without any the whole cluster.
  useActionKeys({ csr: marked.join(',') }, marked.length > 0);

  return (
    <Box flexDirection="column" width={width} height={height}>
      <Rows lines={above} width={width} height={above.length} />
      <ListTable
        view={view}
        columns={COLUMNS}
        rowKey={rowKey}
        width={width}
        height={tableHeight}
        isFocused
        emptyText={emptyTextOf(reading, 'certificate requests', 'No request: nothing to approve')}
      />
      <Rows
        lines={
          view.selected === null
            ? []
            : detailLines(view.selected, width, height - above.length - tableHeight)
        }
        width={width}
        height={height - above.length - tableHeight}
      />
    </Box>
  );
}

function certificateLines(cluster: ClusterIdentity, nowMs: number): readonly Line[] {
  return [
    expiryLine('Talos client', cluster.talosCertificateEndsAtMs, nowMs),
    expiryLine('Kubernetes client', cluster.kubernetesCertificateEndsAtMs, nowMs),
  ];
}

/** V2 asks whether it is still open; of a request that was decided that is no failure. */
const shownRules = ({ csr, rules }: CsrAssessment): readonly CsrRule[] =>
  csr.state === 'pending'
    ? rules
    : rules.map((each) => (each.id === 'V2' ? { ...each, state: 'info' } : each));

function detailLines(row: CsrAssessment, width: number, height: number): readonly Line[] {
  return [
    rule(`${row.csr.name}: rules V1 to V16`, width),
    ...ruleLines(shownRules(row), width, height - 1),
  ];
}

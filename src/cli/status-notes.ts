import {
  formatAge,
  formatBytes,
  formatCount,
  formatDateTime,
  formatList,
  formatPercent,
} from '../model/format.js';
import { machinesOf } from '../model/machines.js';
import { type Reading, readingError } from '../model/reading.js';
import { sanitise } from '../model/sanitise.js';
import { sentences } from '../model/sentence.js';
import type { Snapshot } from '../model/snapshot.js';
import { type StatusDocument, statusDocument } from '../model/status.js';
import { type VipState, vipState } from '../model/vip.js';

/** What stands before and after the table of machines. */
export function statusNotes(
  snapshot: Snapshot,
  nowMs: number,
): { readonly head: readonly string[]; readonly tail: readonly string[] } {
  const document = statusDocument(snapshot, { nowMs });
  const { cluster, verdict } = document;
  return {
    head: [`${cluster}: ${verdict.level.toUpperCase()} ${verdict.text}`].map(sanitise),
    tail: [
      ...problems(snapshot),
      ...etcdLine(document),
      ...vipLine(vipState(snapshot)),
      ...csrLines(document),
      ...storageLines(snapshot),
      snapshotLine(document, nowMs),
      ...readingLines(document, snapshot),
    ].map(sanitise),
  };
}

const problems = (snapshot: Snapshot): readonly string[] =>
  machinesOf(snapshot).flatMap(({ name, problems: found }) =>
    found.map((problem) => `${name}: ${problem}`),
  );

const etcdLine = ({ etcd }: StatusDocument): readonly string[] =>
  etcd === null
    ? []
    : [
        `etcd: ${etcd.healthy} of ${etcd.members} healthy, can lose ${etcd.canLose}, leader ${etcd.leader ?? 'unknown'}`,
      ];

const vipLine = (vip: VipState | null): readonly string[] =>
  vip === null ? [] : [`VIP ${vip.address}: ${vip.holder ?? `${vip.word} (${vip.reason})`}`];

function csrLines({ csrs: { pending } }: StatusDocument): readonly string[] {
  if (pending.length === 0) return [];
  const approvable = pending.filter((csr) => csr.approvable).length;
  return [
    `${formatCount(pending.length, 'certificate request')} pending, ${approvable} can be approved (talos-tui run approve-csrs)`,
    ...pending
      .filter((csr) => !csr.approvable)
      .map(({ name, reasons }) => `  ${name} is held: ${reasons[0] ?? 'no reason given'}`),
  ];
}

function storageLines({ storages }: Snapshot): readonly string[] {
  if (!('value' in storages)) return [];
  return storages.value
    .filter(({ type, totalBytes }) => type === 'lvmthin' && totalBytes > 0)
    .map(
      ({ pveNode, name, usedBytes, totalBytes }) =>
        `${pveNode}/${name}: ${formatPercent(usedBytes / totalBytes)} of ${formatBytes(totalBytes)} used`,
    );
}

function snapshotLine({ snapshots: { latestAt } }: StatusDocument, nowMs: number): string {
  if (latestAt === null) return 'No verified etcd snapshot yet (talos-tui run etcd-snapshot)';
  const atMs = Date.parse(latestAt);
  return `Last verified etcd snapshot: ${formatDateTime(atMs)}, ${formatAge(nowMs - atMs)} ago`;
}

/** Sources that have no fresh answer, those with the same reason in one line with its next step. */
function readingLines({ readings }: StatusDocument, snapshot: Snapshot): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const [name, { state, error }] of Object.entries(readings)) {
    if (state === 'fresh') continue;
    const reason = error === null ? state : `${state}: ${withHint(error, snapshot)}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => `${formatList(names)} ${reason}`);
}

/** The document tells the reason only; people want to know what to do. */
function withHint(message: string, snapshot: Snapshot): string {
  const hint = Object.values(snapshot)
    .filter(isReading)
    .map(readingError)
    .find((error) => error !== undefined && sanitise(error.message) === message)?.hint;
  return hint === undefined ? message : sentences(message, hint);
}

const isReading = (value: unknown): value is Reading<unknown> =>
  typeof value === 'object' && value !== null && 'state' in value;

import { toneOfRatio } from '../../components/bar.js';
import { paragraph, rule } from '../../components/layout.js';
import { layerText, layerTone, levelSpan } from '../../components/levels.js';
import { RATIO_SCALE, type Scale, scaleOf, sparkline } from '../../components/sparkline.js';
import { type Line, span, type Tone } from '../../components/text.js';
import { fitTo } from '../../components/width.js';
import type { MemberRow } from '../../hooks/member-rows.js';
import { formatBytes, formatDuration, formatPercent } from '../../model/format.js';
import type { LayerState, Machine } from '../../model/machine.js';
import { knownValue } from '../../model/reading.js';
import { inUseRatio } from '../subjects/machine.js';

export function titleLine({ name, role, joinedBy, isProven, level }: Machine): Line {
  const joined = joinedBy.length === 0 ? '' : ` · joined by ${joinedBy.join(', ')}`;
  return [
    span(' '),
    levelSpan(level, name),
    span(`  ${role}`, 'muted'),
    isProven ? span(joined, 'muted') : span('  not proven: no action may target it', 'unknown'),
  ];
}

export function layerLines(
  machine: Machine,
  member: MemberRow | null,
  width: number,
): readonly Line[] {
  const { layers } = machine;
  return [
    rule('Layers', width),
    layerLine('VM', layers.vm, guestText(machine)),
    layerLine('Talos', layers.talos, talosText(machine)),
    layerLine('etcd', layers.etcd, member === null ? '' : memberText(member)),
    layerLine('Kubernetes', layers.kubernetes, kubernetesText(machine)),
  ];
}

const layerLine = (label: string, layer: LayerState, text: string): Line => [
  span(` ${fitTo(label, 11)}`, 'muted'),
  span(fitTo(layerText(layer), 14), layerTone(layer)),
  span(` ${text}`, 'muted'),
];

const MINUTE_MS = 60_000;

function guestText({ vm }: Machine): string {
  if (vm === null) return '';
  const config = knownValue(vm.config);
  const up = Math.floor(vm.uptimeMs / MINUTE_MS) * MINUTE_MS;
  return [
    `${vm.id} on ${vm.pveNode}`,
    ...(config?.cores ? [`${config.cores} cores`] : []),
    ...(config?.memoryBytes ? [formatBytes(config.memoryBytes)] : []),
    ...(vm.status === 'running' && up > 0 ? [`up ${formatDuration(up)}`] : []),
  ].join(' · ');
}

function talosText({ talos }: Machine): string {
  if (talos === null) return '';
  const version = knownValue(talos.version);
  const known = version === undefined ? [] : [version.tag, version.platform];
  return [...known, talos.address].join(' · ');
}

function memberText({ status, lag, member }: MemberRow): string {
  if (status === null) return `member ${member.id}`;
  const used = formatPercent(inUseRatio(status));
  const size = formatBytes(status.dbSizeBytes);
  return `db ${size}, ${used} in use · term ${status.raftTerm} · lag ${lag ?? '?'}`;
}

function kubernetesText({ kubernetes }: Machine): string {
  if (kubernetes === null) return '';
  const taints = kubernetes.taints.map(({ key }) => key.replace(/^node\.kubernetes\.io\//, ''));
  return [
    kubernetes.kubeletVersion,
    ...(taints.length > 0 ? [`taints ${taints.join(', ')}`] : []),
  ].join(' · ');
}

export function problemLines({ problems, level }: Machine, width: number): readonly Line[] {
  if (problems.length === 0) return [];
  const shown = level === 'ok' || level === 'none' ? 'warn' : level;
  return [
    rule('Problems', width),
    ...problems.flatMap((problem) =>
      paragraph(problem, width - 4).map(
        (spans, index): Line => [
          span(index === 0 ? ' ' : '   '),
          ...(index === 0 ? [levelSpan(shown, ''), span(' ')] : []),
          ...spans,
        ],
      ),
    ),
  ];
}

const HOT = { warnRatio: 0.85, failRatio: 0.95 };

export function loadLines({ talos }: Machine, width: number): readonly Line[] {
  if (talos === null) return [];
  const { history, usage } = talos;
  const known = knownValue(usage);
  const chart = Math.max(10, Math.min(60, width - 34));
  const draw = (values: readonly number[], scale: Scale, tone: Tone): Line => [
    span(sparkline(values, chart, scale), tone),
  ];
  const cpu = known?.cpuRatio ?? null;
  const memory =
    known === undefined || known.memoryTotalBytes === 0
      ? null
      : known.memoryUsedBytes / known.memoryTotalBytes;
  const db = history.dbSizeBytes;
  return [
    rule('Load', width),
    [
      span(` ${fitTo('CPU', 11)}`, 'muted'),
      ...draw(history.cpuRatio, RATIO_SCALE, toneOf(cpu)),
      span(`  ${cpu === null ? 'not measured yet' : formatPercent(cpu)}`),
    ],
    [
      span(` ${fitTo('Memory', 11)}`, 'muted'),
      ...draw(history.memoryRatio, RATIO_SCALE, toneOf(memory)),
      span(`  ${memory === null ? 'not measured yet' : formatPercent(memory)}`),
      span(known === undefined ? '' : ` of ${formatBytes(known.memoryTotalBytes)}`, 'muted'),
    ],
    ...(db.length === 0
      ? []
      : [
          [
            span(` ${fitTo('etcd DB', 11)}`, 'muted'),
            ...draw(db, scaleOf(db), 'accent'),
            span(`  ${formatBytes(db.at(-1) ?? 0)}`),
          ],
        ]),
  ];
}

const toneOf = (ratio: number | null): Tone =>
  ratio === null ? 'accent' : toneOfRatio(ratio, HOT);

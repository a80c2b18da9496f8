import { beside } from '../components/layout.js';
import { levelSpan } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { type Line, span } from '../components/text.js';
import { type MemberRow, memberRows } from '../hooks/member-rows.js';
import { useNowMs } from '../hooks/use-now.js';
import { useScroll } from '../hooks/use-scroll.js';
import { useSnapshot } from '../hooks/use-store.js';
import { useSubjectKeys } from '../hooks/use-subject-keys.js';
import type { Machine } from '../model/machine.js';
import { machineByKey } from '../model/machines.js';
import { layerLines, loadLines, problemLines, titleLine } from './parts/node-layers.js';
import { diskLines, extensionLines, linkLines, serviceLines } from './parts/node-parts.js';
import { machineSubject } from './subjects/machine.js';
import type { ViewProps } from './types.js';

interface NodeViewProps extends ViewProps {
  readonly machineKey: string;
}

const WIDE = 110;
const GAP = 2;

/** Everything about one machine: four layers, load, services, links, disks, extensions. */
export function NodeView({ machineKey, width, height }: NodeViewProps) {
  const machine = useSnapshot((snapshot) => machineByKey(snapshot, machineKey) ?? null);
  const member = useSnapshot(
    (snapshot) => memberRows(snapshot).find((row) => row.machineKey === machineKey) ?? null,
  );
  const minuteMs = useNowMs(60_000);
  useSubjectKeys(machine && machineSubject(machine));

  const lines = machine === null ? [GONE] : nodeLines(machine, member, width, minuteMs);
  const top = useScroll(lines.length, height);
  return <Rows lines={lines.slice(top)} width={width} height={height} />;
}

const GONE: Line = [span(' '), levelSpan('unknown', 'No source knows this machine any more')];

function nodeLines(
  machine: Machine,
  member: MemberRow | null,
  width: number,
  nowMs: number,
): readonly Line[] {
  const isWide = width >= WIDE;
  const columnWidth = isWide ? Math.floor((width - GAP) / 2) : width;
  const left = [
    ...layerLines(machine, member, columnWidth),
    ...problemLines(machine, columnWidth),
    ...loadLines(machine, columnWidth),
  ];
  const right = [
    ...serviceLines(machine, columnWidth, nowMs),
    ...linkLines(machine, columnWidth, nowMs),
    ...diskLines(machine, columnWidth),
    ...extensionLines(machine, columnWidth, nowMs),
  ];
  return [
    titleLine(machine),
    ...(isWide ? beside(left, right, columnWidth, GAP) : [...left, ...right]),
  ];
}

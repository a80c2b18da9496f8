import { useState } from 'react';
import { Dialog } from '../../components/dialog.js';
import { beside } from '../../components/layout.js';
import { LEVEL_SYMBOL, LEVEL_TONE } from '../../components/levels.js';
import { type Line, line, span } from '../../components/text.js';
import { fitTo } from '../../components/width.js';
import type { KeyLayer, LiveKey } from '../../hooks/key-registry.js';
import { keyText } from '../../hooks/key-text.js';
import { useUi } from '../../hooks/ui.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useModalScroll } from '../../hooks/use-scroll.js';
import type { ViewProps } from '../types.js';
import { dialogPlace, scrollNote } from './frame.js';

const TWO_COLUMNS = 116;
const KEY_WIDTH = 14;

/** Every key that works on the screen below, made from the same table as the footer. */
export function Help({ width, height }: ViewProps) {
  const ui = useUi();
  const [layers] = useState(() => ui.keys.below());
  const isWide = width >= TWO_COLUMNS;
  const wanted = isWide ? 124 : 76;
  const lines = helpLines(layers, Math.min(wanted, width - 4) - 4, isWide);
  const place = dialogPlace({ width, height }, wanted, lines.length);
  const top = useModalScroll(lines.length, place.innerHeight);
  useKeys('help', { close: () => ui.modal.update(() => null) });
  return (
    <Dialog
      {...place}
      title="Keys of this view"
      lines={lines.slice(top, top + place.innerHeight)}
      tone="accent"
      note={scrollNote(top, place.innerHeight, lines.length)}
    />
  );
}

function helpLines(layers: readonly KeyLayer[], width: number, isWide: boolean): readonly Line[] {
  const blocks = [...layers.filter(({ keys }) => keys.length > 0).map(layerBlock), LEGEND];
  if (!isWide) return joined(blocks);
  const half = Math.floor((width - 4) / 2);
  const [left, right] = balanced(blocks);
  return beside(joined(left), joined(right), half, 4);
}

const joined = (blocks: readonly (readonly Line[])[]): readonly Line[] =>
  blocks.flatMap((block, index) => (index === 0 ? block : [[], ...block]));

/** Fills the left column up to half of all lines. */
function balanced(
  blocks: readonly (readonly Line[])[],
): readonly [readonly (readonly Line[])[], readonly (readonly Line[])[]] {
  const total = blocks.reduce((sum, block) => sum + block.length + 1, 0);
  let used = 0;
  const splitAt = blocks.findIndex((block) => {
    used += block.length + 1;
    return used > total / 2;
  });
  const index = Math.max(1, splitAt);
  return [blocks.slice(0, index), blocks.slice(index)];
}

const layerBlock = ({ title, keys }: KeyLayer): readonly Line[] => [
  line(title, 'accent'),
  ...keys.map(keyLine),
];

function keyLine({ keys, help, reason }: LiveKey): Line {
  const names = keys.map(keyText).join(' ');
  return [
    span(`  ${fitTo(names, KEY_WIDTH)} `, reason === null ? 'strong' : 'faint'),
    span(help, reason === null ? 'text' : 'faint'),
    span(reason === null ? '' : ` (${reason})`, 'faint'),
  ];
}

const LEGEND: readonly Line[] = [
  line('Symbols', 'accent'),
  [
    span('  '),
    ...(['ok', 'warn', 'fail', 'unknown', 'wait', 'none'] as const).flatMap((level) => [
      span(`${LEVEL_SYMBOL[level]} `, LEVEL_TONE[level]),
      span(`${level === 'none' ? 'does not apply' : level}   `),
    ]),
  ],
  [span('  ⊘ ', 'fail'), span('unreachable: no answer, which says nothing about its health')],
];

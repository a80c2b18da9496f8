import { useState } from 'react';
import { Dialog } from '../../components/dialog.js';
import { beside, paragraph } from '../../components/layout.js';
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
const KEY_WIDTH = 17;

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
  const half = Math.floor((width - 4) / 2);
  const blockWidth = isWide ? half : width;
  const blocks = [
    ...layers.filter(({ keys }) => keys.length > 0).map((layer) => layerBlock(layer, blockWidth)),
    legend(blockWidth),
  ];
  if (!isWide) return joined(blocks);
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

const layerBlock = ({ title, keys }: KeyLayer, width: number): readonly Line[] => [
  line(title, 'accent'),
  ...keys.flatMap((key) => keyLines(key, width)),
];

function keyLines({ keys, help, reason }: LiveKey, width: number): readonly Line[] {
  const names = keys.map(keyText).join(' ');
  const text = reason === null ? help : `${help}. Not now: ${reason}`;
  return paragraph(text, width - KEY_WIDTH - 3, reason === null ? 'text' : 'faint').map(
    (spans, index): Line => [
      span(
        `  ${fitTo(index === 0 ? names : '', KEY_WIDTH)} `,
        reason === null ? 'strong' : 'faint',
      ),
      ...spans,
    ],
  );
}

const legend = (width: number): readonly Line[] => [
  line('Symbols', 'accent'),
  ...[['ok', 'warn', 'fail'] as const, ['unknown', 'wait', 'none'] as const].map(
    (levels): Line => [
      span('  '),
      ...levels.flatMap((level) => [
        span(`${LEVEL_SYMBOL[level]} `, LEVEL_TONE[level]),
        span(`${level === 'none' ? 'not begun, or does not apply' : level}   `),
      ]),
    ],
  ),
  ...paragraph('unreachable: no answer, which says nothing about its health', width - 4).map(
    (spans, index): Line => [span(index === 0 ? '  ⊘ ' : '    ', 'fail'), ...spans],
  ),
];

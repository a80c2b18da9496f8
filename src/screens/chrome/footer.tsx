import { lineWidth } from '../../components/layout.js';
import { Row } from '../../components/rows.js';
import { type Line, type Span, span } from '../../components/text.js';
import type { KeyLayer, LiveKey } from '../../hooks/key-registry.js';
import { keyText } from '../../hooks/key-text.js';
import { useUi } from '../../hooks/ui.js';
import { useStore } from '../../hooks/use-store.js';

/** The keys that do something now, the most useful first; a key without effect is dim and in brackets, not gone. */
export function Footer({ width }: { readonly width: number }) {
  const { keys } = useUi();
  useStore(keys.slots);
  return <Row spans={footerLine(keys.heard(), width)} width={width} fill="bar" />;
}

export function footerLine(layers: readonly KeyLayer[], width: number): Line {
  const seen = new Set<string>();
  const labelled = audibleKeys(layers)
    .filter((key) => {
      const isShadowed = key.keys.some((name) => seen.has(name));
      for (const name of key.keys) seen.add(name);
      return key.label !== '' && !isShadowed;
    })
    .toSorted((a, b) => Number(a.reason !== null) - Number(b.reason !== null) || a.rank - b.rank);
  // The gap after the last one needs no room.
  const kept = keepWhatFits(labelled, width - 1 + GAP);
  const hints = kept.toSorted(footerOrder).flatMap(hint);
  return [
    span(' '),
    ...hints.map((each, index) => (index < hints.length - 1 ? each : trimmed(each))),
  ];
}

/** Below a layer that takes text, letters are text. */
function audibleKeys(layers: readonly KeyLayer[]): readonly LiveKey[] {
  const typingAt = layers.findIndex(({ onText }) => onText !== null);
  return layers.flatMap(({ keys }, index) =>
    typingAt < 0 || index < typingAt
      ? keys
      : keys.flatMap((key) => {
          const names = key.keys.filter((name) => name.length > 1 && name !== 'space');
          return names.length === 0 ? [] : [{ ...key, keys: names }];
        }),
  );
}

function keepWhatFits(keys: readonly LiveKey[], width: number): readonly LiveKey[] {
  let left = width;
  return keys.filter((key) => {
    const needed = lineWidth(hint(key));
    if (needed > left) return false;
    left -= needed;
    return true;
  });
}

/** Rank decides who stays; help and quit stand at the end, where everybody looks for them. */
const LAST_RANKS: readonly number[] = [2, 3];
const footerOrder = (a: LiveKey, b: LiveKey): number => placeOf(a) - placeOf(b);
const placeOf = ({ rank, keys }: LiveKey): number =>
  LAST_RANKS.includes(rank) && keys.some((key) => key === '?' || key === 'q') ? 1000 + rank : rank;

const GAP = 2;

const trimmed = ({ text, tone }: Span): Span => span(text.trimEnd(), tone);

/** Colour alone does not tell what can be pressed. */
const hint = ({ keys, label, reason }: LiveKey): Line =>
  reason === null
    ? [span(keyText(keys[0] ?? ''), 'accent'), span(` ${label}${' '.repeat(GAP)}`, 'muted')]
    : [span(`(${keyText(keys[0] ?? '')} ${label})${' '.repeat(GAP)}`, 'faint')];

import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import bundledWidth from '../../scripts/bundle/string-width.cjs';

const styled = fc
  .tuple(fc.constantFrom('1', '7', '38;2;10;200;30', '48;5;9'), fc.string({ unit: 'grapheme' }))
  .map(([style, text]) => `\u001B[${style}m${text}\u001B[0m`);
const anyText = fc.oneof(
  styled,
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(
      '●',
      '▲',
      '✖',
      '…',
      '─',
      '█',
      'a',
      ' ',
      '\u001B',
      '[',
      'm',
      '漢',
      '\uFE0F',
      '🚀',
    ),
  }),
);

test('measures every text in the bundle as Ink does outside of it', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(bundledWidth(text)).toBe(stringWidth(text));
    }),
    { numRuns: 500 },
  );
});

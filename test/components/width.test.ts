import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import {
  fitTo,
  splitGraphemes,
  textWidth,
  truncate,
  wrapText,
} from '../../src/components/width.js';

/** Names, logs and errors as they come: ASCII, our own symbols, wide and combining characters. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme-ascii' }),
  fc.string({ unit: fc.constantFrom('●', '▲', '…', '─', '█', 'a', ' ', '漢', '한', 'é', '🚀') }),
);

test('counts columns as the terminal library does, for every text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(textWidth(text)).toBe(stringWidth(text));
    }),
  );
});

test('never lets a cut text grow wider than its room', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 30 }), (text, width) => {
      expect(textWidth(truncate(text, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test('keeps a text that fits as it is', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(truncate(text, textWidth(text))).toBe(textWidth(text) === 0 ? '' : text);
    }),
  );
});

test('fills a cell to exactly its width, so that columns stay in line', () => {
  fc.assert(
    fc.property(
      anyText,
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom('left' as const, 'right' as const),
      (text, width, align) => {
        expect(textWidth(fitTo(text, width, align))).toBe(width);
      },
    ),
  );
});

test('removes control sequences of a name before it is measured', () => {
  expect(fitTo('\u001B[31mcp-1\u001B[0m', 6)).toBe('cp-1  ');
});

test('wraps without losing a word and without a line that is too wide', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z0-9:.-]{1,14}$/), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 5, max: 40 }),
      (words, width) => {
        const lines = wrapText(words.join(' '), width);
        expect(lines.every((line) => textWidth(line) <= width)).toBe(true);
        expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
      },
    ),
  );
});

test('steps over what a person sees as one character', () => {
  expect(splitGraphemes('é漢a')).toEqual(['é', '漢', 'a']);
});

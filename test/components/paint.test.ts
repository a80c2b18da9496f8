import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { paint } from '../../src/components/paint.js';
import { type Line, line, span, type Tone } from '../../src/components/text.js';
import { type Look, themeFor } from '../../src/components/theme.js';

const look = (overrides: Partial<Look> = {}): Look => ({
  isAscii: false,
  hasColor: true,
  theme: 'dark',
  ...overrides,
});

const TONES: readonly Tone[] = ['text', 'strong', 'muted', 'ok', 'warn', 'fail', 'alert', 'active'];
const hostile = fc.array(
  fc.record({
    text: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001B[2J',
        '\u001B]0;title\u0007',
        '\u009B31m',
        'a\r\nb',
        '\t',
        '\u202Eevil',
      ),
    ),
    tone: fc.constantFrom(...TONES),
  }),
  { maxLength: 6 },
);
const anyLook = fc.record({
  isAscii: fc.boolean(),
  hasColor: fc.boolean(),
  theme: fc.constantFrom('dark' as const, 'light' as const, '16' as const),
});
/** Select graphic rendition: the only sequence that we send ourselves. */
const SGR = /\u001B\[[\d;]*m/g;

test('sends no control byte that came from outside to the terminal', () => {
  fc.assert(
    fc.property(hostile, anyLook, fc.boolean(), (spans, theme, isSelected) => {
      const painted = paint(spans, 40, themeFor(theme), isSelected ? 'selected' : undefined);
      expect(painted.replace(SGR, '')).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E]/);
    }),
  );
});

test('never paints a row wider than the terminal', () => {
  fc.assert(
    fc.property(hostile, anyLook, fc.integer({ min: 1, max: 60 }), (spans, theme, width) => {
      const painted = paint(spans, width, themeFor(theme), 'selected');
      expect(stringWidth(stripVTControlCharacters(painted))).toBeLessThanOrEqual(width);
    }),
  );
});

test('uses no colour with NO_COLOR, and still shows what is selected', () => {
  const theme = themeFor(look({ hasColor: false }));
  const spans: Line = TONES.map((tone) => span('x', tone));
  const codes = paint(spans, 40, theme).match(SGR) ?? [];
  expect(codes.join('')).not.toMatch(/\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)/);
  expect(paint(line('cp-1'), 10, theme, 'selected')).toBe('\u001B[7mcp-1      \u001B[27m');
});

test('says nothing but ASCII on terminals that know nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const painted = paint(line(`● ▲ ✖ ◌ ⊘ … ${text}`), 80, themeFor(look({ isAscii: true })));
      expect(painted).toMatch(/^[ -~]*$/);
    }),
  );
});

test('colours only the symbol of what is well, and all of what is not', () => {
  const theme = themeFor(look());
  expect(paint([span('● running', 'ok')], 20, theme)).toBe('\u001B[38;5;114m●\u001B[39m running');
  expect(paint([span('✖ stopped', 'fail')], 20, theme)).toContain('✖ stopped');
});

test('keeps the bar behind a mark that has a background of its own', () => {
  const painted = paint([span(' PROD ', 'alert'), span(' live')], 20, themeFor(look()), 'bar');
  expect(painted.indexOf('live')).toBeGreaterThan(painted.lastIndexOf('48;5;235m'));
});

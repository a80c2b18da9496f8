import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { sanitise, sanitiseLines } from '../../src/model/sanitise.js';

const ESC = '\u001b';

test.each([
  ['colours', `${ESC}[31mred${ESC}[0m`, 'red'],
  ['cursor moves', `a${ESC}[2Jb${ESC}[10;10Hc`, 'abc'],
  ['a window title', `a${ESC}]0;pwned\u0007b`, 'ab'],
  ['a clipboard write', `a${ESC}]52;c;cHduZWQ=${ESC}\\b`, 'ab'],
  ['a control string without end', `a${ESC}]52;c;cHduZWQ`, 'a'],
  ['device control', `a${ESC}P1$r0m${ESC}\\b`, 'ab'],
  ['8-bit controls', 'a\u009b31mb\u009d0;x\u009cc', 'abc'],
  ['a lone escape', `a${ESC}`, 'a'],
  ['bells and backspaces', 'a\u0007\u0008b', 'ab'],
  ['tabs and line ends', 'a\tb\r\nc', 'a b c'],
  ['a variation selector', '\u26a0\ufe0f', '\u26a0'],
  ['joiners', '\u{1f468}\u200d\u{1f469}', '\u{1f468}\u{1f469}'],
  ['zero width spaces', 'a\u200bb\ufeffc', 'abc'],
  ['bidi controls', 'abc\u202etxt.exe\u2066', 'abctxt.exe'],
  ['half a character', 'a\ud83d', 'a\ufffd'],
  ['ordinary text', 'käse 試験 ●', 'käse 試験 ●'],
])('%s', (_, text, safe) => {
  expect(sanitise(text)).toBe(safe);
});

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(ESC, '[', ']', '\u0007', '\\', '\u009b', '\u009c', '\t', '\n', ';', 'm', '0'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

test('nothing that a terminal would act on is ever left', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(sanitise(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{e0000}-\u{e0fff}]/u);
      expect(sanitise(text).isWellFormed()).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('what is safe stays as it is', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const safe = sanitise(text);
      expect(sanitise(safe)).toBe(safe);
    }),
    { numRuns: 1_000 },
  );
});

test('plain text is never touched', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abc XYZ 0189 _-./:@%#äß') }), (text) => {
      expect(sanitise(text)).toBe(text);
    }),
  );
});

test('lines are split, tabs reach their stop, and no line carries controls', () => {
  expect(sanitiseLines(`a\tb\r\n${ESC}[1mc${ESC}[0m\n\n12345678\tx`)).toEqual([
    'a       b',
    'c',
    '',
    '12345678        x',
  ]);
  fc.assert(
    fc.property(hostile, (text) => {
      for (const line of sanitiseLines(text)) {
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(stringWidth(line)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

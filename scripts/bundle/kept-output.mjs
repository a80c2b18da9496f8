// Ink splits every line of a frame into styled characters and cuts it to its clip, and forgets all of it with the
// frame (ink@8.0: build/output.js). Two thirds of what a key costs were that, for lines that the key did not change.
// What follows from a text alone is kept here, for as long as about two frames of many texts need it.
import { readFileSync } from 'node:fs';

const REPLACED = [
  ['widths = new Map();', 'widths = new Kept();'],
  ['blockWidths = new Map();', 'blockWidths = new Kept();'],
  [
    'styledChars = new Map();',
    'styledChars = new Kept();\n    lines = new Kept();\n    slices = new Kept();',
  ],
  ['caches = new OutputCaches();', 'caches = caches;'],
  [
    'let lines = characterLines.map(line => styledCharsToString(line));',
    'let lines = this.caches.lines.get(text);\n' +
      '        if (lines === undefined) {\n' +
      '            lines = characterLines.map(line => styledCharsToString(line));\n' +
      '            this.caches.lines.set(text, lines);\n' +
      '        }',
  ],
  [
    'return this.sliceLineToColumns(line, from, to);',
    'const cut = [from, to, line].join();\n' +
      '                    let slice = this.caches.slices.get(cut);\n' +
      '                    if (slice === undefined) {\n' +
      '                        slice = this.sliceLineToColumns(line, from, to);\n' +
      '                        this.caches.slices.set(cut, slice);\n' +
      '                    }\n' +
      '                    return slice;',
  ],
  [
    'export default class Output',
    'const caches = new OutputCaches();\nexport default class Output',
  ],
];

/** Everything is dropped at once: the next frame fills it again, and nothing has to be counted for each use. */
const KEPT = `
class Kept extends Map {
    set(key, value) {
        if (this.size >= 600) this.clear();
        return super.set(key, value);
    }
}
`;

/** @throws Error when Ink's file reads differently: the change must then be looked at again. */
function keepBetweenFrames(source) {
  return REPLACED.reduce(
    (text, [from, to]) => {
      if (text.split(from).length !== 2)
        throw new Error(`ink/build/output.js has changed: ${from}`);
      return text.replace(from, () => to);
    },
    source.replace('class OutputCaches', () => `${KEPT}class OutputCaches`),
  );
}

export const keptOutput = {
  name: 'kept-output',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]ink[\\/]build[\\/]output\.js$/ }, ({ path }) => ({
      contents: keepBetweenFrames(readFileSync(path, 'utf8')),
      loader: 'js',
    }));
  },
};

// What Ink gets as string-width. The real one compiles its emoji expression when it is loaded (28 ms of the first
// frame) and segments every text that is not ASCII; what we draw needs neither.
const SGR = /\u001B\[[\d;]*m/g;
/** Printable ASCII and the symbols that we draw with: one column each (the same set as in src/components/width.ts). */
const NARROW = /^[ -~●▲✖◌⊘…›‹·–→←↑↓░│─├└┌┐┘╭╮╰╯▁▂▃▄▅▆▇█]*$/;

let measure = null;

module.exports = function stringWidth(text, options) {
  if (typeof text === 'string' && options === undefined) {
    const visible = text.includes('\u001B') ? text.replace(SGR, '') : text;
    if (NARROW.test(visible)) return visible.length;
  }
  measure ??= require('string-width').default;
  return measure(text, options);
};

// An emulated screen as SVG: runs of equal style become one text each, backgrounds become rectangles.
const COLOURS = [
  '#1d1f21',
  '#cc6666',
  '#8abd68',
  '#e6c547',
  '#81a2be',
  '#b294bb',
  '#8abeb7',
  '#c5c8c6',
  '#7c7c7c',
  '#d54e53',
  '#b9ca4a',
  '#e7c547',
  '#7aa6da',
  '#c397d8',
  '#70c0b1',
  '#eaeaea',
];
const FOREGROUND = '#c5c8c6';
const BACKGROUND = '#1d1f21';
const CELL_WIDTH = 8.4;
const CELL_HEIGHT = 18;
const MARGIN = 12;
const TITLE_HEIGHT = 34;
const BASELINE = 13.5;

const hex = (value) => value.toString(16).padStart(2, '0');

/** xterm's 256 colours: 16 named, a 6×6×6 cube, 24 greys. */
function paletteColour(index) {
  if (index < 16) return COLOURS[index];
  if (index >= 232) return `#${hex(8 + (index - 232) * 10).repeat(3)}`;
  const steps = [36, 6, 1].map((size) => Math.floor((index - 16) / size) % 6);
  return `#${steps.map((step) => hex(step === 0 ? 0 : 55 + step * 40)).join('')}`;
}

function colour(isDefault, isRgb, value, fallback) {
  if (isDefault) return fallback;
  return isRgb ? `#${value.toString(16).padStart(6, '0')}` : paletteColour(value);
}

function styleOf(cell) {
  const front = colour(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor(), FOREGROUND);
  const back = colour(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor(), BACKGROUND);
  const isInverse = Boolean(cell.isInverse());
  return {
    front: isInverse ? back : front,
    back: isInverse ? front : back,
    isBold: Boolean(cell.isBold()),
    isDim: Boolean(cell.isDim()),
    isUnderlined: Boolean(cell.isUnderline()),
  };
}

const escapeXml = (text) =>
  text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);

function* runsOf(line, columns) {
  let run = null;
  for (let x = 0; x < columns; x++) {
    const cell = line.getCell(x);
    if (cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const key = JSON.stringify(style);
    const text = cell.getChars() || ' ';
    if (run?.key === key) {
      run.text += text;
      run.cells += cell.getWidth();
    } else {
      if (run) yield run;
      run = { key, x, style, text, cells: cell.getWidth() };
    }
  }
  if (run) yield run;
}

function drawRun({ x, style, text, cells }, y) {
  const left = (MARGIN + x * CELL_WIDTH).toFixed(1);
  const top = TITLE_HEIGHT + y * CELL_HEIGHT;
  const width = cells * CELL_WIDTH;
  const parts = [];
  if (style.back !== BACKGROUND) {
    parts.push(
      `<rect x="${left}" y="${top}" width="${(width + 0.3).toFixed(1)}" height="${CELL_HEIGHT}" fill="${style.back}"/>`,
    );
  }
  if (text.trim() !== '') {
    const extras = [
      style.isBold ? ' font-weight="bold"' : '',
      style.isDim ? ' opacity=".6"' : '',
      style.isUnderlined ? ' text-decoration="underline"' : '',
    ].join('');
    parts.push(
      `<text x="${left}" y="${top + BASELINE}" fill="${style.front}"${extras} textLength="${width.toFixed(1)}" xml:space="preserve">${escapeXml(text)}</text>`,
    );
  }
  return parts.join('');
}

export function toSvg(emulator, title) {
  const { active } = emulator.buffer;
  const width = Math.ceil(emulator.cols * CELL_WIDTH + 2 * MARGIN);
  const height = emulator.rows * CELL_HEIGHT + TITLE_HEIGHT + MARGIN;
  const lines = Array.from({ length: emulator.rows }, (_, y) => {
    const line = active.getLine(active.viewportY + y);
    return [...runsOf(line, emulator.cols)].map((run) => drawRun(run, y)).join('');
  });
  const dots = ['#ff5f56', '#ffbd2e', '#27c93f']
    .map((fill, index) => `<circle cx="${20 + index * 20}" cy="17" r="6" fill="${fill}"/>`)
    .join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>${dots}`,
    `<text x="${width / 2}" y="22" fill="#888" text-anchor="middle">${escapeXml(title)}</text>`,
    ...lines.filter((line) => line !== ''),
    '</svg>\n',
  ].join('\n');
}

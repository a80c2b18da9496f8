import { scalarStyle } from '../../talos/go-yaml.js';

/** go.yaml.in/yaml/v2, which sigs.k8s.io/yaml uses: a line may end at the first space beyond this. */
const WIDTH = 80;
const INDENT = '  ';

/** `-o yaml`: keys sorted, lists not indented below their key. Takes what JSON can hold. */
export const kubeYaml = (value: unknown): string => `${node(value, '')}\n`;

/** Without the indentation of its first line. */
function node(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return scalar(value, indent, indent.length);
  const entries = Object.entries(value);
  if (Array.isArray(value)) {
    if (entries.length === 0) return '[]';
    return value.map((item) => `- ${node(item, indent + INDENT)}`).join(`\n${indent}`);
  }
  if (entries.length === 0) return '{}';
  return entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => entry(scalar(key, indent, 0), field, indent))
    .join(`\n${indent}`);
}

function entry(key: string, value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) {
    const column = indent.length + key.length + 2;
    return `${key}: ${scalar(value, indent, column)}`;
  }
  if (Object.keys(value).length === 0) return `${key}: ${Array.isArray(value) ? '[]' : '{}'}`;
  const inner = Array.isArray(value) ? indent : indent + INDENT;
  return `${key}:\n${inner}${node(value, inner)}`;
}

/** @param column where it starts in its line. */
function scalar(value: unknown, indent: string, column: number): string {
  if (typeof value !== 'string') return String(value);
  if (value.includes('\n')) return multiline(value, indent + INDENT);
  switch (scalarStyle(value)) {
    case 'plain':
      return folded(value, indent, column);
    case 'single':
      return `'${folded(value.replaceAll("'", "''"), indent, column + 1)}'`;
    case 'double':
      return `"${folded(JSON.stringify(value).slice(1, -1), indent, column + 1)}"`;
  }
}

/** A text with blanks before a line's end cannot stand in a block. */
function multiline(text: string, indent: string): string {
  if (/ (\n|$)|[^\P{C}\n]/u.test(text)) return JSON.stringify(text);
  const hint = /^\s/.test(text) ? '2' : '';
  const chomping = !text.endsWith('\n') ? '-' : /(^|\n)\n$/.test(text) ? '+' : '';
  const lines = text.replace(/\n$/, '').split('\n');
  return `|${hint}${chomping}\n${lines.map((line) => (line === '' ? '' : indent + line)).join('\n')}`;
}

function folded(text: string, indent: string, column: number): string {
  let at = column;
  return [...text]
    .map((character, index) => {
      const isAlone = text[index - 1] !== ' ' && text[index + 1] !== ' ';
      const isInside = index > 0 && index < text.length - 1;
      if (character === ' ' && at > WIDTH && isAlone && isInside) {
        at = indent.length + INDENT.length;
        return `\n${indent}${INDENT}`;
      }
      at += 1;
      return character;
    })
    .join('');
}

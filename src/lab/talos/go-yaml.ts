/** A value as Go's yaml encoder sees it; `undefined` is an omitted field (`omitempty`). */
export type YamlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue | undefined };

const INDENT = '    ';

/**
 * The text that go.yaml.in/yaml prints with its default settings: four spaces, lists indented below their key,
 * `[]` and `{}` for empty, a newline at the end. Clients parse it, and people read it in `talosctl get -o yaml`.
 */
export function toGoYaml(value: YamlValue): string {
  if (isScalar(value)) return `${scalar(value, '')}\n`;
  const lines: string[] = [];
  if (isList(value)) writeList(value, '', lines);
  else writeMap(value, '', lines);
  return `${lines.length === 0 ? emptyOf(value) : lines.join('\n')}\n`;
}

function writeMap(
  map: { readonly [key: string]: YamlValue | undefined },
  indent: string,
  lines: string[],
): void {
  for (const [key, value] of Object.entries(map)) {
    if (value === undefined) continue;
    const name = `${indent}${scalar(key, indent)}:`;
    if (isScalar(value)) lines.push(`${name} ${scalar(value, deeper(indent))}`);
    else if (isEmpty(value)) lines.push(`${name} ${emptyOf(value)}`);
    else {
      lines.push(name);
      if (isList(value)) writeList(value, deeper(indent), lines);
      else writeMap(value, deeper(indent), lines);
    }
  }
}

function writeList(list: readonly YamlValue[], indent: string, lines: string[]): void {
  for (const item of list) {
    if (isScalar(item)) lines.push(`${indent}- ${scalar(item, `${indent}  `)}`);
    else if (isEmpty(item)) lines.push(`${indent}- ${emptyOf(item)}`);
    else {
      const inner: string[] = [];
      if (isList(item)) writeList(item, `${indent}  `, inner);
      else writeMap(item, `${indent}  `, inner);
      lines.push(`${indent}- ${(inner[0] ?? '').trimStart()}`, ...inner.slice(1));
    }
  }
}

/** The emitter goes to the next multiple of four: below a list item, which stands at two, that is only two more. */
const deeper = (indent: string): string =>
  INDENT.repeat(Math.floor(indent.length / INDENT.length) + 1);

type Scalar = string | number | bigint | boolean | null;

const isScalar = (value: YamlValue): value is Scalar => value === null || typeof value !== 'object';
const isList = (value: YamlValue): value is readonly YamlValue[] => Array.isArray(value);
const emptyOf = (value: YamlValue): string => (isList(value) ? '[]' : '{}');
const isEmpty = (value: YamlValue): boolean =>
  isList(value)
    ? value.length === 0
    : Object.values(value ?? {}).every((field) => field === undefined);

function scalar(value: Scalar, indent: string): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return goNumber(value);
  if (typeof value !== 'string') return String(value);
  if (value.includes('\n')) return block(value, indent || INDENT);
  return quoted(value);
}

/** Go prints floats with %g: an exponent from 21 digits on, and `+` in it. */
function goNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? text.replace(/e([+-]?)(\d)$/, 'e$10$2') : text;
}

function block(text: string, indent: string): string {
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const chomping = text.endsWith('\n') ? (body.endsWith('\n') ? '+' : '') : '-';
  // Below a list item it stands two deeper, everywhere else at a multiple of four.
  const hint = /^\s/.test(text) ? String(indent.length % INDENT.length || INDENT.length) : '';
  const lines = body.split('\n').map((line) => (line === '' ? '' : indent + line));
  return `|${hint}${chomping}\n${lines.join('\n')}`;
}

/** What a YAML 1.1 or 1.2 reader would take for something else than a string. */
const AMBIGUOUS =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|<<|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?0x[0-9a-fA-F_]+|[-+]?0o?[0-7_]+|[-+]?0b[01_]+|[-+]?[0-9][0-9_]*|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?)$/;

const NEEDS_QUOTES = /^[#,[\]{}&*!|>'"%@`]|^[-?:](?:\s|$)|^\s|\s$|:\s|:$|\s#|^(?:---|\.\.\.)/;

/** How Go writes a text of one line. */
export function scalarStyle(text: string): 'plain' | 'single' | 'double' {
  if (text === '' || AMBIGUOUS.test(text)) return 'double';
  if (/[\u0000-\u001f\u007f-\u009f\ufeff]/.test(text)) return 'double';
  return NEEDS_QUOTES.test(text) ? 'single' : 'plain';
}

function quoted(text: string): string {
  switch (scalarStyle(text)) {
    case 'plain':
      return text;
    case 'single':
      return `'${text.replaceAll("'", "''")}'`;
    case 'double':
      return JSON.stringify(text);
  }
}

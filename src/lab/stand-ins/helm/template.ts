import { Failure } from '../kubectl/failure.js';
import { kubeYaml } from '../kubectl/yaml.js';

/** `Release`, `Chart` and `Values` of one chart. */
export type Scope = Readonly<Record<string, unknown>>;

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly words: string };

const ACTION = /\{\{(-)?\s*(.*?)\s*(-)?\}\}/gs;

/** As far as the lab's charts go: fields, `if`, `else`, `end`, `default`, `quote`, `toYaml`, `nindent`. @throws Failure */
export function rendered(template: string, scope: Scope): string {
  const parts = partsOf(template);
  const lines: string[] = [];
  const open: { readonly isOuter: boolean; isOn: boolean }[] = [];
  const isOn = (): boolean => open.every((block) => block.isOn);
  for (const part of parts) {
    if (part.kind === 'text') {
      if (isOn()) lines.push(part.text);
      continue;
    }
    const [word = '', ...rest] = part.words.split(/\s+/);
    const block = open.at(-1);
    if (word === 'if')
      open.push({ isOuter: isOn(), isOn: isTrue(evaluated(rest.join(' '), scope)) });
    else if (word === 'end') open.pop();
    else if (word === 'else' && block !== undefined) block.isOn = !block.isOn;
    else if (isOn()) lines.push(textOf(evaluated(part.words, scope)));
  }
  return lines.join('');
}

function partsOf(template: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  let isTrimming = false;
  const push = (text: string, isEndTrimmed: boolean): void => {
    const start = isTrimming ? text.trimStart() : text;
    parts.push({ kind: 'text', text: isEndTrimmed ? start.trimEnd() : start });
  };
  for (const match of template.matchAll(ACTION)) {
    push(template.slice(at, match.index), match[1] !== undefined);
    parts.push({ kind: 'action', words: match[2] ?? '' });
    isTrimming = match[3] !== undefined;
    at = match.index + match[0].length;
  }
  push(template.slice(at), false);
  return parts;
}

/** Go: zero values are false. */
const isTrue = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);

const textOf = (value: unknown): string =>
  value === undefined || value === null ? '' : String(value);

function evaluated(words: string, scope: Scope): unknown {
  const [first = '', ...filters] = words.split('|').map((word) => word.trim());
  return filters.reduce<unknown>(
    (value, filter) => filtered(value, filter, scope),
    term(first, scope),
  );
}

function term(words: string, scope: Scope): unknown {
  const [name = '', argument = ''] = words.split(/\s+/);
  if (name === 'toYaml') return kubeYaml(field(argument, scope)).trimEnd();
  return field(name, scope);
}

function field(word: string, scope: Scope): unknown {
  if (!word.startsWith('.')) throw new Failure(`Error: the lab's helm cannot read {{ ${word} }}`);
  return word
    .slice(1)
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Scope)[key] : undefined,
      scope,
    );
}

function filtered(value: unknown, filter: string, scope: Scope): unknown {
  const [name = '', argument = ''] = filter.split(/\s+/);
  switch (name) {
    case 'quote':
      return JSON.stringify(textOf(value));
    case 'default':
      return isTrue(value) ? value : field(argument, scope);
    case 'nindent':
      return `\n${textOf(value).replace(/^/gm, ' '.repeat(Number(argument)))}`;
    default:
      throw new Failure(`Error: the lab's helm does not know the function ${name}`);
  }
}

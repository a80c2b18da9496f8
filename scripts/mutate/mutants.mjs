// Finds the places where one small change could go unnoticed, and writes all changes into one text, each behind a switch.
import { parseAst } from 'vitest/node';

const OPPOSITES = {
  '>': ['>=', '<'],
  '>=': ['>', '<'],
  '<': ['<=', '>'],
  '<=': ['<', '>'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
};
const CALLS = {
  every: 'some',
  some: 'every',
  startsWith: 'endsWith',
  max: 'min',
  min: 'max',
  has: null,
  filter: null,
  toSorted: null,
};
/** Their texts are names for the compiler, never values. */
const UNTOUCHED = new Set(['ImportDeclaration', 'ExportAllDeclaration', 'TSTypeAliasDeclaration']);

/** @returns {{ start: number, end: number, text: string, what: string }[]} */
export function mutantsOf(source) {
  const found = [];
  visit(parseAst(source, { lang: 'ts' }), null, (node, parent) => {
    for (const text of changesOf(node, parent, source)) {
      found.push({
        start: node.start,
        end: node.end,
        text,
        what: `${source.slice(node.start, node.end)} → ${text}`,
      });
    }
  });
  return found;
}

function visit(node, parent, see) {
  if (UNTOUCHED.has(node.type)) return;
  if (node.type.startsWith('TS') && !('expression' in node)) return;
  see(node, parent);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'typeAnnotation' || key === 'returnType' || key === 'typeArguments') continue;
    // A short property must stay a name, and the pattern of a parameter is no value.
    if (node.type === 'Property' && (key === 'key' || node.shorthand)) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child !== null && typeof child === 'object' && typeof child.type === 'string') {
        visit(child, node, see);
      }
    }
  }
}

function changesOf(node, parent, source) {
  const slice = ({ start, end }) => source.slice(start, end);
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return (OPPOSITES[node.operator] ?? []).map(
        (operator) => `(${slice(node.left)}) ${operator} (${slice(node.right)})`,
      );
    case 'UnaryExpression':
      return node.operator === '!' ? [slice(node.argument)] : [];
    case 'ConditionalExpression':
      return [slice(node.consequent), slice(node.alternate)];
    case 'Literal':
      return literalChanges(node, parent);
    case 'TemplateLiteral':
      return parent?.type === 'TaggedTemplateExpression' ? [] : ["''"];
    case 'ArrayExpression':
      return node.elements.length > 0 ? ['[]'] : [];
    case 'CallExpression':
      return callChanges(node, slice);
    case 'ArrowFunctionExpression':
      return node.expression ? ['() => undefined'] : [];
    default:
      return [];
  }
}

function literalChanges({ value }, parent) {
  if (parent?.type === 'ImportExpression') return [];
  if (typeof value === 'boolean') return [String(!value)];
  if (typeof value === 'number') return [String(value + 1)];
  if (typeof value === 'string') return [value === '' ? "'mutated'" : "''"];
  return [];
}

function callChanges({ callee, arguments: given, start, end }, slice) {
  if (callee.type !== 'MemberExpression' || callee.computed) return [];
  const { name } = callee.property;
  if (!Object.hasOwn(CALLS, name)) return [];
  const other = CALLS[name];
  if (name === 'has') return [`!(${slice({ start, end })})`];
  if (other === null) return [slice(callee.object)];
  return [`${slice(callee.object)}.${other}(${given.map(slice).join(', ')})`];
}

/** Conditions of `if` have no expression of their own to stand for: they are forced both ways. */
export function forcedConditions(source) {
  const found = [];
  visit(parseAst(source, { lang: 'ts' }), null, (node) => {
    if (node.type !== 'IfStatement') return;
    for (const text of ['true', 'false']) {
      const { start, end } = node.test;
      found.push({ start, end, text, what: `if (${source.slice(start, end)}) → ${text}` });
    }
  });
  return found;
}

/** The source with every change behind `globalThis.mutant`; `firstId` is the number of its first one. */
export function instrumented(source, mutants, firstId) {
  const sites = new Map();
  mutants.forEach(({ start, end, text }, index) => {
    const key = `${start}:${end}`;
    const site = sites.get(key) ?? { start, end, changes: [] };
    site.changes.push({ id: firstId + index, text });
    sites.set(key, site);
  });
  const ordered = [...sites.values()].sort((a, b) => a.start - b.start || b.end - a.end);
  return render(source, 0, source.length, ordered);
}

function render(source, from, to, sites) {
  let text = '';
  let at = from;
  let rest = sites;
  while (rest.length > 0) {
    const [site, ...others] = rest;
    const inner = others.filter(({ start, end }) => start >= site.start && end <= site.end);
    rest = others.filter((each) => !inner.includes(each));
    const original = render(source, site.start, site.end, inner);
    const choices = site.changes.map(
      ({ id, text: change }) => `globalThis.mutant === ${id} ? (${change}) : `,
    );
    text += `${source.slice(at, site.start)}(${choices.join('')}(${original}))`;
    at = site.end;
  }
  return text + source.slice(at, to);
}

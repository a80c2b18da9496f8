import { parse } from 'yaml';
import { CommandError } from './errors.js';
import { type Fields, isFields } from './patch-deletes.js';

export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** RFC 6902, as JSON or as YAML. null = it is none. */
export function operationsOf(text: string): readonly Operation[] | null {
  try {
    const value: unknown = parse(text);
    const isList = Array.isArray(value) && value.every((each) => isFields(each) && 'op' in each);
    return isList ? (value as readonly Operation[]) : null;
  } catch {
    return null;
  }
}

/** add, replace, remove. @throws CommandError for a path that is not there. */
export function applyOperation(document: Fields, { op, path, value }: Operation): Fields {
  const result = structuredClone(document) as Record<string, unknown>;
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = parts.pop() ?? '';
  let at: unknown = result;
  for (const part of parts) at = (at as Record<string, unknown> | undefined)?.[part];
  if (typeof at !== 'object' || at === null) {
    throw new CommandError(`error in ${op} for path '${path}': missing path`);
  }
  const target = at as Record<string, unknown>;
  if ((op === 'remove' || op === 'replace') && target[last] === undefined) {
    throw new CommandError(`Unable to ${op} nonexistent key: ${last}: missing value`);
  }
  if (Array.isArray(at)) changeList(at, op, last, value);
  else if (op === 'remove') delete target[last];
  else target[last] = value;
  return result;
}

function changeList(list: unknown[], op: string, last: string, value: unknown): void {
  const index = last === '-' ? list.length : Number(last);
  if (op === 'remove') list.splice(index, 1);
  else list.splice(index, op === 'replace' ? 1 : 0, value);
}

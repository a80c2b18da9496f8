import type { z } from 'zod';

export interface ShapeProblem {
  /** To the first field that does not fit. */
  readonly way: readonly PropertyKey[];
  /** Names the field: `` `proxmox.url` is missing ``. No full stop. */
  readonly text: string;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of keys',
  record: 'a block of keys',
};

/** What is wrong with something that an operator wrote, in an operator's words. */
export function shapeProblem(error: z.ZodError, content: unknown, whole: string): ShapeProblem {
  const [issue] = error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const way = [...(issue?.path ?? []), ...unknown];
  const name = way.length === 0 ? whole : `\`${way.map(String).join('.')}\``;
  return { way, text: `${name} ${issue === undefined ? 'is wrong' : wordsOf(issue, content)}` };
}

function wordsOf(issue: z.core.$ZodIssue, content: unknown): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'is no known key';
    case 'invalid_type':
      return absence(issue.path, content) ?? `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return (
        absence(issue.path, content) ?? `must be one of ${issue.values.map(String).join(', ')}`
      );
    case 'too_small':
      return 'is empty';
    case 'custom':
      return issue.message;
    default:
      return `cannot be used: ${issue.message}`;
  }
}

function absence(way: readonly PropertyKey[], content: unknown): string | null {
  const value = way.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    content,
  );
  if (value === undefined) return 'is missing';
  return value === null ? 'has no value' : null;
}

import { expect, test } from 'vitest';
import { z } from 'zod';
import { shapeProblem } from '../../src/clients/shape-words.js';

const shape = z.strictObject({
  url: z.string().min(1),
  theme: z.enum(['dark', 'light']).optional(),
  readOnly: z.boolean().optional(),
  nodes: z.array(z.strictObject({ name: z.string() })).optional(),
  vip: z
    .string()
    .refine((text) => text.includes('.'), 'is no IP address')
    .optional(),
});

test.each([
  [{}, '`url` is missing'],
  [{ url: null }, '`url` has no value'],
  [{ url: 7 }, '`url` must be text'],
  [{ url: '' }, '`url` is empty'],
  [{ url: 'x', theme: 'purple' }, '`theme` must be one of dark, light'],
  [{ url: 'x', readOnly: 'yes' }, '`readOnly` must be true or false'],
  [{ url: 'x', nodes: 'a' }, '`nodes` must be a list'],
  [{ url: 'x', nodes: ['a'] }, '`nodes.0` must be a block of keys'],
  [{ url: 'x', nodes: [{}] }, '`nodes.0.name` is missing'],
  [{ url: 'x', vip: 'home' }, '`vip` is no IP address'],
  [{ url: 'x', redonly: true }, '`redonly` is no known key'],
  [[], 'the file must be a block of keys'],
])('%j is told in plain words', (content, words) => {
  const error = shape.safeParse(content).error ?? new z.ZodError([]);

  expect(shapeProblem(error, content, 'the file').text).toBe(words);
});

import { z } from 'zod';

/**
 * Perl's JSON does not know what a field is: numbers come as text, booleans as 0 and 1 in either form, and much
 * that is false or empty does not come at all (proxmox/pve-manager 8 and 9).
 */
export const num = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i, 'is no number')
    .transform(Number),
]);

export const bool01 = z
  .union([
    z.boolean(),
    z.literal([0, 1]).transform((value) => value === 1),
    z.literal(['0', '1', '']).transform((value) => value === '1'),
  ])
  .nullish()
  .transform((value) => value ?? false);

export const str = z.union([z.string(), z.number().transform(String)]);

/** Null when absent. */
export const maybe = <T extends z.ZodType>(field: T) =>
  field.nullish().transform((value) => (value === undefined ? null : value) as z.infer<T> | null);

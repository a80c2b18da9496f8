import { z } from 'zod';

/** Fields of Kubernetes objects: Go leaves out what is empty, or writes null. */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
export const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
export const map = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
export const moment = z.iso.datetime({ offset: true }).transform((value) => Date.parse(value));
export const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);

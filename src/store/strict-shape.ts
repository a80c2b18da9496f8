import type { z } from 'zod';
import { type OperatorFile, problemAt } from '../clients/operator-file.js';
import { shapeProblem } from '../clients/shape-words.js';

/**
 * Checks one of our own files. An unknown key is an error with its line: a misspelt `readOnly` must not go
 * unnoticed.
 * @throws ConfigurationError for the first field that does not fit
 */
export function checkStrict<T>(file: OperatorFile, schema: z.ZodType<T>): T {
  const result = schema.safeParse(file.content);
  if (result.success) return result.data;
  const { way, text } = shapeProblem(result.error, file.content, 'the file');
  const line = file.lineOf(way);
  throw problemAt(
    file,
    way,
    `${text}.`,
    `Correct line ${line} of ${file.path}; it is not changed by talos-tui.`,
  );
}

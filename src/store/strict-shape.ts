import type { z } from 'zod';
import { type OperatorFile, problemAt } from '../clients/operator-file.js';

/**
 * Checks one of our own files. An unknown key is an error with its line: a misspelt `readOnly` must not go
 * unnoticed.
 * @throws ConfigurationError for the first field that does not fit
 */
export function checkStrict<T>(file: OperatorFile, schema: z.ZodType<T>): T {
  const result = schema.safeParse(file.content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const way = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])];
  const where = way.map(String).join('.') || 'the file';
  const line = file.lineOf(way);
  throw problemAt(
    file,
    way,
    unknown === undefined ? `${where}: ${issue?.message}` : `${where} is no known key.`,
    `Correct line ${line} of ${file.path}; it is not changed by talos-tui.`,
  );
}

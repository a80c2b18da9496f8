import { keysPage } from '../documents.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import type { Invocation } from '../invocation.js';

/** The page docs/keys.md; hidden, for `npm run docs`. */
export async function keys({ output }: Invocation): Promise<ExitCode> {
  output.line(keysPage().trimEnd());
  return EXIT.ok;
}

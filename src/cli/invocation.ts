import type { ExitCode } from './exit-code.js';
import type { Options } from './options.js';
import type { Output } from './output.js';

/** What every headless command gets. */
export interface Invocation {
  readonly options: Options;
  readonly isJson: boolean;
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
}

export type Handler = (invocation: Invocation) => Promise<ExitCode>;

/** Options that every command takes (DESIGN §8). */
export interface Options {
  /** Scenario of a lab that is started for this command; null: a real cluster. */
  readonly demo: string | null;
  readonly cluster: string | null;
  readonly isReadOnly: boolean;
  readonly isAscii: boolean;
  readonly hasColor: boolean;
  readonly configDir: string | null;
  readonly stateDir: string | null;
}

export const DEFAULT_SCENARIO = 'healthy';

/** Commands of the command line, so that `--demo status` is not read as a scenario. */
export const COMMANDS: readonly string[] = [
  'status',
  'plan',
  'run',
  'runs',
  'snapshots',
  'actions',
  'clusters',
  'lab',
  'help',
];

/** NO_COLOR counts when present and not empty (no-color.org). */
export const wantsColor = (env: NodeJS.ProcessEnv): boolean => !env.NO_COLOR;

/** Linux consoles have no glyphs for box drawing beyond their font of 256 or 512. */
export const needsAscii = (env: NodeJS.ProcessEnv): boolean =>
  /^(linux|vt\d+|ansi)/.test(env.TERM ?? '');

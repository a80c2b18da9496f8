import { COMMANDS, DEFAULT_SCENARIO, needsAscii, type Options, wantsColor } from './options.js';

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly hasInputTerminal: boolean;
  readonly hasOutputTerminal: boolean;
}

/** What to load: the console must paint before anything heavier than Ink is read from disk. */
export type Look =
  | { readonly kind: 'console'; readonly options: Options }
  | { readonly kind: 'headless'; readonly argv: readonly string[] }
  | { readonly kind: 'dumb-terminal' };

interface Flags {
  demo: string | null;
  cluster: string | null;
  isReadOnly: boolean;
  isAscii: boolean;
  hasColor: boolean;
  configDir: string | null;
  stateDir: string | null;
  /** Nothing for the console: what is asked for is the status. */
  isJson: boolean;
}

/**
 * Reads only the options that the console itself takes. Everything else, also every mistake, goes to the full
 * parser, which explains it.
 */
export function lookAtArguments(argv: readonly string[], surroundings: Surroundings): Look {
  const { env, hasInputTerminal, hasOutputTerminal } = surroundings;
  const flags: Flags = {
    demo: null,
    cluster: null,
    isReadOnly: false,
    isAscii: needsAscii(env),
    hasColor: wantsColor(env),
    configDir: null,
    stateDir: null,
    isJson: false,
  };
  if (!readFlags(argv, flags)) return { kind: 'headless', argv };
  if (!hasOutputTerminal || !hasInputTerminal || flags.isJson) {
    return { kind: 'headless', argv: ['status', ...argv.map(bareDemo)] };
  }
  if (env.TERM === 'dumb') return { kind: 'dumb-terminal' };
  const { isJson: _, ...options } = flags;
  return { kind: 'console', options };
}

/** `--demo status` means the default scenario: commander would take the command for its value. */
export const protectDemo = (argv: readonly string[]): readonly string[] =>
  argv.map((token, index) =>
    token === '--demo' && COMMANDS.includes(argv[index + 1] ?? '')
      ? `--demo=${DEFAULT_SCENARIO}`
      : token,
  );

const bareDemo = (token: string, index: number, argv: readonly string[]): string =>
  token === '--demo' && (argv[index + 1] ?? '-').startsWith('-')
    ? `--demo=${DEFAULT_SCENARIO}`
    : token;

/** @returns false when something is not for the console. */
function readFlags(argv: readonly string[], flags: Flags): boolean {
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? '';
    const equals = token.indexOf('=');
    const name = equals < 0 ? token : token.slice(0, equals);
    const next = argv[index + 1];
    const inline = equals < 0 ? null : token.slice(equals + 1);
    const value = inline ?? (next !== undefined && !next.startsWith('-') ? next : null);
    if (inline === null && takeSwitch(name, flags)) continue;
    if (value !== null && COMMANDS.includes(value) && inline === null) return false;
    if (!takeValue(name, value, flags)) return false;
    if (inline === null && value !== null) index++;
  }
  return true;
}

function takeSwitch(name: string, flags: Flags): boolean {
  if (name === '--read-only') flags.isReadOnly = true;
  else if (name === '--ascii') flags.isAscii = true;
  else if (name === '--no-color') flags.hasColor = false;
  else if (name === '--json') flags.isJson = true;
  else return false;
  return true;
}

function takeValue(name: string, value: string | null, flags: Flags): boolean {
  if (name === '--demo') {
    flags.demo = value ?? DEFAULT_SCENARIO;
    return true;
  }
  if (value === null || value === '') return false;
  if (name === '--cluster') flags.cluster = value;
  else if (name === '--config-dir') flags.configDir = value;
  else if (name === '--state-dir') flags.stateDir = value;
  else return false;
  return true;
}

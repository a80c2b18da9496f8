import { CommandError } from './errors.js';

/** Long name → whether it takes a value. */
const GLOBAL_FLAGS: FlagTable = {
  talosconfig: 'value',
  context: 'value',
  nodes: 'value',
  endpoints: 'value',
  cluster: 'value',
  'siderov1-keys-dir': 'value',
  help: 'switch',
};

const SHORT_GLOBALS: Readonly<Record<string, string>> = {
  n: 'nodes',
  e: 'endpoints',
  c: 'cluster',
  h: 'help',
};

/** `values`: each use counts, none is split: patches hold commas. */
export type FlagTable = Readonly<Record<string, 'value' | 'values' | 'switch'>>;

export interface CommandFlags {
  readonly flags: FlagTable;
  readonly shorts: Readonly<Record<string, string>>;
}

export interface Arguments {
  /** Command words and positional arguments, in order. */
  readonly words: readonly string[];
  /** The last value of each flag; lists keep all of theirs, comma joined. */
  readonly flags: ReadonlyMap<string, string>;
}

const LISTS: ReadonlySet<string> = new Set([
  'nodes',
  'endpoints',
  'system-labels-to-wipe',
  'user-disks-to-wipe',
  'additional-sans',
  'output-types',
  'registry-mirror',
  'roles',
  'control-plane-nodes',
  'worker-nodes',
]);

/** pflag's error, or a guess when it is not known yet which command this is. */
const unknown = (isLenient: boolean, text: string): void => {
  if (!isLenient) throw new CommandError(text);
};

/**
 * pflag: global flags stand anywhere, `--flag value` and `--flag=value`, `-n value`, `-nvalue`.
 * @throws CommandError in pflag's words.
 */
export function parseArguments(
  argv: readonly string[],
  command: CommandFlags,
  isLenient = false,
): Arguments {
  const table: FlagTable = { ...GLOBAL_FLAGS, ...command.flags };
  const shorts = { ...SHORT_GLOBALS, ...command.shorts };
  const words: string[] = [];
  const flags = new Map<string, string>();
  const rest = [...argv];
  const set = (name: string, value: string): void => {
    const before = flags.get(name);
    const separator = table[name] === 'values' ? '\u0000' : LISTS.has(name) ? ',' : null;
    flags.set(
      name,
      separator !== null && before !== undefined ? `${before}${separator}${value}` : value,
    );
  };
  const take = (name: string, label: string, attached: string | undefined): void => {
    if (table[name] === 'switch') {
      set(name, attached ?? 'true');
      return;
    }
    const value = attached ?? rest.shift();
    if (value === undefined) throw new CommandError(`flag needs an argument: ${label}`);
    set(name, value);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      words.push(...rest.splice(0));
    } else if (word.startsWith('--')) {
      const [name = '', ...value] = word.slice(2).split('=');
      if (table[name] === undefined) {
        unknown(isLenient, `unknown flag: --${name}`);
        continue;
      }
      take(name, `--${name}`, value.length === 0 ? undefined : value.join('='));
    } else if (word.startsWith('-') && word.length > 1) {
      const letter = word.charAt(1);
      const name = shorts[letter];
      if (name === undefined) {
        unknown(isLenient, `unknown shorthand flag: '${letter}' in ${word}`);
        continue;
      }
      const attached = word.slice(2).replace(/^=/, '');
      take(name, `'${letter}' in ${word}`, attached === '' ? undefined : attached);
    } else {
      words.push(word);
    }
  }
  return { words, flags };
}

export const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '').split(',').filter((entry) => entry !== '');

/** pflag's booleans: `--wait`, `--wait=false`. */
export const isOn = ({ flags }: Arguments, name: string, unlessTold = false): boolean => {
  const value = flags.get(name);
  return value === undefined ? unlessTold : value === 'true';
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's time.ParseDuration, as far as flags need it. @throws CommandError in pflag's words. */
export function durationMs(args: Arguments, name: string, unlessToldMs: number): number {
  const text = args.flags.get(name);
  if (text === undefined) return unlessToldMs;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new CommandError(
      `invalid argument "${text}" for "--${name}" flag: time: invalid duration "${text}"`,
    );
  }
  return parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (UNITS[unit] ?? 0), 0);
}

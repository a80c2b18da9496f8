import { usageFailure } from './failure.js';
import { COMMANDS, type FlagSpec, type FlagSpecs, GLOBAL } from './flags.js';

export type Flags = ReadonlyMap<string, string>;

export interface CommandLine {
  /** `get`, `proxy`, …; empty when there is none. */
  readonly command: string;
  readonly positional: readonly string[];
  readonly flags: Flags;
}

/** As cobra reads it: flags may stand anywhere. @throws Failure */
export function parseArguments(argv: readonly string[]): CommandLine {
  const command = commandOf(argv);
  const specs = { ...GLOBAL, ...COMMANDS[command] };
  const flags = new Map<string, string>();
  const positional: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (argument === '--') {
      positional.push(...argv.slice(index + 1));
      break;
    }
    // A lone dash is a file name: standard input.
    if (!argument.startsWith('-') || argument === '-') {
      positional.push(argument);
      continue;
    }
    const flag = readFlag(argument, argv[index + 1], specs, command);
    flags.set(flag.name, flag.value);
    if (flag.usesNext) index += 1;
  }
  return { command, positional: positional.slice(1), flags };
}

/** The first word that is no flag and no value of one. */
function commandOf(argv: readonly string[]): string {
  const everything = Object.assign({}, GLOBAL, ...Object.values(COMMANDS)) as FlagSpecs;
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (!argument.startsWith('-') || argument === '-') return argument;
    const [name = ''] = argument.replace(/^--?/, '').split('=');
    const spec = specNamed(name, argument.startsWith('--'), everything)?.[1];
    if (spec?.takesValue === true && !argument.includes('=')) index += 1;
  }
  return '';
}

interface ReadFlag {
  readonly name: string;
  readonly value: string;
  readonly usesNext: boolean;
}

function readFlag(
  argument: string,
  next: string | undefined,
  specs: FlagSpecs,
  command: string,
): ReadFlag {
  const isLong = argument.startsWith('--');
  const body = argument.slice(isLong ? 2 : 1);
  const at = body.indexOf('=');
  const written = at === -1 ? body : body.slice(0, at);
  const wanted = isLong ? written : written.charAt(0);
  const found = specNamed(wanted, isLong, specs);
  if (found === undefined) {
    throw usageFailure(
      isLong ? `unknown flag: --${written}` : `unknown shorthand flag: '${wanted}' in -${body}`,
      command,
    );
  }
  const [name, spec] = found;
  if (at !== -1) return { name, value: body.slice(at + 1), usesNext: false };
  if (!spec.takesValue) return { name, value: spec.bare ?? 'true', usesNext: false };
  // -ojson
  if (!isLong && body.length > 1) return { name, value: body.slice(1), usesNext: false };
  if (next === undefined) {
    throw usageFailure(
      isLong
        ? `flag needs an argument: --${written}`
        : `flag needs an argument: '${wanted}' in -${body}`,
      command,
    );
  }
  return { name, value: next, usesNext: true };
}

export const isKnownCommand = (command: string): boolean => command in COMMANDS;

export const isOn = (flags: Flags, name: string): boolean => flags.get(name) === 'true';

const specNamed = (
  name: string,
  isLong: boolean,
  specs: FlagSpecs,
): readonly [string, FlagSpec] | undefined =>
  Object.entries(specs).find(([long, { short }]) => (isLong ? long === name : short === name));

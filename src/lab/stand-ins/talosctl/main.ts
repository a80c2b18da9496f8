import { parseArguments } from './arguments.js';
import type { Command } from './commands/command.js';
import { CONFIG_INFO } from './commands/config-info.js';
import { ETCD_COMMANDS } from './commands/etcd.js';
import { GET_COMMANDS } from './commands/get.js';
import { READ } from './commands/read.js';
import { SERVICE_COMMANDS } from './commands/services.js';
import { VERSION } from './commands/version.js';
import { CommandError, textOf } from './errors.js';
import type { Interruption } from './interruption.js';

const COMMANDS: readonly Command[] = [
  VERSION,
  ...GET_COMMANDS,
  ...ETCD_COMMANDS,
  ...SERVICE_COMMANDS,
  CONFIG_INFO,
  READ,
];

/** Every flag of every command: which command it is, is known only after the flags are out of the way. */
const ANY_FLAGS = {
  flags: Object.assign({}, ...COMMANDS.map(({ flags }) => flags.flags)),
  shorts: Object.assign({}, ...COMMANDS.map(({ flags }) => flags.shorts)),
};

const USAGE = `A stand-in for talosctl that speaks to a lab.

Usage:
  talosctl [command]

Available Commands:
${COMMANDS.map(({ usage }) => `  ${usage}\n`).join('')}
Flags:
  -n, --nodes strings        target the specified nodes
  -e, --endpoints strings    override default endpoints in Talos configuration
      --context string       Context to be used in command
      --talosconfig string   The path to the Talos configuration file
`;

/** @throws CommandError when no command has these words. */
function findCommand(words: readonly string[]): Command {
  const matches = COMMANDS.filter(({ names }) =>
    names.every((name, index) => words[index] === name),
  );
  const [longest] = [...matches].sort((a, b) => b.names.length - a.names.length);
  if (longest !== undefined) return longest;
  throw new CommandError(`unknown command "${words.join(' ')}" for "talosctl"`);
}

async function run(argv: readonly string[], interruption: Interruption): Promise<void> {
  const { words, flags } = parseArguments(argv, ANY_FLAGS);
  if (words.length === 0 || words[0] === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const command = findCommand(words);
  if (flags.get('help') === 'true') {
    process.stdout.write(`Usage:\n  talosctl ${command.usage}\n`);
    return;
  }
  const args = parseArguments(argv, command.flags);
  await command.run({ args, operands: args.words.slice(command.names.length), interruption });
}

/** talos.md §0: only 0 and 1, the error last on stderr, usage behind it when the call itself was wrong. */
export async function main(argv: readonly string[], interruption: Interruption): Promise<number> {
  try {
    await run(argv, interruption);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const text = textOf(error);
    process.stderr.write(`${text}\n`);
    if (/arg\(s\)|flag|command/.test(text)) process.stderr.write(`\n${USAGE}\n`);
    return 1;
  }
}

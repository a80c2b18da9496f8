import { parseArguments } from './arguments.js';
import { APPLY_COMMANDS } from './commands/apply.js';
import { CLUSTER_COMMANDS } from './commands/cluster.js';
import { type Command, NO_FLAGS } from './commands/command.js';
import { CONFIG_FILE_COMMANDS } from './commands/config-file.js';
import { CONFIG_INFO } from './commands/config-info.js';
import { ETCD_COMMANDS } from './commands/etcd.js';
import { GEN_COMMANDS } from './commands/gen.js';
import { GET_COMMANDS } from './commands/get.js';
import { HEALTH } from './commands/health.js';
import { IMAGE_COMMANDS } from './commands/images.js';
import { MACHINE_READS } from './commands/machine-reads.js';
import { ORDER_COMMANDS } from './commands/orders.js';
import { READ } from './commands/read.js';
import { SERVICE_COMMANDS } from './commands/services.js';
import { UPGRADE } from './commands/upgrade.js';
import { VALIDATE } from './commands/validate.js';
import { VERSION } from './commands/version.js';
import { CommandError, SaidError, textOf } from './errors.js';
import type { Interruption } from './interruption.js';

const COMMANDS: readonly Command[] = [
  VERSION,
  ...GET_COMMANDS,
  ...ETCD_COMMANDS,
  ...SERVICE_COMMANDS,
  CONFIG_INFO,
  READ,
  HEALTH,
  ...ORDER_COMMANDS,
  UPGRADE,
  ...IMAGE_COMMANDS,
  ...APPLY_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...MACHINE_READS,
  VALIDATE,
  ...GEN_COMMANDS,
  ...CONFIG_FILE_COMMANDS,
];

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

/** Which words are the command's depends on which flags take a value. @throws CommandError when none has these words. */
function findCommand(argv: readonly string[]): Command {
  const matches = COMMANDS.filter(({ names, flags }) => {
    const { words } = parseArguments(argv, flags, true);
    return names.every((name, index) => words[index] === name);
  });
  const [longest] = [...matches].sort((a, b) => b.names.length - a.names.length);
  if (longest !== undefined) return longest;
  const { words } = parseArguments(argv, NO_FLAGS, true);
  throw new CommandError(`unknown command "${words.join(' ')}" for "talosctl"`);
}

async function run(argv: readonly string[], interruption: Interruption): Promise<void> {
  const { words } = parseArguments(argv, NO_FLAGS, true);
  if (words.length === 0 || words[0] === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const command = findCommand(argv);
  const args = parseArguments(argv, command.flags);
  if (args.flags.get('help') === 'true') {
    process.stdout.write(`Usage:\n  talosctl ${command.usage}\n`);
    return;
  }
  await command.run({ args, operands: args.words.slice(command.names.length), interruption });
}

/** talos.md §0: only 0 and 1, the error last on stderr, usage behind it when the call itself was wrong. */
export async function main(argv: readonly string[], interruption: Interruption): Promise<number> {
  try {
    await run(argv, interruption);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error instanceof SaidError) return 1;
    const text = textOf(error);
    process.stderr.write(`${text}\n`);
    if (/arg\(s\)|flag|command/.test(text)) process.stderr.write(`\n${USAGE}\n`);
    return 1;
  }
}

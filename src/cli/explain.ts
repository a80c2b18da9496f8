import type { Command, CommanderError } from 'commander';
import { nextStep } from './nearest.js';
import { UsageError } from './usage-error.js';

/** commander's complaint in one sentence that names the input, the reason and the next step. */
export function explain(error: CommanderError, root: Command, argv: readonly string[]): UsageError {
  const named = /'([^']+)'/.exec(error.message)?.[1] ?? '';
  const word = named.split(/[ ,]/)[0] ?? named;
  const command = commandOf(root, argv);
  const help = `talos-tui ${[...path(command), '--help'].join(' ')}`;
  switch (error.code) {
    case 'commander.unknownOption': {
      const known = [root, command].flatMap((each) =>
        each.options.map((option) => option.long ?? option.flags),
      );
      return new UsageError(`Unknown option ${word}.`, nextStep(word, known, help));
    }
    case 'commander.unknownCommand': {
      const known = command.commands.map((each) => each.name()).filter((name) => name !== 'keys');
      return new UsageError(`Unknown command ${word}.`, nextStep(word, known, help));
    }
    case 'commander.missingArgument':
      return new UsageError(`${path(command).join(' ')} needs <${named}>.`, `Run \`${help}\`.`);
    case 'commander.optionMissingArgument':
      return new UsageError(`${named} needs a value.`, `Run \`${help}\`.`);
    case 'commander.missingMandatoryOptionValue':
      return new UsageError(`${path(command).join(' ')} needs ${named}.`, `Run \`${help}\`.`);
    case 'commander.excessArguments':
      return new UsageError(
        `Too many arguments for ${path(command).join(' ') || 'talos-tui'}.`,
        `Run \`${help}\`.`,
      );
    case 'commander.help': {
      const known = command.commands.map((each) => each.name()).filter((name) => name !== 'keys');
      return new UsageError(
        `${['talos-tui', ...path(command)].join(' ')} needs a command.`,
        `Use one of ${known.join(', ')}.`,
      );
    }
    default:
      return new UsageError(error.message.replace(/^error: /, ''), `Run \`${help}\`.`);
  }
}

/** The deepest command that the words name. */
function commandOf(root: Command, argv: readonly string[]): Command {
  let command = root;
  for (const word of argv) {
    const next = command.commands.find((each) => each.name() === word);
    if (next !== undefined) command = next;
  }
  return command;
}

function path(command: Command): readonly string[] {
  const words: string[] = [];
  for (let each: Command | null = command; each?.parent; each = each.parent) {
    words.unshift(each.name());
  }
  return words;
}

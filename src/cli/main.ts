import { unreachable } from '../model/unreachable.js';
import { EXIT } from './exit-code.js';
import { lookAtArguments } from './light-look.js';

async function start(): Promise<number> {
  const look = lookAtArguments(process.argv.slice(2), {
    env: process.env,
    hasInputTerminal: process.stdin.isTTY === true,
    hasOutputTerminal: process.stdout.isTTY === true,
  });
  switch (look.kind) {
    case 'console':
      return (await import('./start-console.js')).startConsole(look.options, process.env);
    case 'headless':
      return (await import('./program.js')).runHeadless(look.argv, process.env);
    case 'dumb-terminal':
      process.stderr.write(
        'talos-tui: TERM=dumb cannot show the console. Set TERM (for example xterm-256color) or run `talos-tui status`.\n',
      );
      return EXIT.usage;
    default:
      return unreachable(look);
  }
}

// Sockets that somebody still keeps open must not hold a finished command.
process.exit(await start());

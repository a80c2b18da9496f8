import { systemClock } from '../clients/clock.js';
import { unreachable } from '../model/unreachable.js';
import { EXIT } from './exit-code.js';
import { lookAtArguments } from './light-look.js';
import { keepHeapSmall } from './small-heap.js';

async function start(): Promise<number> {
  const look = lookAtArguments(process.argv.slice(2), {
    env: process.env,
    hasInputTerminal: process.stdin.isTTY === true,
    hasOutputTerminal: process.stdout.isTTY === true,
  });
  switch (look.kind) {
    case 'console':
      keepHeapSmall(systemClock);
      return (await loadConsole()).startConsole(look.options, process.env);
    case 'headless': {
      const exitCode = await (await import('./program.js')).runHeadless(look.argv, process.env);
      await Promise.all([whenWritten(process.stdout), whenWritten(process.stderr)]);
      return exitCode;
    }
    case 'dumb-terminal':
      process.stderr.write(
        'talos-tui: TERM=dumb cannot show the console. Set TERM (for example xterm-256color) or run `talos-tui status`.\n',
      );
      return EXIT.usage;
    default:
      return unreachable(look);
  }
}

/** A pipe takes 64 KiB at a time: the rest of a long document waits for its reader, and exit() would drop it. */
const whenWritten = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise((done) => stream.write('', () => done()));

/**
 * yoga-layout decodes its WebAssembly with fetch() where there is one, and the first use of fetch() loads undici:
 * 40 ms before the first frame. Without it yoga decodes by itself (yoga-layout@3.2: yoga-wasm-base64-esm.js).
 */
async function loadConsole(): Promise<typeof import('./start-console.js')> {
  const { fetch } = globalThis;
  Reflect.deleteProperty(globalThis, 'fetch');
  try {
    return await import('./start-console.js');
  } finally {
    globalThis.fetch = fetch;
  }
}

// Sockets that somebody still keeps open must not hold a finished command.
process.exit(await start());

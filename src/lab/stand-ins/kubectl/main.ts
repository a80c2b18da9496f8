import { type CommandLine, isKnownCommand, parseArguments } from './arguments.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';

/** @returns the exit code: kubectl knows 0 and 1 only. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const line = parseArguments(argv);
    return await run(line, argv, io);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}

/** Each command loads on its own: `proxy` is started with every console and has to be quick. */
async function run(line: CommandLine, argv: readonly string[], io: Io): Promise<number> {
  switch (line.command) {
    case 'proxy': {
      const { proxy } = await import('./proxy.js');
      return proxy(line, io);
    }
    case 'version': {
      const { version } = await import('./version.js');
      return version(line, io);
    }
    case 'get': {
      const { get } = await import('./get.js');
      return get(line, io);
    }
    case 'create':
    case 'replace': {
      const { create, send } = await import('./create.js');
      return line.command === 'create' ? create(line, io) : send(line, io);
    }
    case 'certificate': {
      const { certificate } = await import('./certificate.js');
      return certificate(line, io);
    }
    default:
      return runOnObjects(line, argv, io);
  }
}

/** What an operator does to nodes and other objects. */
async function runOnObjects(line: CommandLine, argv: readonly string[], io: Io): Promise<number> {
  switch (line.command) {
    case 'cordon':
    case 'uncordon': {
      const { cordon } = await import('./cordon.js');
      return cordon(line, io);
    }
    case 'drain': {
      const { drain } = await import('./drain.js');
      return drain(line, io);
    }
    case 'annotate':
    case 'label': {
      const { mark } = await import('./metadata.js');
      return mark(line, io);
    }
    case 'delete': {
      const { deleteObjects } = await import('./delete.js');
      return deleteObjects(line, io);
    }
    case 'patch': {
      const { patch } = await import('./patch.js');
      return patch(line, io);
    }
    case 'wait': {
      const { waitFor } = await import('./wait.js');
      return waitFor(line, io);
    }
    case 'auth': {
      const { auth } = await import('./auth.js');
      return auth(line, io);
    }
    default:
      throw unknownCommand(line.command, argv);
  }
}

function unknownCommand(command: string, [first = '']: readonly string[]): Failure {
  // An unknown word could be a plugin, and those take no flags before their name.
  if (command !== '' && first.startsWith('-')) {
    return new Failure(`Error: flags cannot be placed before plugin name: ${first}`);
  }
  if (command === '' || isKnownCommand(command)) {
    return new Failure("error: no command given\nSee 'kubectl --help' for usage.");
  }
  return new Failure(
    `error: unknown command "${command}" for "kubectl"\nThis is the lab's stand-in; a lab started with --real-tools uses the kubectl on PATH.`,
  );
}

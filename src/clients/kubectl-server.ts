import { basename } from 'node:path';
import type { Shell } from './types.js';

type Argv = readonly [string, ...string[]];

/**
 * A command as it has to be given while the kubeconfig's server does not answer: kubectl would go there all the same.
 * Authority and credentials stay those of the context. Other programs, and who names a server, are left alone.
 */
export function throughServer(argv: Argv, server: string | null): Argv {
  const [program, ...rest] = argv;
  if (server === null || basename(program) !== 'kubectl') return argv;
  return rest.some((word) => /^(-s|--server)(=|$)/.test(word))
    ? argv
    : [program, '--server', server, ...rest];
}

/** Runs every kubectl against the API server that answers. */
export function shellThrough(shell: Shell, viaServer: () => string | null): Shell {
  return {
    run: (argv, options) => shell.run(throughServer(argv, viaServer()), options),
  };
}

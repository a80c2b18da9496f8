import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { createProgram } from './command-tree.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { explain } from './explain.js';
import { protectDemo } from './light-look.js';
import { DEFAULT_SCENARIO, needsAscii, type Options, wantsColor } from './options.js';
import { createOutput, reportFailure } from './output.js';

/** Runs one headless command. Nothing of it is loaded when the console starts. */
export async function runHeadless(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ExitCode> {
  const output = createOutput();
  const isJson = argv.includes('--json');
  let exitCode: ExitCode = EXIT.ok;
  const root = createProgram((handler) => async () => {
    exitCode = await handler({ options: readOptions(root, env), isJson, output, env });
  });
  try {
    await root.parseAsync([...protectDemo(argv)], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      return reportFailure(explain(error, root, argv), output, isJson);
    }
    return reportFailure(error, output, isJson);
  }
}

function readOptions(root: Command, env: NodeJS.ProcessEnv): Options {
  const raw = root.opts<{
    demo?: string | true;
    cluster?: string;
    readOnly?: boolean;
    ascii?: boolean;
    color: boolean;
    configDir?: string;
    stateDir?: string;
  }>();
  return {
    demo: raw.demo === true ? DEFAULT_SCENARIO : (raw.demo ?? null),
    cluster: raw.cluster ?? null,
    isReadOnly: raw.readOnly === true,
    isAscii: raw.ascii === true || needsAscii(env),
    hasColor: raw.color && wantsColor(env),
    configDir: raw.configDir ?? null,
    stateDir: raw.stateDir ?? null,
  };
}

import { attachCluster } from './attach.js';
import type { Attached } from './attached.js';
import { chooseConnection } from './choose-connection.js';
import { type Demo, startDemo } from './demo.js';
import { directories } from './directories.js';
import type { ExitCode } from './exit-code.js';
import type { Invocation } from './invocation.js';

/** Connects, does the work, and leaves nothing behind. */
export async function withCluster(
  invocation: Invocation,
  work: (attached: Attached) => Promise<ExitCode>,
): Promise<ExitCode> {
  const demo = invocation.options.demo === null ? null : await startDemo(invocation.options.demo);
  const inside = demo === null ? invocation : inDemo(invocation, demo);
  try {
    const { connection, found } = await chooseConnection(inside);
    for (const problem of found.problems) invocation.output.warn(`talos-tui: ${problem}`);
    const attached = await attachCluster(connection, {
      ...directories(inside.options, inside.env),
      isReadOnly: inside.options.isReadOnly,
      env: inside.env,
      broken: found.broken,
    });
    try {
      return await work(attached);
    } finally {
      await attached.close();
    }
  } finally {
    await demo?.stop();
  }
}

/** From here on the lab is reached exactly as a real cluster is: through files and variables. */
function inDemo(invocation: Invocation, demo: Demo): Invocation {
  const { options, env } = invocation;
  Object.assign(env, demo.env);
  return {
    ...invocation,
    options: {
      ...options,
      configDir: options.configDir ?? demo.configDir,
      stateDir: options.stateDir ?? demo.stateDir,
    },
  };
}

import type { CommandLine } from './arguments.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { openSession } from './session.js';

/** Fits the lab's server. */
const CLIENT = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0',
  gitCommit: '66452049f3d692768c39c797b21b793dce80314e',
  gitTreeState: 'clean',
  buildDate: '2025-12-17T12:35:31Z',
  goVersion: 'go1.25.5',
  compiler: 'gc',
  platform: 'linux/amd64',
};
const KUSTOMIZE = 'v5.7.1';

/** The client part is printed also when no server answers. @throws Failure */
export async function version({ flags }: CommandLine, io: Io): Promise<number> {
  const output = flags.get('output') ?? '';
  if (output !== '' && output !== 'json') {
    throw new Failure("error: --output must be 'yaml' or 'json'");
  }
  const session = flags.get('client') === 'true' ? null : openSession(flags, io);
  let failure: Failure | null = null;
  let server: unknown = null;
  try {
    server = session === null ? null : await session.json('GET', '/version');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  } finally {
    session?.close();
  }
  io.out(output === 'json' ? jsonText(server) : plainText(server));
  if (failure !== null) throw failure;
  return 0;
}

const jsonText = (server: unknown): string =>
  `${JSON.stringify(
    {
      clientVersion: CLIENT,
      kustomizeVersion: KUSTOMIZE,
      ...(server === null ? {} : { serverVersion: server }),
    },
    null,
    2,
  )}\n`;

function plainText(server: unknown): string {
  const lines = [`Client Version: ${CLIENT.gitVersion}`, `Kustomize Version: ${KUSTOMIZE}`];
  if (typeof server === 'object' && server !== null && 'gitVersion' in server) {
    lines.push(`Server Version: ${String(server.gitVersion)}`);
  }
  return `${lines.join('\n')}\n`;
}

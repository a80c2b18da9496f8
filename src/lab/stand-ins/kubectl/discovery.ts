import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Flags } from './arguments.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { klogHead } from './klog.js';
import type { Session } from './session.js';

const TRIES = 5;
/** How kubectl asks for everything at once. */
export const DISCOVERY =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/**
 * kubectl asks once per cache directory and server what there is. Until then a server that is not reached costs
 * five lines of log and leaves stdout empty; afterwards a failed list prints an empty one (kubernetes.md §1).
 */
export async function discover(session: Session, flags: Flags, io: Io): Promise<void> {
  const mark = join(cacheDirectory(flags, io), placeOf(session.target.server), 'asked');
  if (existsSync(mark)) return;
  try {
    await session.json('GET', '/api', undefined, { accept: DISCOVERY });
    await session.json('GET', '/apis', undefined, { accept: DISCOVERY });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const reason = reasonOf(error, session.target.server);
    const line = `${klogHead()} memcache.go:265] "Unhandled Error" err=${JSON.stringify(`couldn't get current server API group list: ${reason}`)}\n`;
    io.err(line.repeat(TRIES));
    throw error;
  }
  remember(mark);
}

function cacheDirectory(flags: Flags, { env }: Io): string {
  const home = env.HOME ?? homedir();
  return flags.get('cache-dir') ?? env.KUBECACHEDIR ?? join(home, '.kube', 'cache');
}

const placeOf = ({ host }: URL): string =>
  join('discovery', host.replaceAll(/[^\w.-]/g, '_'), 'stand-in');

function reasonOf({ message }: Failure, { origin, host }: URL): string {
  const text = message.includes('was refused')
    ? `dial tcp ${host}: connect: connection refused`
    : message.replace(/^Unable to connect to the server: /, '');
  return `Get "${origin}/api?timeout=32s": ${text}`;
}

/** A cache that cannot be written is none: kubectl goes on without it. */
function remember(mark: string): void {
  try {
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, '');
  } catch {
    // The next call asks again.
  }
}

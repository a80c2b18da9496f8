import { isIPv6 } from 'node:net';
import type { Connection } from '../../model/connection.js';
import { CommandFailed, OperatorError } from '../../model/errors.js';
import type { IpAddress } from '../../model/ids.js';
import type { KubeInspection } from '../../model/inspection.js';
import { kubeAccess, readKubeconfig } from '../kubeconfig.js';
import type { Shell } from '../types.js';

type ApiServer = KubeInspection['apiServers'][number];

export interface ApiServerQuestion {
  readonly connection: Connection;
  readonly shell: Shell;
  readonly addresses: readonly IpAddress[];
  readonly signal: AbortSignal;
}

/** kube-apiserver on a Talos node unless it is told otherwise. */
const API_PORT = '6443';
/** For the answer, and for a kubectl that has to start on a busy machine. */
const ANSWER_SECONDS = 4;
const PROGRAM_MS = 10_000;
const ABSENT =
  /connection refused|was refused|no route to host|network is unreachable|i\/o timeout|deadline exceeded|TLS handshake timeout|request canceled|connection reset|EOF$/i;
const NOT_READY = /an error on the server|InternalError|ServiceUnavailable|\[-\]/;

/**
 * Each API server by itself, past every balancer and virtual address. By kubectl, since a kubeconfig may ask for any
 * way to authenticate and anonymous requests are off on Talos.
 */
export async function readApiServers({
  connection,
  ...question
}: ApiServerQuestion): Promise<readonly ApiServer[]> {
  const { kubernetes, programs } = connection;
  if (kubernetes === null) return [];
  const { kubeconfigPath, context } = kubernetes;
  const access = kubeAccess(await readKubeconfig(kubeconfigPath), context);
  const port = new URL(access.server).port || API_PORT;
  return await Promise.all(
    question.addresses.map((address) => {
      const host = isIPv6(address) ? `[${address}]` : address;
      return ask(address, question, [
        programs.kubectl,
        ...['--kubeconfig', kubeconfigPath, '--context', access.contextName],
        ...['get', '--raw', '/readyz', '--server', `https://${host}:${port}`],
        `--request-timeout=${ANSWER_SECONDS}s`,
      ]);
    }),
  );
}

async function ask(
  address: IpAddress,
  { shell, signal }: Omit<ApiServerQuestion, 'connection'>,
  argv: readonly [string, ...string[]],
): Promise<ApiServer> {
  try {
    const { stdout } = await shell.run(argv, {
      effect: 'read',
      timeoutMs: PROGRAM_MS,
      signal,
      target: address,
    });
    const text = stdout.trim();
    return { address, isReady: text === 'ok', text: text === 'ok' ? 'ready' : firstLine(text) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { address, isReady: verdict(error), text: reason(error) };
  }
}

/** Whoever says that it is not ready, and whoever is not there, is not; anything else tells nothing. */
function verdict(error: OperatorError): boolean | null {
  if (!(error instanceof CommandFailed)) return null;
  return ABSENT.test(error.stderr) || NOT_READY.test(error.stderr) ? false : null;
}

function reason(error: OperatorError): string {
  if (!(error instanceof CommandFailed)) return error.message;
  const failed = [...error.stderr.matchAll(/\[-\](\S+)/g)].map(([, check]) => check);
  return failed.length > 0 ? `failed checks: ${failed.join(', ')}` : firstLine(error.stderr);
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] || 'no word from it';

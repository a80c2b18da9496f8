import { request } from 'node:https';
import { ClientError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { unverifiedServer } from './kube-errors.js';
import { patience } from './kube-patience.js';

export interface KubeSign {
  /** Why the server is of no use, or null when it answers. */
  readonly problem: ClientError | null;
  readonly tookMs: number;
}

export type KubeProbe = (server: string, limitMs: () => number) => Promise<KubeSign>;

/**
 * Asks a server for any answer at all, on a connection of its own, verified, and without telling it who asks. An
 * API server says 401 to that (Talos switches anonymous access off), a hung one and a free address say nothing.
 */
export function createKubeProbe(caPem: string, clock: Clock): KubeProbe {
  return (server, limitMs) =>
    new Promise((resolve) => {
      const { host, hostname, port } = new URL(server);
      const sent = request({
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port: port === '' ? 443 : port,
        path: '/version',
        headers: { accept: 'application/json' },
        ca: caPem,
        agent: false,
      });
      const end = (problem: ClientError | null) => {
        waiting.stop();
        sent.destroy();
        resolve({ problem, tookMs: waiting.waitedMs() });
      };
      const waiting = patience(clock, limitMs, () => end(silent(host)));
      sent.on('response', () => end(null));
      sent.on('error', (error: NodeJS.ErrnoException) => end(problemOf(host, error)));
      sent.end();
    });
}

const HINT = 'Check whether the VM runs and whether kube-apiserver runs on it.';

const silent = (host: string): ClientError =>
  new ClientError('timeout', `${host} does not answer`, HINT);

/** Codes of connections; everything else comes from the verification of the certificate. */
const CONNECTION: Readonly<Record<string, (host: string) => string>> = {
  ECONNREFUSED: (host) => `${host} refuses connections`,
  EHOSTUNREACH: (host) => `no route to ${host}`,
  ENETUNREACH: (host) => `no route to ${host}`,
  ETIMEDOUT: (host) => `${host} does not answer`,
  ECONNRESET: (host) => `${host} closes the connection`,
  EPIPE: (host) => `${host} closes the connection`,
  ENOTFOUND: (host) => `the name of ${host} is not known`,
  EAI_AGAIN: (host) => `the name of ${host} is not known`,
};

function problemOf(host: string, cause: NodeJS.ErrnoException): ClientError {
  const words = CONNECTION[cause.code ?? ''];
  return words === undefined
    ? unverifiedServer(host, cause)
    : new ClientError('unreachable', words(host), HINT, { cause });
}

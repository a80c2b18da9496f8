import type { ApiRequestable } from 'proxmox-api';
import type * as Undici from 'undici';
import { z } from 'zod';
import { ClientError, OperatorError } from '../model/errors.js';
import type { Clock } from './clock.js';
import { pveCancelled, pveLost, pveRefusal, pveSilence, pveTransportError } from './pve-errors.js';

export interface PveEngineWiring {
  readonly undici: Pick<typeof Undici, 'fetch'>;
  readonly dispatcher: Undici.Dispatcher;
  /** `https://127.0.0.1:8006` */
  readonly origin: string;
  /** @throws ConfigurationError */
  readonly token: () => Promise<string>;
  /** The token was not accepted: read it again next time. */
  readonly onRefusedToken: () => void;
  readonly clock: Clock;
}

export interface PveCallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Sent once, except a GET whose idle connection the server had just closed. */
const CLOSED_BY_SERVER: readonly string[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

const envelope = z.object({ data: z.unknown() });
const failure = z.object({
  message: z.string().optional(),
  errors: z.record(z.string(), z.string()).optional(),
});

/**
 * Our engine below the typed paths of proxmox-api. Its own one sends failed POSTs twice, hides status codes and
 * forgets tokens (measured on 1.1.1).
 */
export function createPveEngine(wiring: PveEngineWiring, options: PveCallOptions): ApiRequestable {
  return {
    async doRequest(method, path, _template, parameters) {
      const verb = method.toUpperCase();
      const call = () => send(wiring, verb, path, parameters ?? {}, options);
      try {
        return await call();
      } catch (error) {
        if (verb !== 'GET' || !wasClosed(error)) throw error;
        return await call();
      }
    },
  };
}

async function send(
  wiring: PveEngineWiring,
  verb: string,
  path: string,
  parameters: Parameters,
  options: PveCallOptions,
): Promise<unknown> {
  const what = `${verb} ${path.replace(/^\/api2\/json\//, '')}`;
  const token = await wiring.token();
  const { status, statusText, text } = await exchange(wiring, options, (signal) => {
    const encoded = encodeParameters(parameters);
    const isInQuery = verb === 'GET' || verb === 'DELETE';
    const url = new URL(encodePath(path), wiring.origin);
    if (isInQuery) url.search = encoded;
    return wiring.undici.fetch(url, {
      method: verb,
      headers: {
        authorization: `PVEAPIToken=${token}`,
        accept: 'application/json',
        ...(isInQuery ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: isInQuery ? null : encoded,
      dispatcher: wiring.dispatcher,
      // A redirect would carry the token elsewhere.
      redirect: 'manual',
      signal,
    });
  });
  if (status === 200) return dataOf(what, text);
  if (status === 401) wiring.onRefusedToken();
  const { message, errors } = failure.safeParse(parsed(text)).data ?? {};
  throw pveRefusal(what, status, message ?? statusText, errors ?? {});
}

interface Exchanged {
  readonly status: number;
  readonly statusText: string;
  readonly text: string;
}

/** One request with its body, within its time. */
async function exchange(
  { clock, origin }: PveEngineWiring,
  { timeoutMs, signal }: PveCallOptions,
  start: (signal: AbortSignal) => Promise<Undici.Response>,
): Promise<Exchanged> {
  const where = new URL(origin).host;
  if (signal?.aborted) throw pveCancelled(where);
  const abort = new AbortController();
  let verdict: OperatorError | null = null;
  const giveUp = (error: OperatorError) => {
    verdict = error;
    abort.abort();
  };
  const onAbort = () => giveUp(pveCancelled(where));
  signal?.addEventListener('abort', onAbort, { once: true });
  const stopTimer = clock.after(timeoutMs, () => giveUp(pveSilence(where, timeoutMs)));
  try {
    const response = await start(abort.signal);
    const { status, statusText } = response;
    return { status, statusText, text: await response.text() };
  } catch (error) {
    throw verdict ?? transportError(where, error);
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}

function transportError(where: string, error: unknown): unknown {
  const causes = causesOf(error);
  const own = causes.find((cause) => cause instanceof OperatorError);
  if (own !== undefined) return own;
  const coded = causes.find((cause) => codeOf(cause) !== null);
  const told = coded && pveTransportError(where, codeOf(coded) ?? '', coded);
  return told ?? (isFetchFailure(error) ? pveLost(where, causes.at(-1)) : error);
}

/** What fetch refuses by itself, such as a port of its block list, has no code. */
const isFetchFailure = (error: unknown): boolean =>
  error instanceof TypeError && error.message === 'fetch failed';

const wasClosed = (error: unknown): boolean =>
  error instanceof ClientError && CLOSED_BY_SERVER.includes(codeOf(error.cause) ?? '');

/** fetch hides what happened below "fetch failed". */
function causesOf(error: unknown): readonly unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

function dataOf(what: string, text: string): unknown {
  const result = envelope.safeParse(parsed(text));
  if (result.success) return result.data.data;
  throw new ClientError(
    'malformed',
    `Proxmox, ${what}: the answer is not the JSON of Proxmox`,
    'Check that the URL leads to Proxmox itself, not to a login page in front of it.',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** proxmox-api escapes only the slash, so that `a?b` would be cut off. */
const encodePath = (path: string): string =>
  path
    .split('/')
    .map((segment) => encodeURIComponent(segment.replaceAll('%2F', '/')))
    .join('/');

/** Booleans as 0 and 1, lists as repeated keys; the caller's object stays as it is. */
function encodeParameters(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined || one === null) continue;
      query.append(name, typeof one === 'boolean' ? String(Number(one)) : String(one));
    }
  }
  return query.toString();
}

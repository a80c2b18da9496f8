import type { IncomingMessage } from 'node:http';
import type { Flags } from './arguments.js';
import { connect } from './connection.js';
import { Failure } from './failure.js';
import { refusal, unreachable } from './go-errors.js';
import type { Io } from './io.js';
import { loadTarget, type Target } from './kubeconfig.js';

export interface ContentTypes {
  readonly accept?: string;
  /** `application/json` unless told. */
  readonly sent?: string;
}

export interface Session {
  readonly target: Target;
  /** @throws Failure for everything but 2xx */
  readonly json: (
    method: string,
    path: string,
    body?: unknown,
    types?: ContentTypes,
  ) => Promise<unknown>;
  /** The body as it comes, for `--raw`. @throws Failure */
  readonly stream: (method: string, path: string, body?: string) => Promise<IncomingMessage>;
  readonly close: () => void;
}

const RAW_ACCEPT = 'application/json, */*';

/** `8s`, `1m30s`, or bare seconds; 0 = no limit. @throws Failure */
function timeoutMs(text: string | undefined): number {
  if (text === undefined || text === '0') return 0;
  const seconds = /^\d+$/.exec(text);
  if (seconds !== null) return Number(text) * 1000;
  const [, hours = '0', minutes = '0', rest = '0', millis = '0'] =
    /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(text) ?? [];
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(rest)) * 1000 + Number(millis);
  if (ms > 0) return ms;
  throw new Failure(
    'error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
  );
}

/** @param isForObjects See loadTarget. */
export function openSession(flags: Flags, io: Io, isForObjects = false): Session {
  const limitMs = timeoutMs(flags.get('request-timeout'));
  const connection = connect(loadTarget(flags, io, isForObjects));
  const { target } = connection;
  const head = async (
    method: string,
    path: string,
    body: string | undefined,
    { accept = 'application/json', sent = 'application/json' }: ContentTypes,
  ): Promise<IncomingMessage> => {
    try {
      return await connection.call({
        method,
        path: withTimeout(path, flags.get('request-timeout')),
        headers: {
          accept,
          ...(body === undefined
            ? {}
            : {
                'content-type': sent,
                'content-length': String(Buffer.byteLength(body)),
              }),
        },
        ...(body === undefined ? {} : { body }),
        ...(limitMs === 0 ? {} : { signal: AbortSignal.timeout(limitMs) }),
      });
    } catch (error) {
      // A raw request runs into the time limit of the HTTP client, a typed one into that of its context.
      const isRaw = accept === RAW_ACCEPT;
      if (isRaw && error instanceof Error && error.name === 'AbortError') {
        throw new Failure(
          'Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
        );
      }
      throw unreachable(error, target, method, path);
    }
  };
  return {
    target,
    json: async (method, path, body, types = {}) => {
      const content = body === undefined ? undefined : JSON.stringify(body);
      const answer = await head(method, path, content, types);
      return JSON.parse(await successText(answer)) as unknown;
    },
    stream: async (method, path, body) => {
      const answer = await head(method, path, body, { accept: RAW_ACCEPT });
      if ((answer.statusCode ?? 0) < 300) return answer;
      throw refusal(answer.statusCode ?? 0, await textOf(answer));
    },
    close: () => connection.close(),
  };
}

function withTimeout(path: string, timeout: string | undefined): string {
  if (timeout === undefined || timeout === '0') return path;
  return `${path}${path.includes('?') ? '&' : '?'}timeout=${encodeURIComponent(timeout)}`;
}

async function successText(answer: IncomingMessage): Promise<string> {
  const code = answer.statusCode ?? 0;
  const text = await textOf(answer);
  if (code >= 200 && code < 300) return text;
  throw refusal(code, text);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) {
      chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
    }
  } catch {
    throw new Failure('error: unexpected EOF');
  }
  return Buffer.concat(chunks).toString('utf8');
}

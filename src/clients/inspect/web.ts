import { ClientError, type ErrorKind, OperatorError } from '../../model/errors.js';

/** Answers of a registry or factory are lists of names. */
const MAX_BODY_BYTES = 4 * 1024 ** 2;

export interface WebAnswer {
  readonly code: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Asks the factory or a registry, without telling it who asks. @throws ClientError when there is no answer */
export async function askWeb(
  url: URL,
  signal: AbortSignal,
  { method = 'GET', headers = {} }: WebOptions = {},
): Promise<WebAnswer> {
  try {
    const response = await fetch(url, { method, headers, signal });
    return { code: response.status, headers: response.headers, text: await textOf(url, response) };
  } catch (error) {
    throw error instanceof OperatorError ? error : failure(url, signal, error);
  }
}

interface WebOptions {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
}

async function textOf(url: URL, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw webMalformed(url, 'it is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch hides what happened below "fetch failed". */
function failure(url: URL, signal: AbortSignal, error: unknown): unknown {
  if (signal.aborted) {
    return new ClientError('cancelled', `${url.host}: the call was cancelled`, 'Ask again.');
  }
  if (!(error instanceof TypeError)) return error;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const kind: ErrorKind = /CERT|SSL|TLS|SIGNATURE|ISSUER/.test(code) ? 'untrusted' : 'unreachable';
  return new ClientError(
    kind,
    `${url.host}: ${WORDS[code] ?? (cause instanceof Error ? cause.message : error.message)}`,
    'Check the address of the image factory and the way from this machine to it.',
    { cause: error },
  );
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
};

export function webRefusal(url: URL, { code, text }: WebAnswer): ClientError {
  const kind: ErrorKind =
    code === 401 || code === 403 ? 'forbidden' : code === 404 ? 'not-found' : 'rejected';
  const words = text.trim().split('\n', 1)[0]?.slice(0, 120) ?? '';
  return new ClientError(
    kind,
    `${url.host}${url.pathname}: answer ${code}${words === '' ? '' : `: ${words}`}`,
    'Check the address of the image factory, and that it is up.',
  );
}

export const webMalformed = (url: URL, reason: string): ClientError =>
  new ClientError(
    'malformed',
    `${url.host}${url.pathname}: the answer cannot be read: ${reason}`,
    'Check that the address leads to an image factory.',
  );

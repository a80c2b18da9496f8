import type { IncomingMessage, ServerResponse } from 'node:http';
import { endOrBreak } from '../wire/broken-answer.js';
import { killClient } from '../wire/kill-client.js';
import { isForbidden, latencyMsOf, takeApiError, takeTruncation } from '../world/faults.js';
import type { LabHandle, LabPveHost, World } from '../world/types.js';
import { type Asker, isAllowed } from './access.js';
import { checkParameters, type Parameters, parseForm, parseJsonBody } from './parameters.js';
import { missingPrivilege, notImplemented, PveRefusal } from './refusal.js';
import { type Envelope, filled, findRoute, type Route } from './route.js';
import { authenticate, UNAUTHORIZED_DELAY_MS } from './tickets.js';
import { parseUpload } from './upload.js';

const PREFIX = '/api2/json';
/** pve-http-server since April 2025. */
const BODY_LIMIT_BYTES = 512 * 1024;
/** The lab keeps an upload in memory. */
const UPLOAD_LIMIT_BYTES = 1024 ** 3;

export interface PveServer {
  readonly lab: LabHandle;
  readonly routes: readonly Route[];
  readonly fingerprint: string;
  /** The host whose pveproxy this is. */
  readonly host: LabPveHost;
}

/** One HTTP exchange with pveproxy. Never throws. */
export async function serve(
  server: PveServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { world } = server.lab;
  const call = callOf(request);
  const broken = { world, call };
  try {
    const body = await readBody(request);
    // The process is there and nobody is at home.
    if (server.host.isHung) return;
    await delay(latencyMsOf(world, 'pve', call));
    const fault = takeApiError(world, 'pve', call);
    if (fault !== null) throw new PveRefusal(fault, FAULT_TEXTS[fault] ?? 'injected by the lab');
    if (killClient(world, request.socket, call, 'before')) {
      response.destroy();
      return;
    }
    const envelope = await answer(server, request, body);
    killClient(world, request.socket, call, 'after');
    succeed(response, envelope, broken);
  } catch (error) {
    const refusal =
      error instanceof PveRefusal ? error : new PveRefusal(500, `lab: ${String(error)}`);
    const waitMs = refusal.code === 401 ? UNAUTHORIZED_DELAY_MS : refusal.afterMs;
    if (waitMs > 0) {
      await new Promise<void>((resolve) => {
        world.clock.after(waitMs, resolve);
      });
    }
    refuse(response, refusal, broken);
  }
}

/** `PUT:/nodes/pve1/qemu/104/resize` */
function callOf(request: IncomingMessage): string {
  const { pathname } = new URL(request.url ?? '/', 'https://lab');
  return `${request.method ?? 'GET'}:${decodePath(pathname.replace(PREFIX, ''))}`;
}

interface Broken {
  readonly world: World;
  readonly call: string;
}

const FAULT_TEXTS: Readonly<Record<number, string>> = {
  401: 'Authentication failed!',
  403: 'Permission check failed (/, Sys.Audit)',
  500: 'got timeout',
  595: 'No route to host',
  596: 'Connection timed out',
  599: 'Too many redirections',
};

const delay = (ms: number): Promise<void> =>
  ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));

async function answer(
  server: PveServer,
  request: IncomingMessage,
  body: Buffer,
): Promise<Envelope> {
  const { lab, routes, fingerprint, host } = server;
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'https://lab');
  if (!url.pathname.startsWith(`${PREFIX}/`)) throw notImplemented(method, url.pathname);
  const path = decodePath(url.pathname.slice(PREFIX.length));
  const isLogin = method === 'POST' && path === '/access/ticket';
  const hasCredentials = request.headers.authorization !== undefined;
  const user =
    isLogin && !hasCredentials
      ? ''
      : authenticate(lab.world, lab.pveToken, method, request.headers);
  const match = findRoute(routes, method, path);
  if (match === null) throw notImplemented(method, path);
  checkPrivilege({ world: lab.world, user }, match.route, path, match.path);
  const type = request.headers['content-type'] ?? '';
  const upload = type.startsWith('multipart/form-data') ? parseUpload(body, type) : undefined;
  const sent = upload === undefined ? parseBody(request, body.toString('utf8')) : upload.fields;
  const given = { ...parseForm(url.search.slice(1)), ...sent };
  checkParameters(given, match.route.parameters);
  const call = { world: lab.world, user, fingerprint, host, path: match.path, given };
  return match.route.run(upload === undefined ? call : { ...call, upload });
}

/** The whole path is unescaped once, before it is matched. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path).replace(/\/+$/, '') || '/';
  } catch {
    return path;
  }
}

function checkPrivilege(asker: Asker, route: Route, path: string, values: Parameters): void {
  const [template, privilege] = route.privilege ?? ['/', 'Sys.Audit'];
  const at = filled(template, values);
  const isMissing = route.privilege !== null && !isAllowed(asker, at, privilege);
  if (!isMissing && !isForbidden(asker.world, 'pve', path)) return;
  throw missingPrivilege(at, privilege);
}

function parseBody(request: IncomingMessage, body: string): Parameters {
  if (body === '') return {};
  if (request.method === 'DELETE') {
    throw new PveRefusal(501, `Unexpected content for method '${request.method}'`);
  }
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type === 'application/json') return parseJsonBody(body);
  if (type === 'application/x-www-form-urlencoded') return parseForm(body);
  throw new PveRefusal(506, `upload '${type ?? ''}' not implemented`);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (/chunked/i.test(request.headers['transfer-encoding'] ?? '')) {
    throw new PveRefusal(501, 'chunked transfer encoding not supported');
  }
  const limit = /\/upload$/.test(request.url ?? '') ? UPLOAD_LIMIT_BYTES : BODY_LIMIT_BYTES;
  if (Number(request.headers['content-length'] ?? '0') > limit) {
    throw new PveRefusal(501, 'for data too large');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  }
  return Buffer.concat(chunks);
}

const COMMON_HEADERS = {
  'cache-control': 'max-age=0',
  pragma: 'no-cache',
  server: 'pve-api-daemon/3.0',
};

function succeed(response: ServerResponse, envelope: Envelope, broken: Broken): void {
  const body = { ...envelope, data: envelope.data ?? null };
  sendJson(response, { code: 200, reason: 'OK', headers: COMMON_HEADERS, body }, broken);
}

/** The reason phrase carries the text; every refusal closes the connection; a 401 has no body at all. */
function refuse(
  response: ServerResponse,
  { code, message, errors }: PveRefusal,
  broken: Broken,
): void {
  if (response.destroyed) return;
  const [reason = ''] = message.split('\n');
  const headers = { ...COMMON_HEADERS, connection: 'close' };
  if (code === 401) {
    response.writeHead(code, reason, { ...headers, 'content-length': '0' });
    response.end();
    return;
  }
  const body = { data: null, message: `${message}\n`, ...(errors && { errors }) };
  sendJson(response, { code, reason: printable(reason), headers, body }, broken);
}

interface JsonAnswer {
  readonly code: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

function sendJson(
  response: ServerResponse,
  { code, reason, headers, body }: JsonAnswer,
  { world, call }: Broken,
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(code, reason, {
    ...headers,
    'content-type': 'application/json;charset=UTF-8',
    'content-length': String(bytes.length),
  });
  endOrBreak(response, bytes, takeTruncation(world, 'pve', call));
}

/** HTTP allows no control characters in a reason phrase. */
const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?');

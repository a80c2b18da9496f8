import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { World } from '../world/types.js';
import { seconds } from './order.js';
import { PveRefusal } from './refusal.js';

/** pveproxy makes whoever fails to prove himself wait. */
export const UNAUTHORIZED_DELAY_MS = 3000;
const TICKET_SECONDS = 7200;
/** Clocks of cluster nodes may differ. */
const FUTURE_SECONDS = 300;

const signed = (world: World, text: string): string =>
  createHmac('sha256', world.pveAccess.ticketKey).update(text).digest('base64');

const stamp = (world: World): string =>
  seconds(world.clock.now()).toString(16).toUpperCase().padStart(8, '0');

export function createTicket(world: World, user: string): string {
  const plain = `PVE:${user}:${stamp(world)}`;
  return `${plain}::${signed(world, plain)}`;
}

export function createCsrfToken(world: World, user: string): string {
  const time = stamp(world);
  return `${time}:${signed(world, `${time}:${user}`)}`;
}

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const isFresh = (world: World, time: string): boolean => {
  const age = seconds(world.clock.now()) - Number.parseInt(time, 16);
  return age > -FUTURE_SECONDS && age < TICKET_SECONDS;
};

/** @returns the user, null = forged or too old. */
export function ticketUser(world: World, ticket: string): string | null {
  const found = /^(PVE:([^:]+):([0-9A-F]{8}))::(.+)$/.exec(ticket);
  const [, plain = '', user = '', time = '', signature = ''] = found ?? [];
  if (found === null || !isSame(signature, signed(world, plain))) return null;
  return isFresh(world, time) && world.pveAccess.users.has(user) ? user : null;
}

function isCsrfToken(world: World, user: string, token: string): boolean {
  const [time = '', signature = ''] = token.split(/:(.*)/s);
  return isSame(signature, signed(world, `${time}:${user}`)) && isFresh(world, time);
}

/**
 * pve-manager 9.1.5: bad, expired and revoked tickets and tokens all read alike.
 * @returns `root@pam` or a token id, `root@pam!tui`.
 * @throws PveRefusal 401
 */
export function authenticate(
  world: World,
  labToken: string,
  method: string,
  headers: IncomingHttpHeaders,
): string {
  const { authorization } = headers;
  if (authorization !== undefined) return tokenUser(world, labToken, authorization);
  const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(headers.cookie ?? '')?.[1];
  if (cookie === undefined) throw new PveRefusal(401, 'No ticket');
  const user = ticketUser(world, decodeURIComponent(cookie));
  if (user === null) throw new PveRefusal(401, 'Authentication failed!');
  if (method !== 'GET' && !isCsrfToken(world, user, String(headers.csrfpreventiontoken ?? ''))) {
    throw new PveRefusal(401, 'Permission denied - invalid csrf token');
  }
  return user;
}

function tokenUser(world: World, labToken: string, authorization: string): string {
  const full = authorization.replace(/^PVEAPIToken[= ]/, '');
  const id = full.slice(0, full.lastIndexOf('='));
  if (full === labToken) return id;
  const token = world.pveAccess.tokens.get(id);
  const isExpired =
    token !== undefined &&
    token.expiresAtSeconds > 0 &&
    token.expiresAtSeconds <= seconds(world.clock.now());
  if (token === undefined || isExpired || full !== `${id}=${token.value}`) {
    throw new PveRefusal(401, 'Authentication failed!');
  }
  return id;
}

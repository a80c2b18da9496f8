import { ALL_PRIVILEGES, addToken, grant } from '../world/pve-access.js';
import type { World } from '../world/types.js';
import { isRoot, privilegesOf } from './access.js';
import { invalidParameters, missingPrivilege, PveRefusal } from './refusal.js';
import type { Call, Route } from './route.js';
import { createCsrfToken, createTicket, ticketUser } from './tickets.js';

const PERMISSION_PATHS = [
  '/',
  '/access',
  '/access/groups',
  '/mapping',
  '/nodes',
  '/pool',
  '/sdn',
  '/storage',
  '/vms',
];

/** Every path that somebody was given a role on, and the usual ones. */
const pathsOf = ({ pveAccess }: World): readonly string[] => [
  ...new Set([...PERMISSION_PATHS, ...pveAccess.acl.map(({ path }) => path)]),
];

/** The number says whether it propagates. Paths without any right are left out. */
function permissions(call: Call): unknown {
  const { world, given } = call;
  const asked = { world, user: given.userid ?? call.user };
  const paths = given.path === undefined ? pathsOf(world) : [given.path];
  return Object.fromEntries(
    paths.flatMap((path) => {
      const rights = privilegesOf(asked, path).map((privilege) => [privilege, 1] as const);
      return rights.length === 0 ? [] : [[path, Object.fromEntries(rights)] as const];
    }),
  );
}

const CAPABILITIES: Readonly<Record<string, RegExp>> = {
  access: /^(?:Group|Permissions|User|Realm)\./,
  dc: /^(?:Sys\.Audit|Sys\.Modify|SDN\.)/,
  nodes: /^Sys\./,
  sdn: /^SDN\./,
  storage: /^Datastore\./,
  vms: /^VM\./,
};

function capabilities(asker: Pick<Call, 'world' | 'user'>) {
  const rights = privilegesOf(asker, '/');
  return Object.fromEntries(
    Object.entries(CAPABILITIES).map(([part, pattern]) => [
      part,
      Object.fromEntries(rights.filter((each) => pattern.test(each)).map((each) => [each, 1])),
    ]),
  );
}

/** A password, or a ticket that has not ended. @throws PveRefusal 401, 403 */
function ticket({ world, user, given }: Call): unknown {
  if (user.includes('!')) {
    throw new PveRefusal(
      403,
      "Permission check failed (URI '/access/ticket' not available with API token, need proper ticket.)",
    );
  }
  const name = given.username ?? '';
  const username = name.includes('@') ? name : `${name}@${given.realm ?? 'pam'}`;
  const password = world.pveAccess.users.get(username) ?? null;
  const isProved =
    password !== null &&
    (given.password === password || ticketUser(world, given.password ?? '') === username);
  if (!isProved) throw new PveRefusal(401, 'authentication failure');
  return {
    username,
    ticket: createTicket(world, username),
    CSRFPreventionToken: createCsrfToken(world, username),
    cap: capabilities({ world, user: username }),
    ...(world.pveHosts.size > 1 ? { clustername: world.facts.clusterName } : {}),
  };
}

/** @throws PveRefusal 403 */
function needRoot(call: Call, path: string, privilege: string): void {
  if (!isRoot(call)) throw missingPrivilege(path, privilege);
}

function createToken(call: Call): unknown {
  const { world, path, given } = call;
  const user = path.userid ?? '';
  needRoot(call, `/access/users/${user}`, 'User.Modify');
  if (!world.pveAccess.users.has(user)) throw new PveRefusal(500, `no such user ('${user}')`);
  const id = `${user}!${path.tokenid ?? ''}`;
  if (world.pveAccess.tokens.has(id)) {
    throw new PveRefusal(400, 'Parameter verification failed.', {
      tokenid: 'Token already exists.',
    });
  }
  const isSeparate = given.privsep !== '0';
  const expire = Number(given.expire ?? '0');
  const value = addToken(world, { id, isSeparate, expiresAtSeconds: expire });
  return {
    'full-tokenid': id,
    info: { privsep: isSeparate ? '1' : '0', ...(expire > 0 ? { expire: String(expire) } : {}) },
    value,
  };
}

function deleteToken(call: Call): null {
  const { world, path } = call;
  needRoot(call, `/access/users/${path.userid}`, 'User.Modify');
  const id = `${path.userid}!${path.tokenid}`;
  if (!world.pveAccess.tokens.delete(id)) {
    throw new PveRefusal(500, `no such token '${path.tokenid}' for user '${path.userid}'`);
  }
  return null;
}

function createRole(call: Call): null {
  const { world, given } = call;
  needRoot(call, '/access', 'Sys.Modify');
  const role = given.roleid ?? '';
  if (world.pveAccess.roles.has(role)) throw new PveRefusal(500, `role '${role}' already exists`);
  const privileges = (given.privs ?? '').split(/[ ,;]+/).filter((each) => each !== '');
  const unknown = privileges.find((each) => !ALL_PRIVILEGES.includes(each));
  if (unknown !== undefined) {
    throw new PveRefusal(400, 'Parameter verification failed.', {
      privs: `invalid privilege '${unknown}'`,
    });
  }
  world.pveAccess.roles.set(role, privileges);
  return null;
}

function createUser(call: Call): null {
  const { world, given } = call;
  needRoot(call, '/access/groups', 'User.Modify');
  const user = given.userid ?? '';
  if (!/^[^\s:/@]+@(?:pam|pve)$/.test(user)) {
    throw invalidParameters({
      userid: `invalid format - value '${user}' does not look like a valid user name\n`,
    });
  }
  if (world.pveAccess.users.has(user)) {
    throw new PveRefusal(500, `create user failed: user '${user}' already exists`);
  }
  world.pveAccess.users.set(user, given.password ?? null);
  return null;
}

function changeAcl(call: Call): null {
  const { world, given } = call;
  needRoot(call, given.path ?? '/', 'Permissions.Modify');
  const list = (text = ''): readonly string[] => text.split(/[ ,;]+/).filter((each) => each !== '');
  const { pveAccess } = world;
  const isKnown = (subject: string): boolean =>
    pveAccess.users.has(subject) || pveAccess.tokens.has(subject);
  for (const subject of [...list(given.users), ...list(given.tokens)]) {
    if (!isKnown(subject)) throw new PveRefusal(500, `user '${subject}' does not exist`);
    for (const role of list(given.roles)) {
      if (!pveAccess.roles.has(role)) throw new PveRefusal(500, `role '${role}' does not exist`);
      const entry = { path: given.path ?? '/', subject, role, propagates: given.propagate !== '0' };
      if (given.delete !== '1') grant(world, entry);
      else {
        pveAccess.acl = pveAccess.acl.filter(
          (each) => !(each.path === entry.path && each.subject === subject && each.role === role),
        );
      }
    }
  }
  return null;
}

function route(
  method: Route['method'],
  path: string,
  parameters: Route['parameters'],
  run: (call: Call) => unknown,
): Route {
  return { method, path, privilege: null, parameters, run: (call) => ({ data: run(call) }) };
}

export const ACCESS_ROUTES: readonly Route[] = [
  route('GET', '/access/permissions', { 'path?': 'string', 'userid?': 'string' }, permissions),
  route(
    'POST',
    '/access/ticket',
    {
      username: 'string',
      password: 'string',
      'realm?': 'string',
      'otp?': 'string',
      'path?': 'string',
      'privs?': 'string',
      'new-format?': 'boolean',
    },
    ticket,
  ),
  route('GET', '/access/users', { 'enabled?': 'boolean', 'full?': 'boolean' }, ({ world }) =>
    [...world.pveAccess.users.keys()].map((userid) => ({
      userid,
      enable: 1,
      'realm-type': userid.split('@')[1],
    })),
  ),
  route(
    'POST',
    '/access/users',
    { userid: 'string', 'password?': 'string', 'comment?': 'string', 'enable?': 'boolean' },
    createUser,
  ),
  route('GET', '/access/users/{userid}/token', {}, ({ world, path }) =>
    [...world.pveAccess.tokens]
      .filter(([id]) => id.startsWith(`${path.userid}!`))
      .map(([id, { isSeparate, expiresAtSeconds }]) => ({
        tokenid: id.split('!')[1],
        privsep: isSeparate ? 1 : 0,
        expire: expiresAtSeconds,
      })),
  ),
  route(
    'POST',
    '/access/users/{userid}/token/{tokenid}',
    { 'privsep?': 'boolean', 'expire?': 'integer', 'comment?': 'string' },
    createToken,
  ),
  route('DELETE', '/access/users/{userid}/token/{tokenid}', {}, deleteToken),
  route('GET', '/access/roles', {}, ({ world }) =>
    [...world.pveAccess.roles].map(([roleid, privileges]) => ({
      roleid,
      privs: privileges.join(','),
      special: roleid === 'TalosTUI' ? 0 : 1,
    })),
  ),
  route('POST', '/access/roles', { roleid: 'string', 'privs?': 'string' }, createRole),
  route('GET', '/access/acl', {}, ({ world }) =>
    world.pveAccess.acl.map(({ path, subject, role, propagates }) => ({
      path,
      ugid: subject,
      roleid: role,
      type: subject.includes('!') ? 'token' : 'user',
      propagate: propagates ? 1 : 0,
    })),
  ),
  route(
    'PUT',
    '/access/acl',
    {
      path: 'string',
      roles: 'string',
      'users?': 'string',
      'tokens?': 'string',
      'groups?': 'string',
      'propagate?': 'boolean',
      'delete?': 'boolean',
    },
    changeAcl,
  ),
];

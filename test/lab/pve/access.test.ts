import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { labLine } from '../../support/lab-line.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { whileTimePasses } from '../../support/passing-time.js';
import { pveGuest } from '../../support/pve-guest.js';
import { type PveReply, pveCall } from '../../support/pve-wire.js';

let serverLab: ServerLab;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0 });
});

afterEach(() => serverLab.close());

const world = () => serverLab.lab.world;

const login = (password: string): Promise<PveReply> =>
  pveCall(serverLab.lab, '/access/ticket', {
    method: 'POST',
    token: null,
    body: new URLSearchParams({ username: 'root@pam', password }).toString(),
  });

async function root() {
  const { json } = await login(world().pveAccess.users.get('root@pam') ?? '');
  const { ticket, CSRFPreventionToken } = json.data as Record<string, string>;
  const cookie = `PVEAuthCookie=${encodeURIComponent(ticket ?? '')}`;
  const call = (
    method: string,
    path: string,
    values: Record<string, string> = {},
    headers: Record<string, string> = { CSRFPreventionToken: CSRFPreventionToken ?? '' },
  ): Promise<PveReply> =>
    pveCall(serverLab.lab, path, {
      method,
      token: null,
      headers: { cookie, ...headers },
      ...(method === 'GET' ? {} : { body: new URLSearchParams(values).toString() }),
    });
  return { ticket: ticket ?? '', call };
}

test('a ticket reads by itself, and writes with its token against forged requests', async () => {
  const { call } = await root();
  expect((await call('GET', '/nodes/pve1/qemu/104/config')).code).toBe(200);
  const forged = call('PUT', '/nodes/pve1/qemu/104/config', { tags: 'x' }, {});
  expect((await whileTimePasses(world(), forged)).value).toMatchObject({
    code: 401,
    reason: 'Permission denied - invalid csrf token',
  });

  expect((await call('PUT', '/nodes/pve1/qemu/104/config', { tags: 'x' })).code).toBe(200);
});

test('a wrong password waits and fails, a ticket that has not ended renews itself', async () => {
  expect((await whileTimePasses(world(), login('wrong'))).value).toMatchObject({
    code: 401,
    reason: 'authentication failure',
  });
  const { ticket, call } = await root();
  world().clock.advance(3_600_000);
  expect((await login(ticket)).code).toBe(200);
  world().clock.advance(3_700_000);

  const late = call('GET', '/version');
  expect((await whileTimePasses(world(), late)).value).toMatchObject({
    code: 401,
    reason: 'Authentication failed!',
  });
});

test('no ticket is given to a token', async () => {
  const reply = await pveCall(serverLab.lab, '/access/ticket', {
    method: 'POST',
    body: 'username=root@pam&password=x',
  });

  expect(reply.code).toBe(403);
  expect(reply.reason).toContain("'/access/ticket' not available with API token");
});

test('root with a ticket removes a stale lock, which no token can', async () => {
  labLine(world(), 'lock-vm 104 backup');
  const path = '/nodes/pve1/qemu/104/config';
  const unlock = { delete: 'lock', skiplock: '1' };
  const token = pveGuest(serverLab.lab, 104);
  expect((await token.send('PUT', '/config', unlock)).reason).toBe(
    "only root can set 'lock' config",
  );
  const { call } = await root();
  expect((await call('PUT', path, unlock)).code).toBe(200);

  expect(token.vm().lock).toBe(null);
});

test('a separate token may do what both it and its user may, by the deepest path that names it', async () => {
  const token = labLine(world(), 'pve-token narrow auditor');
  const guest = pveGuest(serverLab.lab, 104, token);
  expect((await guest.send('GET', '/config')).code).toBe(200);
  expect((await guest.send('POST', '/status/stop')).reason).toBe(
    'Permission check failed (/vms/104, VM.PowerMgmt)',
  );
  const subject = token.split('=')[0] ?? '';
  const { call } = await root();
  await call('PUT', '/access/acl', { path: '/vms/104', roles: 'TalosTUI', tokens: subject });
  expect((await guest.send('POST', '/status/stop')).code).toBe(200);
  const other = pveGuest(serverLab.lab, 105, token);
  expect((await other.send('POST', '/status/stop')).code).toBe(403);
  const { json } = await guest.call('GET', '/access/permissions?path=/vms/104');

  expect(json.data).toMatchObject({ '/vms/104': { 'VM.PowerMgmt': 1 } });
});

test('a full token may all that its user may', async () => {
  const token = labLine(world(), 'pve-token wide none / full');

  expect((await pveGuest(serverLab.lab, 104, token).send('POST', '/status/stop')).code).toBe(200);
});

test('the role for this console cannot delete files or order the start of guests', async () => {
  const guest = pveGuest(serverLab.lab, 104, labLine(world(), 'pve-token tui'));
  expect((await guest.call('DELETE', '/nodes/pve1/storage/local/content/iso/a.iso')).reason).toBe(
    'Permission check failed (/storage/local, Datastore.Allocate)',
  );
  expect((await guest.send('PUT', '/config', { startup: 'order=1' })).reason).toBe(
    'Permission check failed (/, Sys.Modify)',
  );
});

test('users, roles and tokens are made by root, and a token says its secret once', async () => {
  const { call } = await root();
  expect((await call('POST', '/access/users', { userid: 'ops@pve' })).code).toBe(200);
  expect(
    await call('POST', '/access/roles', { roleid: 'Old', privs: 'VM.Audit VM.Monitor' }),
  ).toMatchObject({ code: 400, json: { errors: { privs: "invalid privilege 'VM.Monitor'" } } });
  const made = await call('POST', '/access/users/ops@pve/token/tui', { privsep: '0' });
  expect(made.json.data).toMatchObject({ 'full-tokenid': 'ops@pve!tui', info: { privsep: '0' } });
  await call('PUT', '/access/acl', { path: '/', roles: 'PVEAuditor', users: 'ops@pve' });
  const { value } = made.json.data as Record<string, string>;
  const guest = pveGuest(serverLab.lab, 104, `ops@pve!tui=${value}`);
  expect((await guest.send('GET', '/config')).code).toBe(200);
  const listed = await call('GET', '/access/users/ops@pve/token');

  expect(JSON.stringify(listed.json)).not.toContain(value);
});

test('who may not see the system sees only tasks of his own', async () => {
  const token = labLine(world(), 'pve-token blind none');
  const blind = pveGuest(serverLab.lab, 104, token);
  expect((await blind.call('GET', '/cluster/tasks')).json.data).toEqual([]);
  const seeing = pveGuest(serverLab.lab, 104);

  expect((await seeing.call('GET', '/cluster/tasks')).json.data).not.toEqual([]);
});

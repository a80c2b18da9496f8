import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import { labLine } from '../../support/lab-line.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { type PveGuest, pveGuest } from '../../support/pve-guest.js';

let serverLab: ServerLab;
let guest: PveGuest;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0, pveHosts: 3 });
  guest = pveGuest(serverLab.lab, 104);
});

afterEach(() => serverLab.close());

const migrate = (values: Record<string, string>) => guest.send('POST', '/migrate', values);

test('a running guest moves with its disks, and its old host knows it no more', async () => {
  expect(guest.vm().pveNode).toBe('pve1');
  expect((await migrate({ target: 'pve2' })).reason).toBe(
    "can't migrate running VM without --online",
  );
  expect((await guest.task('POST', '/migrate', { target: 'pve2', online: '1' })).exit).toBe(
    'migration aborted',
  );
  const values = { target: 'pve2', online: '1', 'with-local-disks': '1' };
  await migrate(values);
  expect((await guest.send('POST', '/status/stop')).reason).toBe('VM is locked (migrate)');
  serverLab.lab.world.clock.advance(3_600_000);

  expect(guest.vm()).toMatchObject({ pveNode: 'pve2', status: 'running', lock: null });
  expect((await guest.call('GET', '/nodes/pve1/qemu/104/config')).reason).toBe(
    "Configuration file 'nodes/pve1/qemu-server/104.conf' does not exist",
  );
});

test('a medium of this host alone keeps a guest where it is', async () => {
  labLine(serverLab.lab.world, 'attach-iso talos-w-01');
  const values = { target: 'pve2', online: '1', 'with-local-disks': '1' };
  const { exit, log } = await guest.task('POST', '/migrate', values);

  expect(exit).toBe('migration aborted');
  expect(log).toContain("can't migrate local cdrom drive 'ide2'");
  expect(guest.vm().pveNode).toBe('pve1');
});

test('a host that is off or unknown is no target, and the preview says where a guest may go', async () => {
  labLine(serverLab.lab.world, 'pve-node-down pve3');
  expect(await guest.get('/migrate')).toMatchObject({ running: 1, allowed_nodes: ['pve2'] });
  expect((await migrate({ target: 'pve9', online: '1' })).reason).toBe(
    "no such cluster node 'pve9'",
  );
  expect((await migrate({ target: 'pve1' })).code).toBe(400);
});

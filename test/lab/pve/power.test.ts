import { afterEach, beforeEach, expect, test } from 'vitest';
import { startPveServer } from '../../../src/lab/pve/server.js';
import type { LabNode } from '../../../src/lab/world/types.js';
import { labLine } from '../../support/lab-line.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { nodeIn } from '../../support/lab-world.js';
import { type PveGuest, pveGuest } from '../../support/pve-guest.js';

let serverLab: ServerLab;
let guest: PveGuest;

beforeEach(async () => {
  serverLab = await startServerLab([startPveServer], { timeScale: 0 });
  guest = pveGuest(serverLab.lab, 104);
});

afterEach(() => serverLab.close());

const node = (): LabNode => nodeIn(serverLab.lab.world, 'talos-w-01');
const advance = (seconds: number): void => serverLab.lab.world.clock.advance(seconds * 1000);

test('the reset button starts the same process again: what was pending still is', async () => {
  await guest.send('PUT', '/config', { memory: '16384' });
  const { pid } = guest.vm();
  const { bootId } = node();
  expect((await guest.task('POST', '/status/reset')).exit).toBe('OK');
  advance(120);

  expect(node()).toMatchObject({ isUp: true, stage: 'running' });
  expect(node().bootId).not.toBe(bootId);
  expect(guest.vm()).toMatchObject({ pid, pending: { memory: '16384' } });
});

test('a reboot ends before the guest is back, and brings what was pending into force', async () => {
  await guest.send('PUT', '/config', { memory: '16384' });
  const { json } = await guest.send('POST', '/status/reboot');
  let waited = 0;
  while (serverLab.lab.world.pveTasks[0]?.endedAtMs === null && waited < 120) {
    advance(0.1);
    waited += 0.1;
  }
  expect(String(json.data)).toContain(':qmreboot:104:');
  expect(serverLab.lab.world.pveTasks[0]?.exitStatus).toBe('OK');
  expect(guest.vm().status).toBe('stopped');
  advance(120);

  expect(guest.vm()).toMatchObject({ status: 'running', pending: {} });
  expect(guest.vm().config.memory).toBe('16384');
});

test('a reboot of a guest that hears nothing fails after its time, and the guest runs on', async () => {
  labLine(serverLab.lab.world, 'hang-node talos-w-01');
  await guest.send('POST', '/status/reboot', { timeout: '30' });
  advance(31);

  expect(serverLab.lab.world.pveTasks[0]?.exitStatus).toBe(
    'VM quit/powerdown failed - got timeout',
  );
  expect(guest.vm().status).toBe('running');
});

test('a machine that halted in the ISO ignores the power button and needs stop', async () => {
  const { world } = serverLab.lab;
  for (const line of [
    'set-vm 104 boot order=ide2;scsi0',
    'attach-iso talos-w-01',
    'stop-node talos-w-01',
    'start-node talos-w-01',
  ]) {
    labLine(world, line);
    advance(30);
  }
  await guest.send('POST', '/status/shutdown', { timeout: '20' });
  advance(21);
  expect(guest.vm().status).toBe('running');
  expect((await guest.task('POST', '/status/stop')).exit).toBe('OK');
  expect(guest.vm().status).toBe('stopped');
});

test('a guest that stands still is told so, cannot be shut down, and goes on where it stood', async () => {
  expect((await guest.task('POST', '/status/suspend')).exit).toBe('OK');
  expect(await guest.get('/status/current')).toMatchObject({
    status: 'running',
    qmpstatus: 'paused',
  });
  expect((await guest.send('POST', '/status/shutdown')).reason).toBe(
    'VM is paused - cannot shutdown',
  );
  const { bootId } = node();
  await guest.task('POST', '/status/resume');

  expect(node()).toMatchObject({ bootId, isHung: false });
});

test('a hibernated guest is locked, and starting it is how it wakes up', async () => {
  await guest.task('POST', '/status/suspend', { todisk: '1' });
  expect(guest.vm()).toMatchObject({ status: 'stopped', lock: 'suspended' });
  expect((await guest.send('PUT', '/config', { tags: 'x' })).reason).toBe(
    'VM is locked (suspended)',
  );
  await guest.task('POST', '/status/start');

  expect(guest.vm()).toMatchObject({ status: 'running', lock: null });
});

test('what needs a running guest says so before any task', async () => {
  await guest.task('POST', '/status/stop');
  for (const action of ['shutdown', 'reboot', 'reset', 'suspend', 'resume']) {
    expect(await guest.send('POST', `/status/${action}`)).toMatchObject({
      code: 500,
      reason: 'VM 104 not running',
    });
  }
});

test('of a managed guest a power call only asks the HA manager, and the guest moves later', async () => {
  labLine(serverLab.lab.world, 'ha-vm 104 started');
  expect(await guest.get('/status/current')).toMatchObject({
    ha: { managed: 1, state: 'started' },
  });
  const { json } = await guest.send('POST', '/status/stop');
  expect(String(json.data)).toContain(':hastop:104:');
  advance(2);
  expect(serverLab.lab.world.pveTasks[0]).toMatchObject({ type: 'hastop', exitStatus: 'OK' });
  expect(guest.vm().status).toBe('running');
  expect(await guest.send('POST', '/status/stop', { 'overrule-shutdown': '1' })).toMatchObject({
    code: 400,
  });
  advance(90);

  expect(guest.vm()).toMatchObject({ status: 'stopped', haState: 'stopped' });
});

test('a backup holds its lock while it runs and leaves a file', async () => {
  const { json } = await guest.call('POST', '/nodes/pve1/vzdump', {
    vmid: '104',
    storage: 'local',
  });
  expect(String(json.data)).toContain(':vzdump:104:');
  expect((await guest.send('PUT', '/config', { tags: 'x' })).reason).toBe('VM is locked (backup)');
  expect((await guest.send('PUT', '/resize', { disk: 'scsi0', size: '+1G' })).reason).toBe(
    'VM is locked (backup)',
  );
  advance(3600);
  expect(guest.vm().lock).toBe(null);
  const { json: listed } = await guest.call(
    'GET',
    '/nodes/pve1/storage/local/content?content=backup',
  );

  expect(listed.data).toEqual([
    expect.objectContaining({ volid: expect.stringMatching(/^local:backup\/vzdump-qemu-104-/) }),
  ]);
});

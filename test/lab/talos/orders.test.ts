import { afterEach, beforeEach, expect, test } from 'vitest';
import { spec } from '../../../src/lab/world/kube-node.js';
import { getObject } from '../../../src/lab/world/kube-store.js';
import { runWorld } from '../../../src/lab/world/run.js';
import type { LabNode } from '../../../src/lab/world/types.js';
import { vmOf } from '../../../src/lab/world/vm.js';
import { letSocketsTalk } from '../../support/patience.js';
import { EventReader } from '../../support/talos-events.js';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

let lab: TalosTestLab;
let client: TalosTestClient;

beforeEach(async () => {
  lab = await startTalosTestLab();
  runWorld(lab.world);
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
});

afterEach(async () => {
  client.close();
  await lab.close();
});

const advance = (seconds: number): void => lab.world.clock.advance(seconds * 1000);

/** Time passes, and whoever listens hears of it meanwhile. */
async function live(seconds: number): Promise<void> {
  for (let step = 0; step < seconds * 4; step += 1) {
    advance(0.25);
    await letSocketsTalk();
  }
}

interface Reply {
  readonly actor_id: string;
}

async function order(method: string, hostname: string, request: object = {}): Promise<Reply> {
  const { messages } = await client.unary<{ messages: readonly Reply[] }>(
    `machine.MachineService/${method}`,
    request,
    { node: lab.node(hostname).address },
  );
  const [reply] = messages;
  if (reply === undefined) throw new Error(`${method} answered nothing.`);
  return reply;
}

const isCordoned = ({ hostname }: LabNode): boolean =>
  spec(getObject(lab.world, 'nodes', hostname) ?? never()).unschedulable === true;

function never(): never {
  throw new Error('No such node.');
}

test('a reboot is told phase by phase with the id of whoever asked, and ends with another boot', async () => {
  const node = lab.node('talos-w-01');
  const { bootId } = node;
  const reader = new EventReader(client, node.address);
  await reader.stream.frameCount(1);
  const { actor_id: actor } = await order('Reboot', 'talos-w-01');
  await reader.until((events) => events.length > 0, 'the first event');
  advance(2.5);
  await reader.until((events) => events.length > 14, 'some phases');
  const mine = reader.events.filter((event) => event.actor === actor);

  expect(mine[0]).toMatchObject({ fields: { sequence: 'reboot', action: 'START' } });
  expect(reader.story.slice(0, 5)).toEqual([
    'sequence reboot START',
    'phase cleanup START',
    'task stopAllPods START',
    'task stopAllPods STOP',
    'phase cleanup STOP',
  ]);
  expect(node.stage).toBe('rebooting');
  expect(isCordoned(node)).toBe(false);
  advance(60);
  expect(await reader.stream.ended()).toMatchObject({ code: 14 });
  expect([node.stage, node.isReady, node.bootId === bootId]).toEqual(['running', true, false]);
});

test('after a reboot the events begin anew and end with a machine that runs and is ready', async () => {
  await order('Reboot', 'talos-w-01');
  advance(60);
  const reader = new EventReader(client, lab.node('talos-w-01').address, -1);
  await reader.until(
    (events) =>
      events.at(-1)?.kind === 'MachineStatusEvent' &&
      JSON.stringify(events.at(-1)?.fields).includes('"ready":true'),
    'readiness',
  );

  expect(reader.story[0]).toBe('sequence initialize START');
  expect(reader.story).toEqual(
    expect.arrayContaining([
      'sequence boot START',
      'task startAllServices STOP',
      'sequence boot STOP',
    ]),
  );
  expect(reader.story.some((line) => line.includes('reboot'))).toBe(false);
});

test.each([
  ['through another node', 'talos-cp-01'],
  ['on its own connection', 'talos-w-01'],
])('a machine that goes in one leap of time is heard to its last word %s', async (_, endpoint) => {
  const direct = new TalosTestClient(lab, lab.node(endpoint).address);
  const reader = new EventReader(direct, lab.node('talos-w-01').address);
  await reader.stream.frameCount(1);
  await order('Shutdown', 'talos-w-01', { force: false });
  advance(600);

  expect(await reader.stream.ended()).toMatchObject({ code: 14 });
  expect(reader.story.at(-1)).toBe('task stopAllServices START');
  direct.close();
});

test('the last word before a node goes is that its services stop', async () => {
  const reader = new EventReader(client, lab.node('talos-w-01').address);
  await reader.stream.frameCount(1);
  await order('Shutdown', 'talos-w-01', { force: true });
  await live(10);
  await reader.stream.ended();

  expect(reader.story.at(-1)).toBe('task stopAllServices START');
});

test('what runs cannot be overtaken by an upgrade, and that is said as an event', async () => {
  const node = lab.node('talos-w-01');
  const reader = new EventReader(client, node.address);
  await reader.stream.frameCount(1);
  await order('Reset', 'talos-w-01', { graceful: false, mode: 'ALL' });
  const { actor_id: actor } = await order('Shutdown', 'talos-w-01', { force: true });
  await reader.until((events) => events.some((event) => event.actor === actor), 'the shutdown');
  const second = await order('Reset', 'talos-w-01', { graceful: false, mode: 'ALL' });
  await reader.until(
    (events) => events.some((event) => event.actor === second.actor_id),
    'the refusal',
  );

  expect(reader.events.find((event) => event.actor === second.actor_id)?.fields).toMatchObject({
    sequence: 'reset',
    action: 'NOOP',
    error: { code: 'LOCKED' },
  });
});

test('a shutdown cordons and drains, and the guest is off; a forced one does not drain', async () => {
  const node = lab.node('talos-w-01');
  const reader = new EventReader(client, node.address);
  await reader.stream.frameCount(1);
  await order('Shutdown', 'talos-w-01', { force: false });
  advance(3);
  expect([node.stage, isCordoned(node)]).toEqual(['shutting down', true]);
  await live(60);
  await reader.stream.ended();

  expect(reader.story).toContain('task cordonAndDrainNode STOP');
  expect(vmOf(lab.world, node)?.status).toBe('stopped');
  const other = new EventReader(client, lab.node('talos-w-02').address);
  await other.stream.frameCount(1);
  await order('Shutdown', 'talos-w-02', { force: true });
  await live(10);
  await other.stream.ended();
  expect(other.story.some((line) => line.includes('cordonAndDrainNode'))).toBe(false);
});

test('a wiped EPHEMERAL comes back empty, and a control plane joins its cluster again as somebody new', async () => {
  const node = lab.node('talos-cp-03');
  const before = [...lab.world.etcd.members.values()].find(
    ({ hostname }) => hostname === node.hostname,
  );
  await order('Reset', 'talos-cp-03', {
    graceful: true,
    reboot: true,
    system_partitions_to_wipe: [{ label: 'EPHEMERAL', wipe: true }],
  });
  const learners = (): number =>
    [...lab.world.etcd.members.values()].filter(({ isLearner }) => isLearner).length;
  let seen = 0;
  for (let second = 0; second < 150; second += 1) {
    advance(1);
    seen = Math.max(seen, learners());
  }
  const after = [...lab.world.etcd.members.values()].find(
    ({ hostname }) => hostname === node.hostname,
  );

  expect(seen).toBe(1);
  expect(after?.isLearner).toBe(false);
  expect(after?.id).not.toBe(before?.id);
  expect(lab.world.etcd.members.size).toBe(3);
  expect(node.machine.systemDisk?.ephemeralBytes).toBeGreaterThan(30e9);
  expect([node.stage, node.isReady]).toEqual(['running', true]);
});

test('a whole reset leaves etcd, blanks the disk and switches off', async () => {
  await order('Reset', 'talos-cp-02', { graceful: true, mode: 'ALL' });
  advance(400);
  const node = lab.node('talos-cp-02');

  expect([...lab.world.etcd.members.values()].map(({ hostname }) => hostname)).toEqual([
    'talos-cp-01',
    'talos-cp-03',
  ]);
  expect(node.machine.systemDisk).toBeNull();
  expect(vmOf(lab.world, node)?.status).toBe('stopped');
});

test.each([
  [
    { system_partitions_to_wipe: [{ label: 'WOMBAT', wipe: true }] },
    'failed to get volume status with label "WOMBAT": resource VolumeStatuses.block.talos.dev(runtime/WOMBAT@undefined) doesn\'t exist',
  ],
  [
    { user_disks_to_wipe: ['/dev/sda'] },
    'reset user disk failed: device /dev/sda is the system disk',
  ],
  [{ user_disks_to_wipe: ['/dev/sdx'] }, "reset user disk failed: device /dev/sdx wasn't found"],
  [
    { user_disks_to_wipe: ['/dev/sda'], mode: 'SYSTEM_DISK' },
    "reset failed: invalid input, wipe mode SYSTEM_DISK doesn't support UserDisksToWipe parameter",
  ],
])('a reset of what is not there is refused and nothing happens: %j', async (request, details) => {
  await expect(order('Reset', 'talos-w-01', request)).rejects.toMatchObject({ details });
  expect(lab.node('talos-w-01').stage).toBe('running');
});

test('an operator may reboot and shut down, and may not reset, roll back or upgrade', async () => {
  const operator = new TalosTestClient(
    lab,
    lab.node('talos-cp-01').address,
    lab.pki.talosClient('os:operator'),
  );
  const node = lab.node('talos-w-01').address;
  for (const method of ['Reset', 'Rollback', 'Upgrade']) {
    await expect(
      operator.unary(`machine.MachineService/${method}`, {}, { node }),
    ).rejects.toMatchObject({ details: 'not authorized' });
  }
  await operator.unary('machine.MachineService/Reboot', {}, { node });
  operator.close();
  expect(lab.node('talos-w-01').stage).toBe('rebooting');
});

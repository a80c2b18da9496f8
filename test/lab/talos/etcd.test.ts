import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

const MEMBERS = 'machine.MachineService/EtcdMemberList';
const STATUS = 'machine.MachineService/EtcdStatus';
const ALARMS = 'machine.MachineService/EtcdAlarmList';
const SNAPSHOT = 'machine.MachineService/EtcdSnapshot';

interface StatusResponse {
  readonly messages: readonly {
    readonly member_status: {
      readonly member_id: string;
      readonly leader: string;
      readonly db_size: string;
      readonly db_size_in_use: string;
      readonly errors: readonly string[];
    };
  }[];
}

let lab: TalosTestLab;
let client: TalosTestClient;

beforeEach(async () => {
  lab = await startTalosTestLab();
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
});

afterEach(async () => {
  client.close();
  await lab.close();
});

function stop(...hostnames: readonly string[]): void {
  for (const hostname of hostnames) {
    lab.node(hostname).isUp = false;
    lab.world.touch(`node:${hostname}`);
  }
}

const memberIdOf = (hostname: string): string =>
  [...lab.world.etcd.members.values()].find((member) => member.hostname === hostname)?.id ?? '';

const statusOf = async (): Promise<StatusResponse['messages'][number]['member_status']> => {
  const { messages } = await client.unary<StatusResponse>(STATUS);
  const [first] = messages;
  if (first === undefined) throw new Error('No status.');
  return first.member_status;
};

test('all members are listed with ids beyond the exact integers of JavaScript', async () => {
  const { messages } = await client.unary<{
    messages: readonly { members: readonly { id: string; hostname: string }[] }[];
  }>(MEMBERS, { query_local: true });
  const members = messages[0]?.members ?? [];

  expect(members.map(({ hostname }) => hostname)).toEqual([
    'talos-cp-01',
    'talos-cp-02',
    'talos-cp-03',
  ]);
  expect(members.map(({ id }) => BigInt(id).toString(16).padStart(16, '0'))).toEqual([
    ...lab.world.etcd.members.keys(),
  ]);
});

test('without a majority members and alarms fail, and the status says that there is no leader', async () => {
  stop('talos-cp-02', 'talos-cp-03');
  for (const method of [MEMBERS, ALARMS]) {
    await expect(client.unary(method)).rejects.toMatchObject({
      code: 2,
      details: 'etcdserver: no leader',
    });
  }
  lab.world.etcd.leaderId = null;

  expect(await statusOf()).toMatchObject({ leader: '0', errors: ['etcdserver: no leader'] });
});

test('a worker has no etcd and says so', async () => {
  const node = lab.node('talos-w-01').address;
  await expect(client.unary(MEMBERS, {}, { node })).rejects.toMatchObject({
    code: 12,
    details: 'member list is only available on control plane nodes',
  });
  expect(await client.stream(SNAPSHOT, {}, { node }).ended()).toMatchObject({ code: 12 });
});

test('alarms are listed, shown by every member and disarmed', async () => {
  const member = lab.world.etcd.members.get(memberIdOf('talos-cp-02'));
  member?.alarms.add('NOSPACE');
  const id = BigInt(`0x${memberIdOf('talos-cp-02')}`).toString();

  expect(await client.unary(ALARMS)).toMatchObject({
    messages: [{ member_alarms: [{ member_id: id, alarm: 'NOSPACE' }] }],
  });
  expect((await statusOf()).errors).toEqual([expect.stringContaining('alarm:NOSPACE')]);
  await client.unary('machine.MachineService/EtcdAlarmDisarm');
  expect(await client.unary(ALARMS)).toMatchObject({ messages: [{ member_alarms: [] }] });
});

test('defragmenting gives the free pages of one member back', async () => {
  const before = await statusOf();
  await client.unary('machine.MachineService/EtcdDefragment');
  const after = await statusOf();

  expect(Number(before.db_size)).toBeGreaterThan(Number(before.db_size_in_use));
  expect(after.db_size).toBe(before.db_size_in_use);
});

test('a member that has just been defragmented gives a snapshot as well', async () => {
  await client.unary('machine.MachineService/EtcdDefragment');
  const stream = client.stream<{ readonly bytes: Buffer }>(SNAPSHOT);
  expect(await stream.ended()).toEqual({ code: 0, details: '' });
  const bytes = stream.frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
  expect(bytes).toBeGreaterThanOrEqual(Number((await statusOf()).db_size));
});

test('the leader hands over when it is asked to', async () => {
  lab.world.etcd.leaderId = memberIdOf('talos-cp-01');
  await client.unary('machine.MachineService/EtcdForfeitLeadership');

  expect(lab.world.etcd.leaderId).not.toBe(memberIdOf('talos-cp-01'));
});

test('a snapshot is a whole database with its checksum behind it', async () => {
  const stream = client.stream<{ readonly bytes: Buffer }>(SNAPSHOT);
  expect(await stream.ended()).toMatchObject({ code: 0 });
  const file = Buffer.concat(stream.frames.map(({ bytes }) => bytes));
  const body = file.subarray(0, -32);

  expect(file.length % 512).toBe(32);
  expect(body.length).toBe(Number((await statusOf()).db_size));
  expect(file.subarray(-32)).toEqual(createHash('sha256').update(body).digest());
  expect(stream.frames.every(({ bytes }) => bytes.length < 4 * 1024 ** 2)).toBe(true);
});

test('a snapshot breaks off when the member dies while it is taken', async () => {
  const node = lab.node('talos-cp-02').address;
  const stream = client.stream<{ readonly bytes: Buffer }>(SNAPSHOT, {}, { node });
  await stream.frameCount(1);
  stop('talos-cp-02');

  expect(await stream.ended()).toMatchObject({ code: 14 });
});

test('a member that is stopped gives no snapshot', async () => {
  const etcd = lab.node('talos-cp-01').services.get('etcd');
  if (etcd === undefined) throw new Error('No etcd.');
  etcd.state = 'Finished';
  const stream = client.stream(SNAPSHOT);

  expect(await stream.ended()).toMatchObject({
    code: 2,
    details: expect.stringContaining('error building etcd client'),
  });
});

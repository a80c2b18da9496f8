import { afterEach, beforeEach, expect, test } from 'vitest';
import { settle } from '../../../src/lab/world/life.js';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

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

const memberIdOf = (hostname: string): string =>
  [...lab.world.etcd.members.values()].find((member) => member.hostname === hostname)?.id ?? '';

const remove = (id: string) =>
  client.unary('machine.MachineService/EtcdRemoveMemberByID', {
    member_id: BigInt(`0x${id}`).toString(),
  });

test('a dead member can be removed, and a second time it is not found', async () => {
  const id = memberIdOf('talos-cp-03');
  lab.node('talos-cp-03').isPartitioned = true;
  settle(lab.world);
  await remove(id);
  expect(memberIdOf('talos-cp-03')).toBe('');

  await expect(remove(id)).rejects.toMatchObject({
    code: 5,
    details: 'etcdserver: member not found',
  });
});

test('a living member is not removed while the others could not go on without it', async () => {
  lab.node('talos-cp-03').isPartitioned = true;
  settle(lab.world);

  await expect(remove(memberIdOf('talos-cp-02'))).rejects.toMatchObject({
    details: 'failed to remove member: etcdserver: unhealthy cluster',
  });
  expect(lab.world.etcd.members.size).toBe(3);
});

test('a member that leaves stops, and its data goes with it', async () => {
  await client.unary(
    'machine.MachineService/EtcdLeaveCluster',
    {},
    { node: lab.node('talos-cp-02').address },
  );
  const node = lab.node('talos-cp-02');

  expect(memberIdOf('talos-cp-02')).toBe('');
  expect(node.services.get('etcd')?.state).toBe('Finished');
  expect(node.machine.systemDisk?.hasEtcdData).toBe(false);
});

test('the last member stays', async () => {
  await lab.close();
  lab = await startTalosTestLab({ size: '1+0' });
  client.close();
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);

  await expect(remove(memberIdOf('talos-cp-01'))).rejects.toMatchObject({
    details:
      'failed to remove member: etcdserver: re-configuration failed due to not enough started members',
  });
});

test.each([
  ['', 'version is required for etcd downgrade'],
  ['3', 'version should be in MAJOR.MINOR format'],
  ['3.4', 'etcd downgrade is only supported to 3.5 and later versions'],
])('a downgrade to "%s" is refused', async (version, details) => {
  await expect(
    client.unary('machine.MachineService/EtcdDowngradeValidate', { version }),
  ).rejects.toMatchObject({ details });
});

test('a downgrade by one minor is valid', async () => {
  expect(
    await client.unary('machine.MachineService/EtcdDowngradeValidate', { version: '3.5' }),
  ).toMatchObject({ messages: [{ cluster_downgrade: { cluster_version: '3.6.0' } }] });
});

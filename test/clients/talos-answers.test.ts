import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createTalosClient } from '../../src/clients/talos.js';
import { asIpAddress } from '../../src/model/ids.js';
import { createAuthority } from '../support/authority.js';
import { startFakeApid, VERSION, wireResource } from '../support/fake-apid.js';
import { talosAccessFor } from '../support/talos-access.js';

const NODE = asIpAddress('10.0.0.11');
const authority = await createAuthority();

async function clientThatHears(answers: Readonly<Record<string, object>>) {
  const apid = await startFakeApid(authority);
  apid.answer = (method) => answers[method] ?? VERSION;
  const access = await talosAccessFor(authority, [apid.address]);
  const client = createTalosClient({ access, clock: systemClock });
  onTestFinished(async () => {
    client.close();
    await apid.stop();
  });
  return client;
}

const one = (message: object) => ({ messages: [message] });

test('reads the version of a node', async () => {
  const client = await clientThatHears({});

  expect(await client.version(NODE)).toEqual({ tag: 'v1.12.4', arch: 'amd64', platform: 'metal' });
});

test('reads member ids beyond 2^53 exactly, as 16 hex digits', async () => {
  const client = await clientThatHears({
    EtcdMemberList: one({
      members: [
        {
          id: '18446744073709551615',
          hostname: 'cp-1',
          peer_urls: ['https://10.0.0.11:2380'],
          client_urls: ['https://10.0.0.11:2379'],
        },
        { id: '1', hostname: '', is_learner: true },
      ],
    }),
  });

  expect(await client.etcdMembers(NODE)).toEqual([
    {
      id: 'ffffffffffffffff',
      hostname: 'cp-1',
      peerUrls: ['https://10.0.0.11:2380'],
      clientUrls: ['https://10.0.0.11:2379'],
      isLearner: false,
    },
    { id: '0000000000000001', hostname: '', peerUrls: [], clientUrls: [], isLearner: true },
  ]);
});

test('an etcd member without a leader says so with zeros', async () => {
  const client = await clientThatHears({
    EtcdStatus: one({
      member_status: { member_id: '9', db_size: '4096', db_size_in_use: '1024', raft_term: '7' },
    }),
  });

  expect(await client.etcdStatus(NODE)).toMatchObject({
    memberId: '0000000000000009',
    leaderId: '0000000000000000',
    dbSizeBytes: 4096,
    dbSizeInUseBytes: 1024,
    raftTerm: 7,
    protocolVersion: null,
  });
});

test('an etcd reply without a status is an error, not an idle member', async () => {
  const client = await clientThatHears({ EtcdStatus: one({}) });

  await expect(client.etcdStatus(NODE)).rejects.toMatchObject({ kind: 'malformed' });
});

test('tells raised alarms and leaves out NONE', async () => {
  const client = await clientThatHears({
    EtcdAlarmList: one({
      member_alarms: [
        { member_id: '1', alarm: 'NONE' },
        { member_id: '2', alarm: 'NOSPACE' },
      ],
    }),
  });

  expect(await client.etcdAlarms(NODE)).toEqual([
    { memberId: '0000000000000002', alarm: 'NOSPACE' },
  ]);
});

test('an alarm of a newer etcd is an error, not silence', async () => {
  const client = await clientThatHears({
    EtcdAlarmList: one({ member_alarms: [{ member_id: '1', alarm: 9 }] }),
  });

  await expect(client.etcdAlarms(NODE)).rejects.toMatchObject({ kind: 'malformed' });
});

test('a service without a health check is unknown, never healthy', async () => {
  const client = await clientThatHears({
    ServiceList: one({
      services: [
        { id: 'etcd', state: 'Running', health: { healthy: true, last_message: 'ok' } },
        { id: 'kubelet', state: 'Running', health: { last_message: 'connection refused' } },
        { id: 'ext-iscsid', state: 'Running', health: { unknown: true } },
        { id: 'apid', state: 'Running', events: { events: [{ msg: 'Started' }] } },
      ],
    }),
  });

  expect(await client.services(NODE)).toEqual([
    { id: 'etcd', state: 'Running', health: 'healthy', lastMessage: 'ok' },
    { id: 'kubelet', state: 'Running', health: 'unhealthy', lastMessage: 'connection refused' },
    { id: 'ext-iscsid', state: 'Running', health: 'unknown', lastMessage: '' },
    { id: 'apid', state: 'Running', health: 'unknown', lastMessage: 'Started' },
  ]);
});

test('counts CPU seconds and memory of a node', async () => {
  const client = await clientThatHears({
    SystemStat: one({ cpu_total: { user: 10, system: 5, idle: 80, iowait: 5, guest: 3 } }),
    Memory: one({ meminfo: { memtotal: '8000', memavailable: '6000' } }),
  });

  expect(await client.systemSample(NODE)).toEqual({
    cpuBusySeconds: 15,
    cpuTotalSeconds: 100,
    memoryUsedBytes: 2000 * 1024,
    memoryTotalBytes: 8000 * 1024,
  });
});

test('lists the resources of a kind', async () => {
  const kind = { namespace: 'runtime', type: 'ExtensionStatuses.runtime.talos.dev' };
  const client = await clientThatHears({
    List: [wireResource(kind.type, '0', 'metadata:\n    name: iscsi-tools\n')],
  });

  expect(await client.list(NODE, kind)).toMatchObject([
    { id: '0', type: kind.type, phase: 'running', spec: { metadata: { name: 'iscsi-tools' } } },
  ]);
});

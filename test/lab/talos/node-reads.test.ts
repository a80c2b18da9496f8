import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { putObject } from '../../../src/lab/world/kube-store.js';
import {
  eventsOf,
  startTalosTestLab,
  TalosTestClient,
  type TalosTestLab,
} from '../../support/talos-lab.js';

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

const definitions = async () =>
  (await client.list('meta', 'ResourceDefinitions.meta.cosi.dev')).map(({ spec, metadata }) => ({
    id: metadata.id,
    protoBytes: spec.proto_spec.length,
    spec: parse(spec.yaml_spec) as {
      readonly type: string;
      readonly defaultNamespace: string;
      readonly aliases: readonly string[];
      readonly allAliases: readonly string[];
    },
  }));

test('every type has a definition that talosctl can resolve', async () => {
  const all = await definitions();
  const byType = new Map(all.map((definition) => [definition.spec.type, definition]));

  expect(all.every(({ id, spec }) => id === spec.type.toLowerCase())).toBe(true);
  expect(all.every(({ protoBytes }) => protoBytes > 0)).toBe(true);
  expect(byType.get('Members.cluster.talos.dev')?.spec.allAliases).toEqual([
    'members',
    'members.cluster',
    'members.cluster.talos',
    'member',
  ]);
  expect(byType.get('MachineStatuses.runtime.talos.dev')?.spec.aliases).toEqual([
    'machinestatus',
    'ms',
  ]);
  expect(byType.get('AddressStatuses.net.talos.dev')?.spec.aliases).toEqual([
    'address',
    'addresses',
    'addressstatus',
    'as',
  ]);
});

test.each([
  ['v1.12.4', 160, false],
  ['v1.13.9', 167, false],
  ['v1.14.1', 201, true],
])('%s registers %i types; boot ids are a resource: %s', async (version, count, hasBootIds) => {
  lab.node('talos-cp-01').talosVersion = version;
  const types = (await definitions()).map(({ spec }) => spec.type);

  expect(types).toHaveLength(count);
  expect(types.includes('BootIDs.runtime.talos.dev')).toBe(hasBootIds);
});

test('every type answers on every role, and what it answers is YAML', async () => {
  for (const hostname of ['talos-cp-02', 'talos-w-01']) {
    const node = lab.node(hostname).address;
    for (const { spec } of await definitions()) {
      for (const resource of await client.list(spec.defaultNamespace, spec.type, { node })) {
        expect(parse(resource.spec.yaml_spec)).not.toBeNull();
        expect(resource.metadata).toMatchObject({
          type: spec.type,
          phase: 'running',
          version: '1',
        });
      }
    }
  }
});

test('a node can be joined to its VM, its member and its Kubernetes node', async () => {
  const node = lab.node('talos-cp-01');
  const [system] = await client.list('hardware', 'SystemInformations.hardware.talos.dev');
  const links = await client.list('network', 'LinkStatuses.net.talos.dev');
  const [member] = await client.list('etcd', 'EtcdMembers.etcd.talos.dev');
  const [nodename] = await client.list('k8s', 'Nodenames.kubernetes.talos.dev');

  expect(parse(system?.spec.yaml_spec ?? '')).toMatchObject({ uuid: node.smbiosUuid });
  expect(links.map(({ spec }) => parse(spec.yaml_spec).hardwareAddr)).toContain(node.mac);
  expect([...lab.world.etcd.members.keys()]).toContain(
    parse(member?.spec.yaml_spec ?? '').memberID,
  );
  expect(parse(nodename?.spec.yaml_spec ?? '')).toMatchObject({ nodename: 'talos-cp-01' });
});

test('the holder of the virtual address shows it with its full prefix, nobody else does', async () => {
  const { vip } = lab.world;
  vip.holder = 'talos-cp-02';
  for (const hostname of ['talos-cp-01', 'talos-cp-02', 'talos-w-01']) {
    const addresses = await client.list('network', 'AddressStatuses.net.talos.dev', {
      node: lab.node(hostname).address,
    });
    const ids = addresses.map(({ metadata }) => metadata.id);
    expect(ids.includes(`ens18/${vip.address}/32`)).toBe(hostname === 'talos-cp-02');
  }
});

test('services come with their health and their history', async () => {
  const { messages } = await client.unary<{
    messages: readonly {
      services: readonly {
        id: string;
        state: string;
        health: { unknown: boolean; healthy: boolean };
        events: { events: readonly { msg: string }[] };
      }[];
    }[];
  }>('machine.MachineService/ServiceList');
  const services = new Map(messages[0]?.services.map((service) => [service.id, service]));

  expect(services.get('etcd')).toMatchObject({
    state: 'Running',
    health: { unknown: false, healthy: true },
  });
  expect(services.get('ext-iscsid')).toMatchObject({ health: { unknown: true } });
  expect(services.get('kubelet')?.events.events.length).toBeGreaterThan(0);
});

test('processor time only grows, and its parts add up to cores times uptime', async () => {
  interface SystemStat {
    readonly messages: readonly {
      readonly cpu_total: Readonly<Record<string, number>>;
      readonly cpu: readonly unknown[];
      readonly boot_time: string;
    }[];
  }
  const read = async () => {
    const { messages } = await client.unary<SystemStat>('machine.MachineService/SystemStat');
    const [stat] = messages;
    if (stat === undefined) throw new Error('No answer.');
    return stat;
  };
  const before = await read();
  lab.world.clock.advance(10_000);
  const after = await read();
  const total = (stat: SystemStat['messages'][number]): number =>
    Object.values(stat.cpu_total).reduce((sum, value) => sum + value, 0);

  expect(total(after) - total(before)).toBeCloseTo(after.cpu.length * 10, 0);
  expect(after.cpu_total.user).toBeGreaterThan(before.cpu_total.user ?? 0);
});

test('memory that is used and available add up', async () => {
  const { messages } = await client.unary<{
    messages: readonly { meminfo: Readonly<Record<string, string>> }[];
  }>('machine.MachineService/Memory');
  const info = messages[0]?.meminfo ?? {};

  expect(Number(info.memtotal)).toBeGreaterThan(3_000_000);
  expect(Number(info.memavailable)).toBeLessThan(Number(info.memtotal));
  expect(Number(info.memfree)).toBeLessThan(Number(info.memavailable));
});

test('the boot id is read from its file, and other files are not there', async () => {
  const read = (path: string) =>
    client.stream<{ readonly bytes: Buffer }>('machine.MachineService/Read', { path });
  const bootId = read('/proc/sys/kernel/random/boot_id');
  await bootId.ended();

  expect(bootId.frames[0]?.bytes.toString()).toBe(`${lab.node('talos-cp-01').bootId}\n`);
  expect(await read('/nowhere').ended()).toMatchObject({
    code: 5,
    details: 'stat /nowhere: no such file or directory',
  });
});

test('events begin with an empty hello, and a node that has run for days still tells of its boot', async () => {
  interface EventFrame {
    readonly data: { readonly type_url: string; readonly value: Buffer };
    readonly id: string;
    readonly actor_id: string;
  }
  const stream = client.stream<EventFrame>('machine.MachineService/Events', {
    with_actor_id: '',
    tail_events: 0,
  });
  await stream.frameCount(1);
  const node = lab.node('talos-cp-01');
  node.stage = 'rebooting';
  lab.world.touch('talos:talos-cp-01');
  await stream.frameCount(2);

  expect(stream.frames[0]?.data).toEqual({ type_url: '', value: Buffer.alloc(0) });
  expect(stream.frames[1]?.data.type_url).toBe('talos/runtime/machine.MachineStatusEvent');
  expect(stream.frames.every(({ id }) => /^[0-9a-v]{20}$/.test(id))).toBe(true);

  const history = client.stream<EventFrame>('machine.MachineService/Events', { tail_events: -1 });
  await history.until(
    ({ frames }) => frames.at(-1)?.id === stream.frames[1]?.id,
    'the newest event',
  );
  expect(history.frames[1]?.data.type_url).toBe('talos/runtime/machine.SequenceEvent');
  const told = history.frames.slice(1).map(({ id }) => id);
  expect([...told].sort()).toEqual(told);
  const broken = client.stream('machine.MachineService/Events', { tail_id: 'now' });
  expect(await broken.ended()).toMatchObject({ code: 2 });
});

test('an unapproved request becomes a diagnostic after half a minute and goes with its approval', async () => {
  const { world } = lab;
  const node = lab.node('talos-w-01');
  const draft = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr-abcde', creationTimestamp: new Date(world.clock.now()).toISOString() },
    spec: { signerName: 'kubernetes.io/kubelet-serving', username: 'system:node:talos-w-01' },
  };
  const stream = client.watch(
    {
      namespace: 'runtime',
      type: 'Diagnostics.runtime.talos.dev',
      options: { bootstrap_contents: true },
    },
    { node: node.address },
  );
  await stream.frameCount(2);
  putObject(world, 'certificatesigningrequests', draft);
  world.clock.advance(20_000);
  expect(stream.frames).toHaveLength(2);
  world.clock.advance(15_000);
  await stream.frameCount(3);
  putObject(world, 'certificatesigningrequests', {
    ...draft,
    status: { conditions: [{ type: 'Approved', status: 'True' }] },
  });
  await stream.frameCount(5);

  const events = eventsOf(stream);
  expect(events.map(({ event_type }) => event_type)).toEqual([
    'BOOTSTRAPPED',
    'CREATED',
    'UPDATED',
    'DESTROYED',
  ]);
  expect(events[1]?.resource?.spec.yaml_spec).toContain('pending CSRs: csr-abcde');
});

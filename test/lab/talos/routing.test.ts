import { createConnection } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  eventsOf,
  startTalosTestLab,
  TALOS_PORT,
  TalosTestClient,
  type TalosTestLab,
} from '../../support/talos-lab.js';

const HOSTNAME = 'machine.MachineService/Hostname';
const MACHINE_STATUS = { namespace: 'runtime', type: 'MachineStatuses.runtime.talos.dev' };
const BOOTSTRAP = { ...MACHINE_STATUS, options: { bootstrap_contents: true } };

interface HostnameResponse {
  readonly messages: readonly {
    readonly hostname: string;
    readonly metadata: {
      readonly hostname: string;
      readonly error: string;
      readonly status: { readonly code: number; readonly message: string } | null;
    } | null;
  }[];
}

let lab: TalosTestLab;
let client: TalosTestClient;
const clients: TalosTestClient[] = [];

const connect = (hostname: string): TalosTestClient => {
  const created = new TalosTestClient(lab, lab.node(hostname).address);
  clients.push(created);
  return created;
};

beforeEach(async () => {
  lab = await startTalosTestLab();
  client = connect('talos-cp-01');
});

afterEach(async () => {
  for (const created of clients.splice(0)) created.close();
  await lab.close();
});

const addressOf = (hostname: string): string => lab.node(hostname).address;

/** What the world does when a machine loses power, freezes or comes back. */
function setPower(hostname: string, power: 'up' | 'down' | 'hung'): void {
  const node = lab.node(hostname);
  node.isUp = power !== 'down';
  node.isHung = power === 'hung';
  lab.world.touch(`node:${hostname}`, `talos:${hostname}`);
}

test('a control plane answers for itself and for every other node', async () => {
  const own = await client.unary<HostnameResponse>(HOSTNAME);
  const other = await client.unary<HostnameResponse>(
    HOSTNAME,
    {},
    { node: addressOf('talos-w-02') },
  );

  expect(own.messages).toMatchObject([{ hostname: 'talos-cp-01', metadata: null }]);
  expect(other.messages).toMatchObject([{ hostname: 'talos-w-02', metadata: null }]);
});

test('several nodes answer in one reply, and one dead node is an entry of its own', async () => {
  setPower('talos-w-01', 'down');
  const nodes = [addressOf('talos-cp-02'), addressOf('talos-w-01')];
  const reply = await client.unary<HostnameResponse>(HOSTNAME, {}, { nodes });

  const text = `connection error: desc = "transport: Error while dialing: dial tcp ${nodes[1]}:50000: connect: no route to host"`;
  expect(reply.messages).toMatchObject([
    { hostname: 'talos-cp-02', metadata: { hostname: nodes[0], error: '' } },
    {
      metadata: {
        hostname: nodes[1],
        error: `rpc error: code = Unavailable desc = ${text}`,
        status: { code: 14, message: text },
      },
    },
  ]);
});

test('resources are not fanned out', async () => {
  const nodes = [addressOf('talos-cp-01'), addressOf('talos-cp-02')];
  const stream = client.watch(BOOTSTRAP, { nodes });

  expect(await stream.ended()).toEqual({
    code: 3,
    details: 'one-2-many proxying is not supported for method /cosi.resource.State/Watch',
  });
});

test.each([
  ['a node with a port', '127.0.0.1:50000', 13, 'invalid target "127.0.0.1:50000"'],
  ['an empty node', '', 13, 'invalid target ""'],
  [
    'a node that does not exist',
    '127.250.0.99',
    14,
    'connection error: desc = "transport: Error while dialing: dial tcp 127.250.0.99:50000: connect: no route to host"',
  ],
])('%s is refused in the words of apid', async (_, node, code, details) => {
  await expect(client.unary(HOSTNAME, {}, { node })).rejects.toMatchObject({ code, details });
});

test('a single answer cannot come from two nodes', async () => {
  const node = `${addressOf('talos-cp-01')}, ${addressOf('talos-cp-02')}`;

  await expect(client.unary(HOSTNAME, {}, { node })).rejects.toMatchObject({
    code: 3,
    details: 'node metadata must be single-valued',
  });
});

test('a worker forwards nothing, but tolerates its own address', async () => {
  const worker = connect('talos-w-01');
  const own = { node: addressOf('talos-w-01') };

  expect(await worker.unary<HostnameResponse>(HOSTNAME, {}, own)).toMatchObject({
    messages: [{ hostname: 'talos-w-01' }],
  });
  await expect(
    worker.unary(HOSTNAME, {}, { node: addressOf('talos-cp-01') }),
  ).rejects.toMatchObject({ code: 7, details: 'no request forwarding' });
});

test('when a node dies, its streams end and those of the others live on', async () => {
  const dying = client.watch(BOOTSTRAP, { node: addressOf('talos-w-01') });
  const living = client.watch(BOOTSTRAP, { node: addressOf('talos-w-02') });
  await Promise.all([dying.frameCount(3), living.frameCount(3)]);
  setPower('talos-w-01', 'down');

  expect(await dying.ended()).toEqual({ code: 14, details: 'error reading from server: EOF' });
  await expect(client.unary(HOSTNAME, {}, { node: addressOf('talos-w-01') })).rejects.toMatchObject(
    { code: 14, details: expect.stringContaining('no route to host') },
  );
  lab.node('talos-w-02').stage = 'rebooting';
  lab.world.touch('talos:talos-w-02');
  await living.frameCount(4);
  expect(living.end).toBeNull();
});

test('when an endpoint dies, its port closes, and opens again when it is back', async () => {
  const stream = client.watch(BOOTSTRAP);
  await stream.frameCount(3);
  setPower('talos-cp-01', 'down');
  expect(await stream.ended()).toMatchObject({ code: 14 });
  await expect(refusal(addressOf('talos-cp-01'))).resolves.toBe('ECONNREFUSED');
  setPower('talos-cp-01', 'up');

  const again = connect('talos-cp-01');
  expect(await again.unary(HOSTNAME)).toMatchObject({ messages: [{ hostname: 'talos-cp-01' }] });
});

const refusal = (address: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = createConnection(TALOS_PORT, address);
    socket.on('connect', () => {
      socket.destroy();
      resolve('connected');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
  });

test('a hung endpoint takes connections and answers on none, old or new, until it wakes up', async () => {
  const stream = client.watch(BOOTSTRAP, { node: addressOf('talos-w-01') });
  await stream.frameCount(3);
  setPower('talos-cp-01', 'hung');
  lab.node('talos-w-01').stage = 'rebooting';
  lab.world.touch('talos:talos-w-01');

  const late = { deadlineMs: 250 };
  await expect(client.unary(HOSTNAME, {}, late)).rejects.toMatchObject({ code: 4 });
  await expect(refusal(addressOf('talos-cp-01'))).resolves.toBe('connected');
  await expect(connect('talos-cp-01').unary(HOSTNAME, {}, late)).rejects.toMatchObject({ code: 4 });
  expect(stream.end).toBeNull();
  expect(eventsOf(stream)).toHaveLength(2);

  setPower('talos-cp-01', 'up');
  await stream.frameCount(4);
  expect(eventsOf(stream).at(-1)?.resource?.spec.yaml_spec).toContain('stage: rebooting');
  expect(await client.unary(HOSTNAME)).toMatchObject({ messages: [{ hostname: 'talos-cp-01' }] });
});

test('a hung node behind a living endpoint is silent alone', async () => {
  const stream = client.watch(BOOTSTRAP, { node: addressOf('talos-w-01') });
  await stream.frameCount(3);
  setPower('talos-w-01', 'hung');
  lab.node('talos-w-01').stage = 'rebooting';
  lab.world.touch('talos:talos-w-01');

  await expect(
    client.unary(HOSTNAME, {}, { node: addressOf('talos-w-01'), deadlineMs: 250 }),
  ).rejects.toMatchObject({ code: 4 });
  expect(await client.unary(HOSTNAME)).toMatchObject({ messages: [{ hostname: 'talos-cp-01' }] });
  expect(eventsOf(stream)).toHaveLength(2);
});

test('the virtual address is answered by its holder and follows it', async () => {
  lab.world.vip.holder = 'talos-cp-02';
  lab.world.touch('vip');
  const vip = new TalosTestClient(lab, lab.world.vip.address);
  clients.push(vip);
  expect(await vip.unary(HOSTNAME)).toMatchObject({ messages: [{ hostname: 'talos-cp-02' }] });
  const stream = vip.watch(BOOTSTRAP);
  await stream.frameCount(3);
  lab.world.vip.holder = 'talos-cp-03';
  lab.world.touch('vip');
  expect(await stream.ended()).toMatchObject({ code: 14 });

  const again = new TalosTestClient(lab, lab.world.vip.address);
  clients.push(again);
  expect(await again.unary(HOSTNAME)).toMatchObject({ messages: [{ hostname: 'talos-cp-03' }] });
});

import { createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { createTalosClient } from '../../src/clients/talos.js';
import type { TalosClientWiring } from '../../src/clients/talos-connection.js';
import { TALOS_KINDS } from '../../src/clients/talos-resources.js';
import type { CosiResource } from '../../src/clients/types.js';
import { asIpAddress } from '../../src/model/ids.js';
import { type Authority, createAuthority } from '../support/authority.js';
import { type FakeApid, startFakeApid } from '../support/fake-apid.js';
import { createManualClock } from '../support/manual-clock.js';
import { eventually } from '../support/patience.js';
import { talosAccessFor } from '../support/talos-access.js';
import { createWatchLog } from '../support/watch-log.js';

const NODE = asIpAddress('10.0.0.11');
const { machineStatus } = TALOS_KINDS;
const authority = await createAuthority();

async function anApid(options: { host?: string; port?: number } = {}, by: Authority = authority) {
  const apid = await startFakeApid(by, options);
  onTestFinished(apid.stop);
  return apid;
}

async function aClient(endpoints: readonly string[], wiring: Partial<TalosClientWiring> = {}) {
  const access = await talosAccessFor(authority, endpoints);
  const client = createTalosClient({ access, clock: systemClock, random: () => 0, ...wiring });
  onTestFinished(client.close);
  return client;
}

/** Accepts connections and never says a word, as a hung machine does. */
async function aSilentPort(): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

const aClosedPort = async (): Promise<string> => {
  const apid = await startFakeApid(authority);
  await apid.stop();
  return apid.address;
};

test('an endpoint that does not answer holds nobody up', async () => {
  const [silent, live] = [await aSilentPort(), await anApid()];
  const clock = createManualClock();
  const client = await aClient([silent, live.address], { clock });

  const answered = client.version(NODE);
  await eventually(() => expect(clock.pending()).toBeGreaterThan(0));
  clock.advance(1_999);
  await answered;

  expect(client.activeEndpoint()).toBe(live.address);
});

test('watches go on through the next endpoint when theirs stops, without an outage shown', async () => {
  const [first, second] = [await anApid(), await anApid()];
  const client = await aClient([first.address, second.address]);
  const log = createWatchLog<CosiResource>();
  client.watch(NODE, machineStatus, log);
  await eventually(() => expect(log.lists).toHaveLength(1));
  expect(client.activeEndpoint()).toBe(first.address);

  await first.stop();
  await eventually(() => expect(log.lists).toHaveLength(2));

  expect(log.errors).toEqual([]);
  expect(client.activeEndpoint()).toBe(second.address);
});

test('the loss of the only endpoint is told, once', async () => {
  const apid = await anApid();
  const client = await aClient([apid.address], { directPort: 1 });
  const log = createWatchLog<CosiResource>();
  client.watch(asIpAddress('127.0.0.4'), machineStatus, log);
  await eventually(() => expect(log.lists).toHaveLength(1));

  await apid.stop();
  await eventually(() => expect(log.errors).toHaveLength(1));

  expect(log.errors[0]).toMatchObject({ kind: 'unreachable' });
  expect(client.activeEndpoint()).toBeNull();
});

test('a hung endpoint is noticed within 20 seconds and replaced by the next', async () => {
  const clock = createManualClock();
  const [first, second] = [await anApid(), await anApid()];
  const client = await aClient([first.address, second.address], { clock, random: () => 1 });
  const log = createWatchLog<CosiResource>();
  client.watch(NODE, machineStatus, log);
  await eventually(() => expect(log.lists).toHaveLength(1));
  first.answer = () => 'silence';
  const startMs = clock.now();

  await clock.flowUntil(() => log.lists.length === 2);

  expect(clock.now() - startMs).toBeLessThanOrEqual(20_000);
  expect(client.activeEndpoint()).toBe(second.address);
  expect(log.errors).toEqual([]);
});

test('while no endpoint answers, a node is asked through its own apid', async () => {
  const clock = createManualClock();
  const node = await anApid({ host: '127.0.0.2' });
  const endpointAt = await aClosedPort();
  const client = await aClient([endpointAt], { clock, directPort: node.port });
  const log = createWatchLog<CosiResource>();
  client.watch(asIpAddress('127.0.0.2'), machineStatus, log);
  await eventually(() => expect(log.lists).toHaveLength(1));

  expect(node.calls).toEqual(['Version ', `Watch  ${machineStatus.type}`]);
  expect(client.activeEndpoint()).toBeNull();

  const endpoint = await anApid({ port: Number(endpointAt.split(':')[1]) });
  await clock.flowUntil(() => log.lists.length === 2);

  expect(client.activeEndpoint()).toBe(endpointAt);
  expect(endpoint.calls).toContain(`Watch 127.0.0.2 ${machineStatus.type}`);
  expect(log.errors).toEqual([]);
  await eventually(() => expect(node.openWatches.size).toBe(0));
});

test('when nothing answers at all, every watch is told why and heals later', async () => {
  const clock = createManualClock();
  const endpointAt = await aClosedPort();
  const port = Number(endpointAt.split(':')[1]);
  const client = await aClient([endpointAt], { clock, directPort: port });
  const log = createWatchLog<CosiResource>();
  client.watch(asIpAddress('127.0.0.3'), machineStatus, log);
  await eventually(() => expect(log.errors).toHaveLength(1));

  expect(log.errors[0]).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });

  await anApid({ port });
  await clock.flowUntil(() => log.lists.length === 1);

  expect(log.order).toEqual(['error', 'items']);
});

test('thousands of streams share one connection', async () => {
  const apid: FakeApid = await anApid();
  const client = await aClient([apid.address]);
  let bootstrapped = 0;
  for (let index = 0; index < 1_600; index++) {
    const node = asIpAddress(`10.1.${index >> 8}.${index & 255}`);
    client.watch(node, machineStatus, {
      onItems: () => bootstrapped++,
      onError: (error) => {
        throw error;
      },
    });
  }

  await eventually(() => expect(bootstrapped).toBe(1_600));

  expect(apid.openWatches.size).toBe(1_600);
  expect(new Set([...apid.openWatches].map(({ peer }) => peer)).size).toBe(1);
});

test('a closed client refuses further calls', async () => {
  const apid = await anApid();
  const client = await aClient([apid.address]);
  await client.version(NODE);
  client.close();

  await expect(client.version(NODE)).rejects.toMatchObject({ kind: 'cancelled' });
});

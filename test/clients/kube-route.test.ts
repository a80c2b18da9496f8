import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createKubeRoute } from '../../src/clients/kube-route.js';
import { ClientError } from '../../src/model/errors.js';
import { createAuthority } from '../support/authority.js';
import { type FakeKubernetes, startFakeKubernetes, status } from '../support/fake-kubernetes.js';
import { createManualClock, type ManualClock } from '../support/manual-clock.js';
import { eventually, letSocketsTalk } from '../support/patience.js';

const authority = await createAuthority();
const strangers = await createAuthority('strangers');
const order = { subject: 'CN=kube-apiserver', purpose: 'server', ips: ['127.0.0.1'] } as const;
const certificate = await authority.issue(order);
const foreign = await strangers.issue(order);
const misnamed = await authority.issue({ ...order, ips: ['10.0.0.12'] });

const aServer = (tls = certificate, port = 0) => startFakeKubernetes(port, tls);
const urlOf = ({ port }: FakeKubernetes) => `https://127.0.0.1:${port}`;

/** One that was there and is gone. */
async function aStoppedServer(): Promise<FakeKubernetes> {
  const server = await aServer();
  await server.stop();
  return server;
}

function aRoute(configured: FakeKubernetes, others: readonly FakeKubernetes[]) {
  const clock = createManualClock();
  const used: (string | null)[] = [];
  const route = createKubeRoute({
    alternatives: {
      configured: urlOf(configured),
      caPem: authority.caPem,
      others: () => others.map(urlOf),
    },
    clock,
    use: (server) => used.push(server),
  });
  onTestFinished(route.close);
  return { clock, route, used };
}

/** Slow enough for a handshake on a busy machine within one second of test time. */
async function flow(clock: ManualClock, isDone: () => boolean, limitMs = 60_000): Promise<number> {
  const startMs = clock.now();
  while (!isDone()) {
    if (clock.now() - startMs > limitMs) throw new Error(`Not within ${limitMs} ms of test time`);
    clock.advance(100);
    await letSocketsTalk();
    await pause(3);
  }
  return clock.now() - startMs;
}

const lost = new ClientError('unreachable', 'it refuses connections', 'Look.');

test('a server that refuses is left for one that answers, and taken again when it has answered for a while', async () => {
  const configured = await aStoppedServer();
  const other = await aServer();
  const { clock, route, used } = aRoute(configured, [await aStoppedServer(), other]);

  expect(await route.recover(route.turn())).toBe('switched');
  expect(route.viaServer()).toBe(urlOf(other));
  expect(other.requests).toEqual(['GET /version']);

  await aServer(certificate, configured.port);
  const waitedMs = await flow(clock, () => route.viaServer() === null);
  expect(used).toEqual([urlOf(other), null]);
  expect(waitedMs).toBeGreaterThan(9_000);
  expect(waitedMs).toBeLessThan(20_000);
  expect(clock.pending()).toBe(0);
});

test('a server that is lost again soon after its return must answer twice as long the next time', async () => {
  const configured = await aStoppedServer();
  const { clock, route, used } = aRoute(configured, [await aServer()]);
  await route.recover(route.turn());
  const first = await aServer(certificate, configured.port);
  const firstMs = await flow(clock, () => route.viaServer() === null);
  await first.stop();

  expect(await route.recover(route.turn())).toBe('switched');
  await aServer(certificate, configured.port);
  const secondMs = await flow(clock, () => route.viaServer() === null);

  expect(used).toHaveLength(4);
  expect(secondMs).toBeGreaterThan(firstMs + 6_000);
});

test('a server that answers now and then is not taken again', async () => {
  const configured = await aStoppedServer();
  const { clock, route, used } = aRoute(configured, [await aServer()]);
  await route.recover(route.turn());
  for (let round = 0; round < 3; round += 1) {
    const back = await aServer(certificate, configured.port);
    await flow(clock, () => back.requests.length === 2);
    await back.stop();
    const goneMs = clock.now();
    await flow(clock, () => clock.now() - goneMs > 3_500);
  }

  expect(used).toHaveLength(1);
});

test.each([401, 403, 500, 503])('a live server that answers %i is not left', async (code) => {
  const configured = await aServer();
  configured.answer = () => ({ code, body: status(code, 'Failure', 'no') });
  const { route, used } = aRoute(configured, [await aServer()]);

  expect(await route.recover(route.turn())).toBe('answers');
  expect(used).toEqual([]);
});

test('a server that accepts connections and says nothing is left after a second', async () => {
  const configured = await aServer();
  configured.answer = () => 'silence';
  const other = await aServer();
  const { clock, route } = aRoute(configured, [other]);

  const recovery = route.recover(route.turn());
  await eventually(() => expect(other.requests).toHaveLength(1));
  const startMs = clock.now();
  await flow(clock, () => route.viaServer() !== null);

  expect(await recovery).toBe('switched');
  expect(clock.now() - startMs).toBeLessThanOrEqual(1_200);
});

test('a control plane that cannot prove who it is gets no request, and is named in the next step', async () => {
  const [configured, stranger, wrong] = [
    await aStoppedServer(),
    await aServer(foreign),
    await aServer(misnamed),
  ];
  const { route, used } = aRoute(configured, [stranger, wrong]);

  expect(await route.recover(route.turn())).toBe('none');
  expect(used).toEqual([]);
  expect([...stranger.requests, ...wrong.requests]).toEqual([]);
  const { message, hint } = route.explain(lost);
  expect(message).toBe('it refuses connections');
  expect(hint).toContain('certSANs');
  expect(hint).toContain(`the certificate of 127.0.0.1:${wrong.port} is refused`);
});

test('a server with a wrong certificate is not left in silence for another one', async () => {
  const { route, used } = aRoute(await aServer(foreign), [await aServer()]);

  expect(await route.recover(route.turn())).toBe('none');
  expect(used).toEqual([]);
});

test('when nobody answers the next step names who was asked', async () => {
  const other = await aStoppedServer();
  const { route } = aRoute(await aStoppedServer(), [other]);

  expect(await route.recover(route.turn())).toBe('none');
  expect(route.explain(lost).hint).toBe(
    `Look at the control planes: no other API server answers either (127.0.0.1:${other.port} refuses connections).`,
  );
  const refused = new ClientError('forbidden', 'no', 'Ask.');
  expect(route.explain(refused)).toBe(refused);
});

test('many failures at once lead to one search and one switch', async () => {
  const other = await aServer();
  const { route, used } = aRoute(await aStoppedServer(), [other]);
  const since = route.turn();

  const recoveries = await Promise.all([1, 2, 3, 4].map(() => route.recover(since)));

  expect(new Set(recoveries)).toEqual(new Set(['switched']));
  expect(await route.recover(since)).toBe('switched');
  expect(used).toHaveLength(1);
  expect(other.requests).toHaveLength(1);
});

test('when the other control plane fails too, the next one is used', async () => {
  const [first, second] = [await aServer(), await aServer()];
  const { route } = aRoute(await aStoppedServer(), [first, second]);
  await route.recover(route.turn());
  const [used, left] = route.viaServer() === urlOf(first) ? [first, second] : [second, first];
  await used.stop();

  expect(await route.recover(route.turn())).toBe('switched');
  expect(route.viaServer()).toBe(urlOf(left));
});

/** As on a busy host: it accepts at once and answers late. */
function answersAfter(clock: ManualClock, server: FakeKubernetes, ms: number): void {
  server.whenReady = (send) => void clock.after(ms, send);
}

test('on a busy host a server that is slower than the others is not called silent', async () => {
  const [configured, other] = [await aServer(), await aServer()];
  const { clock, route, used } = aRoute(configured, [other]);
  answersAfter(clock, other, 700);
  answersAfter(clock, configured, 1_700);

  const recovery = route.recover(route.turn());
  let outcome: string | null = null;
  void recovery.then((value) => {
    outcome = value;
  });
  await flow(clock, () => outcome !== null);

  expect(outcome).toBe('answers');
  expect(used).toEqual([]);
});

test('a process that got no CPU itself calls nobody silent', async () => {
  const [configured, other] = [await aServer(), await aServer()];
  const { clock, route, used } = aRoute(configured, [other]);
  const late: (() => void)[] = [];
  configured.whenReady = (send) => late.push(send);

  const recovery = route.recover(route.turn());
  await eventually(() => expect(other.requests).toHaveLength(1));
  await eventually(() => expect(late).toHaveLength(1));
  clock.stall(20_000);
  clock.advance(0);
  for (const send of late) send();

  let outcome: string | null = null;
  void recovery.then((value) => {
    outcome = value;
  });
  await flow(clock, () => outcome !== null);
  expect(outcome).toBe('answers');
  expect(used).toEqual([]);
});

test('a server that answers again is told at the next look, long before it is used again', async () => {
  const configured = await aStoppedServer();
  const { clock, route } = aRoute(configured, [await aServer()]);
  const told: string[] = [];
  route.onChange(() => told.push(`${route.viaServer() === null ? 'home' : route.serverState()}`));
  await route.recover(route.turn());
  expect(told).toEqual(['silent']);

  await aServer(certificate, configured.port);
  const waitedMs = await flow(clock, () => told.length === 2);
  expect(waitedMs).toBeLessThan(5_000);
  await flow(clock, () => route.viaServer() === null);

  expect(told).toEqual(['silent', 'back', 'home']);
});

test('a server that comes and goes is called unsteady, not well', async () => {
  const configured = await aStoppedServer();
  const { clock, route } = aRoute(configured, [await aServer()]);
  await route.recover(route.turn());
  const first = await aServer(certificate, configured.port);
  await flow(clock, () => route.viaServer() === null);
  await first.stop();
  await route.recover(route.turn());
  expect(route.serverState()).toBe('silent');

  await aServer(certificate, configured.port);
  await flow(clock, () => route.serverState() !== 'silent');
  expect(route.serverState()).toBe('unsteady');
});

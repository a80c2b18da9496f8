import { expect, test } from 'vitest';
import { addressOf, nameOf } from '../support/builders.js';
import { startSession } from '../support/session.js';

test('in a big cluster only control planes and what is looked at are followed in full', async () => {
  const { session, talos, seats, pass } = startSession({ controlPlanes: 3, workers: 120 });
  await pass(2_000);
  const streamsOf = (number: number) =>
    talos.streams().filter((stream) => stream.startsWith(`${addressOf(number)} `)).length;
  expect([streamsOf(1), streamsOf(50), streamsOf(51)]).toEqual([5, 1, 1]);
  expect(session.snapshots.get().talosNodes.get(addressOf(50))).toMatchObject({
    addresses: { state: 'fresh' },
    links: { state: 'fresh' },
    services: { state: 'waiting' },
  });
  const [focused] = seats.filter(({ number }) => number === 50);
  if (focused === undefined) throw new Error('no node');

  session.setFocus({ screen: 'node', node: nameOf(focused) });
  await pass(1_000);
  expect([streamsOf(50), streamsOf(51)]).toEqual([3, 1]);
  expect(session.snapshots.get().talosNodes.get(addressOf(50))?.services.state).toBe('fresh');

  session.setFocus({ screen: 'overview', node: null });
  await pass(1_000);
  expect(streamsOf(50)).toBe(1);
});

test('with nobody at the keyboard polls slow down and signs of life do not', async () => {
  const { session, talos, pve, pass } = startSession();
  await pass(1_000);
  const countOf = async (ms: number) => {
    talos.forgetCalls();
    pve.forgetCalls();
    await pass(ms);
    return {
      resources: pve.calls.filter((call) => call === 'resources').length,
      versions: talos.calls.filter((call) => call === '10.0.0.11 version').length,
    };
  };
  const active = await countOf(60_000);
  session.setIdle(true);
  await pass(20_000);
  const idle = await countOf(60_000);

  expect(active.resources).toBeGreaterThanOrEqual(11);
  expect(idle.resources).toBeLessThanOrEqual(5);
  expect(idle.versions).toBe(active.versions);
});

test('refresh reads everything of one tool now', async () => {
  const { session, talos, pve, pass } = startSession();
  await pass(2_500);
  talos.forgetCalls();
  pve.forgetCalls();
  session.refresh('proxmox');
  await pass(0);
  expect(pve.calls).toContain('resources');
  expect(pve.calls).toContain('config 101');
  expect(talos.calls).toEqual([]);

  session.refresh();
  await pass(0);
  expect(talos.calls).toContain('10.0.0.11 version');
  expect(talos.calls).toContain('10.0.0.11 etcdStatus');
});

test('in a large cluster usage is sampled often only where somebody looks', async () => {
  const { session, talos, seats, pass } = startSession({ controlPlanes: 3, workers: 40 });
  const [focused] = seats.filter(({ number }) => number === 40);
  if (focused === undefined) throw new Error('no node');
  await pass(60_000);
  const samplesOf = async (number: number) => {
    talos.forgetCalls();
    await pass(120_000);
    return talos.calls.filter((call) => call === `${addressOf(number)} systemSample`).length;
  };
  expect(await samplesOf(40)).toBe(4);

  session.setFocus({ screen: 'node', node: nameOf(focused) });
  await pass(30_000);
  expect(await samplesOf(40)).toBe(12);
  expect(await samplesOf(41)).toBe(4);
});

test('usage is a ratio between two samples, and its history has sixty of them', async () => {
  const { session, pass } = startSession({ controlPlanes: 1, workers: 0 });
  await pass(500);
  const node = () => session.snapshots.get().talosNodes.get(addressOf(1));
  expect(node()?.usage).toMatchObject({ state: 'fresh', value: { cpuRatio: null } });
  await pass(4_500);
  expect(node()?.usage).toMatchObject({ state: 'fresh', value: { cpuRatio: 0.25 } });
  await pass(15 * 60_000);

  expect(node()?.history.cpuRatio).toHaveLength(60);
  expect(node()?.history.memoryRatio).toHaveLength(60);
  expect(node()?.history.dbSizeBytes).toHaveLength(60);
});

test('at rest hardly anything is told', async () => {
  const { session, pass } = startSession();
  await pass(30_000);
  let told = 0;
  session.snapshots.subscribe(() => {
    told += 1;
  });
  await pass(60_000);

  expect(told).toBeLessThanOrEqual(30);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { runWorld } from '../../../src/lab/world/run.js';
import { letSocketsTalk } from '../../support/patience.js';
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

/** Some of these calls last as long as the service takes to stop: time passes until they are answered. */
async function whileTimePasses<Answer>(reply: Promise<Answer>): Promise<Answer> {
  let isAnswered = false;
  const note = (): void => {
    isAnswered = true;
  };
  reply.then(note, note);
  while (!isAnswered) {
    await letSocketsTalk();
    lab.world.clock.advance(500);
  }
  return reply;
}

async function call(method: string, id: string, hostname = 'talos-w-01'): Promise<string> {
  const reply = await whileTimePasses(
    client.unary<{ messages: readonly { resp: string }[] }>(
      `machine.MachineService/${method}`,
      { id },
      { node: lab.node(hostname).address },
    ),
  );
  return reply.messages[0]?.resp ?? '';
}

const stateOf = (id: string, hostname = 'talos-w-01') => lab.node(hostname).services.get(id)?.state;

test('an extension is stopped, started and restarted', async () => {
  expect(await call('ServiceStop', 'ext-iscsid')).toBe('Service "ext-iscsid" stopped');
  expect(stateOf('ext-iscsid')).toBe('Finished');
  expect(await call('ServiceStart', 'ext-iscsid')).toBe('Service "ext-iscsid" started');
  expect(stateOf('ext-iscsid')).toBe('Running');
  expect(await call('ServiceRestart', 'ext-iscsid')).toBe('Service "ext-iscsid" restarted');
  const messages = lab
    .node('talos-w-01')
    .services.get('ext-iscsid')
    ?.events.map(({ state, message }) => `${state} ${message}`);
  expect(messages).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^Stopping Sending SIGTERM to task ext-iscsid \(PID \d+, container ext-iscsid\)$/,
      ),
      'Finished Service finished successfully',
      'Starting Starting service',
    ]),
  );
});

test('a restarted kubelet is healthy again, and nothing else moves', async () => {
  const { world } = lab;
  world.vip.holder = 'talos-cp-02';
  await call('ServiceRestart', 'kubelet', 'talos-cp-02');
  world.clock.advance(10_000);

  expect(lab.node('talos-cp-02').services.get('kubelet')?.isHealthy).toBe(true);
  expect([lab.node('talos-cp-02').stage, world.vip.holder]).toEqual(['running', 'talos-cp-02']);
});

test.each([
  ['ServiceStop', 'etcd', 'service "etcd" doesn\'t support stop operation via API'],
  ['ServiceRestart', 'apid', 'service "apid" doesn\'t support restart operation via API'],
  ['ServiceStop', 'kubelet', 'service "kubelet" doesn\'t support stop operation via API'],
  ['ServiceStart', 'wombat', 'service "wombat" not defined'],
])('%s %s is refused', async (method, id, details) => {
  await expect(call(method, id, 'talos-cp-01')).rejects.toMatchObject({ code: 2, details });
  if (id !== 'wombat') expect(stateOf(id, 'talos-cp-01')).toBe('Running');
});

test('a restarted pod has one restart more', async () => {
  const pod = 'kube-system/kube-apiserver-talos-cp-01';
  await whileTimePasses(
    client.unary(
      'machine.MachineService/Restart',
      { namespace: 'k8s.io', driver: 'CRI', id: `${pod}:kube-apiserver` },
      { node: lab.node('talos-cp-01').address },
    ),
  );
  const status = lab.world.kube.objects.get('pods')?.get(pod)?.status as {
    readonly containerStatuses: readonly { readonly restartCount: number }[];
  };

  expect(status.containerStatuses[0]?.restartCount).toBe(1);
});

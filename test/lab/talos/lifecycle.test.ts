import { afterEach, beforeEach, expect, test } from 'vitest';
import { startVm, stopVm } from '../../../src/lab/world/power.js';
import { runWorld } from '../../../src/lab/world/run.js';
import { vmOf } from '../../../src/lab/world/vm.js';
import { letSocketsTalk } from '../../support/patience.js';
import {
  type Stream,
  startTalosTestLab,
  TalosTestClient,
  type TalosTestLab,
} from '../../support/talos-lab.js';

interface Progress {
  readonly progress: { readonly message?: string; readonly exit_code?: number };
}
interface Pulled {
  readonly name?: string;
  readonly pull_progress?: object;
}

const SYSTEM = { driver: 'CRI', namespace: 'NS_SYSTEM' };

let lab: TalosTestLab;
let client: TalosTestClient;

async function start(talosVersion: string): Promise<void> {
  lab = await startTalosTestLab({ talosVersion });
  runWorld(lab.world);
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
}

beforeEach(() => start('v1.13.9'));

afterEach(async () => {
  client.close();
  await lab.close();
});

const advance = (seconds: number): void => lab.world.clock.advance(seconds * 1000);

const image = (version: string): string =>
  `factory.talos.dev/metal-installer/${lab.world.facts.schematic}:${version}`;

/** The lab's time passes until the stream has ended. */
async function ended(stream: Stream<unknown>): Promise<{ code: number; details: string }> {
  await passUntil(() => stream.end !== null);
  return stream.ended();
}

/** In small steps, so that what is said on the way is heard. */
async function passUntil(isReached: () => boolean): Promise<void> {
  while (!isReached()) {
    await letSocketsTalk();
    advance(0.25);
  }
}

const call = <Frame>(method: string, hostname: string, request: object): Stream<Frame> =>
  client.stream<Frame>(`machine.${method}`, request, { node: lab.node(hostname).address });

async function pull(hostname: string, reference: string): Promise<Stream<Pulled>> {
  const request = { containerd: SYSTEM, image_ref: reference };
  const stream = call<Pulled>('ImageService/Pull', hostname, request);
  await ended(stream);
  return stream;
}

async function install(hostname: string, reference: string): Promise<Stream<Progress>> {
  const request = { containerd: SYSTEM, source: { image_name: reference } };
  const stream = call<Progress>('LifecycleService/Upgrade', hostname, request);
  await ended(stream);
  return stream;
}

test('pulling shows progress and ends with the name by its digest', async () => {
  const { frames, end } = await pull('talos-w-01', image('v1.13.9'));
  expect(end).toEqual({ code: 0, details: '' });
  expect(frames.some((frame) => frame.pull_progress !== undefined)).toBe(true);
  expect(frames.at(-1)?.name).toMatch(
    /^factory\.talos\.dev\/metal-installer\/[0-9a-f]{64}@sha256:[0-9a-f]{64}$/,
  );
});

test('an image that nobody published is not found, and the node has nothing new', async () => {
  const before = lab.node('talos-w-01').pulledImages;
  const { end } = await pull('talos-w-01', image('v9.9.9'));
  expect(end).toMatchObject({ code: 5, details: expect.stringMatching(/^error pulling image: /) });
  expect(lab.node('talos-w-01').pulledImages).toEqual(before);
});

test('an installation leaves the node serving as before, and armed: its next boot is the new image', async () => {
  const node = lab.node('talos-w-01');
  const { bootId } = node;
  await pull('talos-w-01', image('v1.14.1'));
  const { frames } = await install('talos-w-01', image('v1.14.1'));
  expect(frames.at(-1)?.progress.exit_code).toBe(0);
  expect([node.talosVersion, node.stage, node.bootId]).toEqual(['v1.13.9', 'running', bootId]);
  advance(3600);
  expect(node.talosVersion).toBe('v1.13.9');

  await client.unary('machine.MachineService/Reboot', {}, { node: node.address });
  advance(300);
  expect([node.talosVersion, node.stage, node.isReady]).toEqual(['v1.14.1', 'running', true]);
});

test('an armed node changes its version even when it only lost its power', async () => {
  const node = lab.node('talos-w-01');
  await pull('talos-w-01', image('v1.14.1'));
  await install('talos-w-01', image('v1.14.1'));
  const vm = vmOf(lab.world, node);
  if (vm === undefined) throw new Error('No VM.');
  stopVm(lab.world, vm);
  advance(5);
  startVm(lab.world, vm);
  advance(300);
  expect(node.talosVersion).toBe('v1.14.1');
});

test('installing the old image again disarms a node', async () => {
  const node = lab.node('talos-w-01');
  for (const version of ['v1.14.1', 'v1.13.9']) {
    await pull('talos-w-01', image(version));
    await install('talos-w-01', image(version));
  }
  await client.unary('machine.MachineService/Reboot', {}, { node: node.address });
  advance(300);
  expect(node.talosVersion).toBe('v1.13.9');
});

test('a rollback of an armed node takes the new image out of the way, and restarts what ran', async () => {
  const node = lab.node('talos-w-01');
  const { bootId } = node;
  await pull('talos-w-01', image('v1.14.1'));
  await install('talos-w-01', image('v1.14.1'));
  await client.unary('machine.MachineService/Rollback', {}, { node: node.address });
  advance(300);
  expect([node.talosVersion, node.stage, node.bootId === bootId]).toEqual([
    'v1.13.9',
    'running',
    false,
  ]);
});

const rollback = (hostname: string) =>
  client.unary('machine.MachineService/Rollback', {}, { node: lab.node(hostname).address });

test('what would start next is kept, not what runs: disarmed and rolled back, the node starts what was disarmed', async () => {
  const node = lab.node('talos-w-01');
  for (const version of ['v1.14.1', 'v1.13.9']) {
    await pull('talos-w-01', image(version));
    await install('talos-w-01', image(version));
  }
  await rollback('talos-w-01');
  advance(300);
  expect([node.talosVersion, node.stage]).toEqual(['v1.14.1', 'running']);
});

test('an installation over an armed node removes the image that runs, and says so', async () => {
  const node = lab.node('talos-w-01');
  await pull('talos-w-01', image('v1.14.1'));
  await install('talos-w-01', image('v1.14.1'));
  const { frames } = await install('talos-w-01', image('v1.14.1'));
  const said = frames.map(({ progress }) => progress.message ?? '').join('\n');
  expect(said).toContain(
    'sd-boot: found existing UKIs during upgrade: [Talos-v1.13.9.efi Talos-v1.14.1.efi]',
  );
  expect(said).toContain('removing old UKI: /boot/EFI/EFI/Linux/Talos-v1.13.9.efi');
  await rollback('talos-w-01');
  advance(300);
  expect([node.talosVersion, node.machine.booted]).toMatchObject([
    'v1.14.1',
    { ukiName: 'Talos-v1.14.1.efi' },
  ]);
});

test('the installer goes on when whoever started it hangs up', async () => {
  const node = lab.node('talos-w-01');
  await pull('talos-w-01', image('v1.14.1'));
  const request = { containerd: SYSTEM, source: { image_name: image('v1.14.1') } };
  const stream = call<Progress>('LifecycleService/Upgrade', 'talos-w-01', request);
  await passUntil(() => stream.frames.length > 0);
  stream.cancel();
  advance(60);
  expect(node.machine.systemDisk?.entries[node.machine.systemDisk.next]?.talosVersion).toBe(
    'v1.14.1',
  );
});

test('two installations at a time are one too many', async () => {
  await pull('talos-w-01', image('v1.14.1'));
  const request = { containerd: SYSTEM, source: { image_name: image('v1.14.1') } };
  const first = call<Progress>('LifecycleService/Upgrade', 'talos-w-01', request);
  await passUntil(() => first.frames.length > 0);
  const second = call<Progress>('LifecycleService/Upgrade', 'talos-w-01', request);
  expect(await second.ended()).toEqual({
    code: 9,
    details: 'another installation/upgrade is already in progress',
  });
});

test('an installer that was not pulled is no installer', async () => {
  const { end } = await install('talos-w-01', image('v1.14.1'));
  expect(end).toMatchObject({
    code: 13,
    details: expect.stringContaining('not found in containerd store'),
  });
});

test('an installer too far from the host ends with 1 and changes nothing', async () => {
  const node = lab.node('talos-w-01');
  await pull('talos-w-01', image('v1.10.9'));
  const before = structuredClone(node.machine.systemDisk?.next);
  const { frames } = await install('talos-w-01', image('v1.10.9'));
  expect(frames.at(-1)?.progress.exit_code).toBe(1);
  expect(frames.map(({ progress }) => progress.message ?? '').join('')).toContain(
    'pre-flight checks failed: host version 1.13.9 is too new to downgrade to Talos 1.10.9',
  );
  expect(node.machine.systemDisk?.next).toBe(before);
});

test('nobody asks etcd on this way: a control plane installs while another member is away', async () => {
  lab.node('talos-cp-03').isPartitioned = true;
  await pull('talos-cp-02', image('v1.14.1'));
  const { frames } = await install('talos-cp-02', image('v1.14.1'));
  expect(frames.at(-1)?.progress.exit_code).toBe(0);
});

test('nodes up to 1.12 have never heard of these services', async () => {
  client.close();
  await lab.close();
  await start('v1.12.4');
  const { end } = await pull('talos-w-01', image('v1.12.4'));
  expect(end).toEqual({ code: 12, details: 'unknown service machine.ImageService' });
  expect((await install('talos-w-01', image('v1.12.4'))).end).toEqual({
    code: 12,
    details: 'unknown service machine.LifecycleService',
  });
});

test.each([
  ['v1.11.6', 'v1.34.1', '3.6.5'],
  ['v1.12.4', 'v1.35.0', '3.6.7'],
  ['v1.13.9', 'v1.35.0', '3.6.12'],
  ['v1.14.1', 'v1.35.0', '3.7.1'],
])(
  'a lab of Talos %s runs what belongs to it',
  async (talosVersion, kubernetesVersion, etcdVersion) => {
    client.close();
    await lab.close();
    await start(talosVersion);
    expect(lab.world.facts).toMatchObject({ talosVersion, kubernetesVersion, etcdVersion });
    const { messages } = await client.unary<{ messages: readonly object[] }>(
      'machine.MachineService/Version',
    );
    expect(messages[0]).toMatchObject({ version: { tag: talosVersion } });
  },
);

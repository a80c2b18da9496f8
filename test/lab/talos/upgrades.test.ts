import { afterEach, beforeEach, expect, test } from 'vitest';
import { settle } from '../../../src/lab/world/life.js';
import { runWorld } from '../../../src/lab/world/run.js';
import { schematicYaml } from '../../../src/lab/world/talos-factory.js';
import { whileTimePasses } from '../../support/passing-time.js';
import { startTalosTestLab, TalosTestClient, type TalosTestLab } from '../../support/talos-lab.js';

const AGENT_ONLY = 'ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515';

let lab: TalosTestLab;
let client: TalosTestClient;

async function start(size: string): Promise<void> {
  lab = await startTalosTestLab({ size });
  runWorld(lab.world);
  client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
}

beforeEach(() => start('3+2'));

afterEach(async () => {
  client.close();
  await lab.close();
});

const advance = (seconds: number): void => lab.world.clock.advance(seconds * 1000);

const factory = (version: string, flavour = 'metal-installer', schematic?: string): string =>
  `factory.talos.dev/${flavour}/${schematic ?? lab.world.facts.schematic}:${version}`;

/** The call waits in the lab's time for the pull and the checks. */
async function upgrade(hostname: string, image: string, more: object = {}): Promise<object> {
  const reply = client.unary<{ messages: readonly object[] }>(
    'machine.MachineService/Upgrade',
    { image, ...more },
    { node: lab.node(hostname).address },
  );
  const { value } = await whileTimePasses(lab.world, reply);
  return value.messages[0] ?? {};
}

test('an upgrade installs the new version beside the old one, and the node comes back with it', async () => {
  const node = lab.node('talos-w-01');
  const { bootId } = node;
  expect(await upgrade('talos-w-01', factory('v1.12.6'))).toMatchObject({
    ack: 'Upgrade request received',
  });
  advance(1);
  expect(node.stage).toBe('upgrading');
  advance(400);

  expect([node.talosVersion, node.stage, node.isReady]).toEqual(['v1.12.6', 'running', true]);
  expect(node.bootId).not.toBe(bootId);
  expect(node.machine.systemDisk?.entries).toMatchObject({
    A: { talosVersion: 'v1.12.4' },
    B: { talosVersion: 'v1.12.6' },
  });
});

test('a node has the extensions of the schematic that it was upgraded to', async () => {
  lab.world.schematics.set(AGENT_ONLY, schematicYaml(['qemu-guest-agent']));
  await upgrade('talos-w-01', factory('v1.12.4', 'metal-installer', AGENT_ONLY));
  advance(400);
  const extensions = await client.list('runtime', 'ExtensionStatuses.runtime.talos.dev', {
    node: lab.node('talos-w-01').address,
  });

  expect(extensions.map(({ spec }) => /name: (\S+)/.exec(spec.yaml_spec)?.[1])).toEqual([
    'qemu-guest-agent',
    'schematic',
  ]);
  expect([...lab.node('talos-w-01').services.keys()]).not.toContain('ext-iscsid');
});

test('the stock installer silently drops every extension', async () => {
  await upgrade('talos-w-01', 'ghcr.io/siderolabs/installer:v1.12.6');
  advance(400);

  expect(lab.node('talos-w-01')).toMatchObject({ talosVersion: 'v1.12.6', extensions: [] });
});

test('an installer of another platform changes platform and link name, and the virtual address stays away', async () => {
  const { world } = lab;
  world.vip.holder = 'talos-cp-02';
  await upgrade('talos-cp-02', factory('v1.12.4', 'nocloud-installer'));
  advance(400);
  const node = lab.node('talos-cp-02');
  const links = await client.list('network', 'LinkStatuses.net.talos.dev', { node: node.address });
  const specs = await client.list('network', 'OperatorSpecs.net.talos.dev', { node: node.address });

  expect(node.platform).toBe('nocloud');
  expect(links.map(({ metadata }) => metadata.id)).toContain('eth0');
  expect(links.map(({ metadata }) => metadata.id)).not.toContain('ens18');
  expect(specs.map(({ metadata }) => metadata.id)).toContain(`vip/ens18/${world.vip.address}`);
  for (const name of ['talos-cp-01', 'talos-cp-03']) lab.node(name).isPartitioned = true;
  settle(world);
  advance(120);
  expect(world.vip.holder).toBeNull();
});

test('a rollback starts what was there before, and a second one goes forth again', async () => {
  const node = lab.node('talos-w-01');
  const rollback = () =>
    client.unary('machine.MachineService/Rollback', {}, { node: node.address });
  await expect(rollback()).rejects.toMatchObject({ details: 'previous UKI not found' });
  await upgrade('talos-w-01', factory('v1.12.6'));
  advance(400);
  await rollback();
  advance(60);
  expect(node.talosVersion).toBe('v1.12.4');
  await rollback();
  advance(60);
  expect(node.talosVersion).toBe('v1.12.6');
});

test('a version that does not boot gives way to the old one: another boot, the same version', async () => {
  const node = lab.node('talos-w-01');
  const { bootId } = node;
  lab.world.faults.brokenImages.add('v1.12.6');
  await upgrade('talos-w-01', factory('v1.12.6'));
  advance(500);

  expect([node.talosVersion, node.stage]).toEqual(['v1.12.4', 'running']);
  expect(node.bootId).not.toBe(bootId);
});

test('what an upgrade can be taken back to is forgotten when the new version has come up well', async () => {
  const node = lab.node('talos-w-01');
  const disk = node.machine.systemDisk;
  await upgrade('talos-w-01', factory('v1.12.6'));
  advance(30);
  expect(disk?.fallback).toBe('Talos-v1.12.4.efi');
  advance(400);
  expect([node.talosVersion, disk?.fallback]).toEqual(['v1.12.6', null]);

  lab.world.faults.brokenImages.add('v1.12.6');
  await client.unary('machine.MachineService/Reboot', {}, { node: node.address });
  advance(900);
  expect([node.isUp, disk?.next]).toEqual([false, 'B']);
});

test.each([
  [
    'factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v9.9.9',
  ],
  [
    'factory.talos.dev/metal-installer/0000000000000000000000000000000000000000000000000000000000000000:v1.12.6',
  ],
  ['ghcr.io/siderolabs/installer:v1.14.1'],
  ['docker.io/library/nginx:1'],
])('an installer that nobody has is refused and nothing happens: %s', async (image) => {
  await expect(upgrade('talos-w-01', image)).rejects.toMatchObject({
    details: `error validating installer image "${image}": failed to pull image "${image}": failed to resolve reference "${image}": ${image}: not found`,
  });
  expect(lab.node('talos-w-01').stage).toBe('running');
});

test('an installer too far from the host fails its own check, and the node restarts as it was', async () => {
  const node = lab.node('talos-w-01');
  const { bootId } = node;
  await upgrade('talos-w-01', factory('v1.9.6'));
  advance(400);

  expect([node.talosVersion, node.stage, node.bootId === bootId]).toEqual([
    'v1.12.4',
    'running',
    false,
  ]);
});

test('a control plane is not upgraded while a member is away, unless it is forced', async () => {
  lab.node('talos-cp-03').isPartitioned = true;
  settle(lab.world);
  advance(20);
  await expect(upgrade('talos-cp-02', factory('v1.12.6'))).rejects.toMatchObject({
    details: expect.stringMatching(
      /^error validating etcd for upgrade: etcd member [0-9a-f]{16} is not healthy; all members must be healthy to perform an upgrade: /,
    ),
  });
  expect(lab.node('talos-cp-02').stage).toBe('running');
  expect(await upgrade('talos-cp-02', factory('v1.12.6'), { force: true })).toMatchObject({
    ack: 'Upgrade request received',
  });
});

test('of two members none is upgraded', async () => {
  client.close();
  await lab.close();
  await start('2+0');
  await expect(upgrade('talos-cp-02', factory('v1.12.6'))).rejects.toMatchObject({
    details:
      'error validating etcd for upgrade: etcd member count(2) is insufficient to maintain quorum if upgrade commences',
  });
  // Preserving the data skips the check from 1.12.9 on, not before.
  await expect(
    upgrade('talos-cp-02', factory('v1.12.6'), { preserve: true }),
  ).rejects.toMatchObject({ code: 2 });
  lab.node('talos-cp-02').talosVersion = 'v1.12.11';
  expect(await upgrade('talos-cp-02', factory('v1.12.11'), { preserve: true })).toMatchObject({
    ack: 'Upgrade request received',
  });
});

test('a staged upgrade restarts once and installs on the way up', async () => {
  const node = lab.node('talos-w-01');
  await upgrade('talos-w-01', factory('v1.12.6'), { stage: true });
  const seen: string[] = [];
  for (let second = 0; second < 120; second += 1) {
    advance(1);
    const word = `${node.stage} ${node.talosVersion}`;
    if (seen.at(-1) !== word) seen.push(word);
  }

  expect(seen).toEqual([
    'upgrading v1.12.4',
    'rebooting v1.12.4',
    'booting v1.12.4',
    'installing v1.12.4',
    'rebooting v1.12.4',
    'booting v1.12.6',
    'running v1.12.6',
  ]);
});

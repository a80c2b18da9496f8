import { inspect as print } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { inspect } from '../../src/clients/inspect/inspect.js';
import { NOTHING_WANTED, type NodeInspection } from '../../src/model/inspection.js';
import { freshValue } from '../../src/model/reading.js';
import { type InspectedLab, readOf, startInspectedLab } from '../support/inspected-lab.js';
import { eventually } from '../support/patience.js';

const START_MS = 60_000;
const GIB = 1024 ** 3;

async function nodeOf(lab: InspectedLab, hostname: string): Promise<NodeInspection> {
  const address = lab.address(hostname);
  // A busy machine may have no time for one of them.
  return await eventually(async () => {
    const node = readOf((await lab.inspect({ nodes: [address] })).nodes.get(address));
    expect(node.time.skewMs).not.toBeNull();
    return node;
  });
}

async function inspectAs(lab: InspectedLab, role: string) {
  const talos = lab.talosAs(role);
  const address = lab.address('talos-cp-01');
  const wants = { ...NOTHING_WANTED, nodes: [address] };
  const clients = { ...lab.clients, talos, clock: systemClock };
  try {
    return (await inspect(wants, clients, lab.connection)).nodes.get(address);
  } finally {
    talos.close();
  }
}

/** One of each dialect that the lab speaks. */
const VERSIONS = ['v1.11.6', 'v1.12.4', 'v1.13.9', 'v1.14.1'];

describe.each(VERSIONS)('Talos %s', (talosVersion) => {
  let lab: InspectedLab;

  beforeAll(async () => {
    lab = await startInspectedLab('healthy', { talosVersion });
  }, START_MS);
  afterAll(() => lab.close());

  test('a control plane tells its boot, disks, volumes, clock and static pods', async () => {
    const node = lab.handle.world.nodes.get('talos-cp-01');

    const found = await nodeOf(lab, 'talos-cp-01');

    expect(found).toMatchObject({
      bootId: node?.bootId,
      isSecureBoot: false,
      installImage: `factory.talos.dev/${node?.platform}-installer/${node?.schematic}:${talosVersion}`,
      hasExtraKernelArgs: false,
      ephemeralConfig: null,
      systemDisk: '/dev/sda',
      isManagedByOmni: false,
      ephemeral: {
        phase: 'ready',
        location: '/dev/sda4',
        parentLocation: '/dev/sda',
        filesystem: 'xfs',
      },
    });
    expect(found.isUki).toBe(true);
    expect(found.time.isSynced).toBe(true);
    expect(Math.abs(found.time.skewMs ?? Number.NaN)).toBeLessThan(5_000);
    expect(
      found.disks.map(({ devicePath, sizeBytes, isCdrom }) => [devicePath, sizeBytes, isCdrom]),
    )
      // An empty drive.
      .toEqual([
        ['/dev/sda', 40 * GIB, false],
        ['/dev/sr0', 0, true],
      ]);
    expect(found.partitions.map(({ label, disk }) => `${disk} ${label}`)).toEqual([
      '/dev/sda EFI',
      '/dev/sda META',
      '/dev/sda STATE',
      '/dev/sda EPHEMERAL',
    ]);
    expect(found.ephemeral?.sizeBytes).toBe(found.partitions.at(-1)?.sizeBytes);
    const { freeBytes, sizeBytes } = found.ephemeralRoom ?? { freeBytes: 0, sizeBytes: 0 };
    expect(freeBytes).toBeGreaterThan(10 * GIB);
    expect(sizeBytes).toBeGreaterThan(freeBytes);
    expect(sizeBytes).toBeLessThan(found.ephemeral?.sizeBytes ?? 0);
    expect(found.staticPods).toEqual([
      { name: 'kube-apiserver', isReady: true },
      { name: 'kube-controller-manager', isReady: true },
      { name: 'kube-scheduler', isReady: true },
    ]);
  });

  test('nothing of the configuration but three keys is kept, and no secret in any error', async () => {
    const address = lab.address('talos-cp-01');
    const inspected = await lab.inspect({ nodes: [address] });
    const configs = await lab.clients.talos?.list(address, {
      namespace: 'config',
      type: 'MachineConfigs.config.talos.dev',
    });
    const text = String(configs?.[0]?.spec);
    const secrets = [...text.matchAll(/^\s*(?:key|secret|token|crt|\w+Secret): (\S{16,})$/gm)];
    expect(secrets.length).toBeGreaterThan(8);

    const seen = print(inspected, { depth: null, maxStringLength: null });

    for (const [, secret = ''] of secrets) expect(seen).not.toContain(secret.slice(0, 24));
  });

  test('a worker has no static pods', async () => {
    expect((await nodeOf(lab, 'talos-w-01')).staticPods).toEqual([]);
  });
});

describe.each(VERSIONS)('a boot of Talos %s', (talosVersion) => {
  let lab: InspectedLab;

  beforeAll(async () => {
    lab = await startInspectedLab('healthy', { talosVersion });
  }, START_MS);
  afterAll(() => lab.close());

  test('another boot is another boot id', async () => {
    const before = await nodeOf(lab, 'talos-w-02');
    lab.change('reboot-node talos-w-02');
    lab.handle.world.clock.advance(300_000);

    const after = await nodeOf(lab, 'talos-w-02');

    expect(after.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(after.bootId).not.toBe(before.bootId);
  });

  test('a grown disk is seen at once, the volume grows with the next boot', async () => {
    const before = await nodeOf(lab, 'talos-w-01');
    lab.change('grow-disk talos-w-01 20');
    lab.handle.world.clock.advance(10_000);
    const grown = await nodeOf(lab, 'talos-w-01');

    expect(grown.disks[0]?.sizeBytes).toBe((before.disks[0]?.sizeBytes ?? 0) + 20 * GIB);
    expect(grown.ephemeral?.sizeBytes).toBe(before.ephemeral?.sizeBytes);

    lab.change('reboot-node talos-w-01');
    lab.handle.world.clock.advance(300_000);
    const after = await nodeOf(lab, 'talos-w-01');

    expect(after.ephemeral?.sizeBytes).toBe((before.ephemeral?.sizeBytes ?? 0) + 20 * GIB);
  });
});

describe('a node that does not tell everything', () => {
  let lab: InspectedLab;

  beforeAll(async () => {
    lab = await startInspectedLab('healthy');
  }, START_MS);
  afterAll(() => lab.close());

  const asRole = (role: string) => inspectAs(lab, role);

  test('a reader sees no configuration and no boot id, which counts as unknown', async () => {
    expect(readOf(await asRole('os:reader'))).toMatchObject({
      bootId: null,
      installImage: null,
      hasExtraKernelArgs: null,
      ephemeralConfig: null,
      systemDisk: '/dev/sda',
      isManagedByOmni: false,
      time: { isSynced: true },
    });
  });

  test('who may read nothing at all learns nothing', async () => {
    const reading = await asRole('os:etcd:backup');

    expect(reading).toMatchObject({ state: 'failed', error: { kind: 'forbidden' } });
    expect(reading && freshValue(reading)).toBeUndefined();
  });

  test('one that is down fails by itself, the others are read', async () => {
    lab.change('stop-node talos-w-02');
    const [up, down] = [lab.address('talos-w-01'), lab.address('talos-w-02')];
    const before = await lab.inspect({ nodes: [up] });

    const { nodes } = await lab.inspect({ nodes: [up, down] }, before);

    expect(nodes.get(up)?.state).toBe('fresh');
    expect(nodes.get(down)).toMatchObject({
      state: 'failed',
      error: { hint: expect.stringMatching(/^[A-Z].*\.$/) },
    });
  });

  test('one that hangs costs its own time only, and what was known is stale', async () => {
    const address = lab.address('talos-w-01');
    const known = await lab.inspect({ nodes: [address] });
    lab.change('hang-node talos-w-01');
    const startedAtMs = Date.now();

    const { nodes } = await lab.inspect({ nodes: [address, lab.address('talos-cp-02')] }, known);

    expect(Date.now() - startedAtMs).toBeLessThan(15_000);
    expect(nodes.get(lab.address('talos-cp-02'))?.state).toBe('fresh');
    expect(nodes.get(address)).toMatchObject({ state: 'stale', error: { kind: 'timeout' } });
    lab.change('unhang-node talos-w-01');
  });
});

describe('the clocks', () => {
  let lab: InspectedLab;

  beforeAll(async () => {
    lab = await startInspectedLab('1+1');
  }, START_MS);
  afterAll(() => lab.close());

  const skewOf = async (name: string) => (await nodeOf(lab, name)).time.skewMs ?? Number.NaN;

  test('agree however far the lab has been moved on', async () => {
    lab.handle.world.clock.advance(3_600_000);

    expect(Math.abs(await skewOf('talos-cp-01'))).toBeLessThan(5_000);
  });

  test('that go wrong are measured', async () => {
    const node = lab.handle.world.nodes.get('talos-w-01');
    if (node === undefined) throw new Error('No node.');
    const before = await skewOf('talos-w-01');
    node.machine.clockSkewMs = -14_000;

    expect(Math.abs((await skewOf('talos-w-01')) - before + 14_000)).toBeLessThan(3_000);

    lab.change('clock-jump 600');

    expect(Math.abs((await skewOf('talos-cp-01')) - 600_000)).toBeLessThan(5_000);
    lab.change('clock-jump -600');
  });
});

test('from Talos 1.14 a reader is told the boot id too', async () => {
  const lab = await startInspectedLab('1+0', { talosVersion: 'v1.14.1' });
  try {
    const bootId = lab.handle.world.nodes.get('talos-cp-01')?.bootId;

    expect(readOf(await inspectAs(lab, 'os:reader'))).toMatchObject({ bootId, installImage: null });
  } finally {
    await lab.close();
  }
});

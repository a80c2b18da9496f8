import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/actions/fingerprint.js';
import { growthObstacle, systemDrive } from '../../src/actions/resize-ephemeral/layout.js';
import { parseSizeGib } from '../../src/actions/resize-ephemeral/size.js';
import { resizeEphemeral } from '../../src/actions/resize-ephemeral.js';
import type { Answers, PlanContext } from '../../src/actions/types.js';
import { asPveNodeName } from '../../src/model/ids.js';
import {
  type InspectedVolume,
  type NodeInspection,
  type StorageInspection,
  storageKey,
  type VmInspection,
} from '../../src/model/inspection.js';
import { freshValue, mapReading } from '../../src/model/reading.js';
import { failed, fresh, GIB } from '../support/builders.js';
import { NodeWorld } from '../support/node-world.js';
import {
  aStorageInspection,
  aTarget,
  aVmInspection,
  withInspection,
  withNodeInspection,
  withSnapshot,
  withVmInspection,
} from '../support/plan-contexts.js';

const W4 = aTarget(4, false);
const world = new NodeWorld();
const contextOf = (answers: Answers): PlanContext => world.context({ node: 'w-4', ...answers });

const plan = (answers: Answers, change: (context: PlanContext) => PlanContext = (same) => same) =>
  resizeEphemeral.plan(change(contextOf(answers)));

const onNode =
  (change: (node: NodeInspection) => Partial<NodeInspection>) => (context: PlanContext) =>
    withNodeInspection(context, W4.address, (reading) =>
      mapReading(reading, (node) => ({ ...node, ...change(node) })),
    );

const onGuest =
  (change: (guest: VmInspection) => Partial<VmInspection>) => (context: PlanContext) =>
    withVmInspection(context, W4, (reading) =>
      mapReading(reading, (guest) => ({ ...guest, ...change(guest) })),
    );

const node = (): NodeInspection => {
  const reading = contextOf({}).facts.inspection.nodes.get(W4.address);
  const value = reading === undefined ? undefined : freshValue(reading);
  if (value === undefined) throw new Error('not inspected');
  return value;
};

test('orders the absolute size with the digest of the plan', () => {
  const planned = plan({ size: '40GiB' });

  expect(planned).toMatchObject({
    kind: 'plan',
    level: 2,
    summary: 'Grow the system disk of w-4 to 40 GiB',
  });
  const steps = planned.kind === 'plan' ? planned.steps : [];
  expect(steps.map(({ id }) => id)).toEqual([
    'resize-w-4',
    'see-w-4',
    'mark-w-4',
    'cordon-w-4',
    'drain-w-4',
    'reboot-w-4',
    'uncordon-w-4',
    'unmark-w-4',
    'settle-w-4',
  ]);
  expect(steps[0]?.command).toEqual({
    kind: 'api',
    method: 'PUT',
    path: `/nodes/pve1/qemu/104/resize disk=scsi0 size=40G digest=${'d'.repeat(40)}`,
  });
  expect(planned.kind === 'plan' && planned.lines.slice(-2)).toEqual([
    'w-4: scsi0 20 GiB → 40 GiB on local-lvm, EPHEMERAL 17 GiB → about 37 GiB',
    'local-lvm on pve1: 25% of the thin pool used now, 30% when all that is added is full; 55% promised to all guests together',
  ]);
});

test.each(['40', '40G', '40g', '40GiB', ' 40 '])('takes %s as 40 GiB', (text) => {
  expect(parseSizeGib(text)).toBe(40);
});

test.each(['+10G', '40GB', '40M', '4.5', '-40', '', 'G', '0', '0x40', '1e3', '9999999'])(
  'takes %j for no size',
  (text) => {
    expect(parseSizeGib(text)).toMatchObject({ kind: 'refusal', isUsage: true });
  },
);

test('never shrinks, whatever is asked', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 19 }), (size) => {
      expect(plan({ size: String(size) })).toMatchObject({ kind: 'refusal', isUsage: true });
    }),
  );
  expect(plan({ size: '19' })).toMatchObject({ reason: expect.stringContaining('shrink') });
  expect(plan({ size: '20' })).toMatchObject({
    isUsage: true,
    reason: expect.stringContaining('EPHEMERAL takes all of it'),
  });
});

test('asks for the new size next to the present one, of every node that is named', () => {
  const asked = (
    answers: Answers,
    change: (context: PlanContext) => PlanContext = (same) => same,
  ) => {
    const planned = resizeEphemeral.plan(change(world.context(answers)));
    if (planned.kind !== 'form') throw new Error(planned.kind);
    const label = planned.questions.find(({ name }) => name === 'size')?.label;
    return `${planned.title}: ${label}`;
  };
  const of = (size: string) => `New size of the system disk in GiB (${size}; not what is added)`;

  expect(asked({})).toBe(`Grow EPHEMERAL: ${of('now 20 GiB')}`);
  expect(asked({ node: 'w-4' })).toBe(`Grow EPHEMERAL of w-4: ${of('now 20 GiB')}`);
  const larger = onGuest(({ drives }) => ({
    drives: drives.map((drive) => ({ ...drive, sizeBytes: 40 * GIB })),
  }));
  expect(asked({ node: 'w-4,w-5' }, larger)).toBe(
    `Grow EPHEMERAL of w-4 and w-5: ${of('now 40 GiB: w-4; 20 GiB: w-5')}`,
  );
  const unread = (context: PlanContext) =>
    withSnapshot(withInspection(context, { vms: new Map() }), { vms: failed() });
  expect(asked({ node: 'w-4' }, unread)).toBe(`Grow EPHEMERAL of w-4: ${of('now not known')}`);
});

test('asks once more for a disk of more than four times the size', () => {
  expect(plan({ size: '81' })).toMatchObject({ kind: 'form', questions: [{ suggestion: 'no' }] });
  expect(plan({ size: '81', large: 'no' })).toMatchObject({
    kind: 'refusal',
    isUsage: true,
    hint: 'Choose a smaller size, or confirm the large one with large=yes.',
  });
  expect(plan({ size: '81', large: 'yes' }).kind).toBe('plan');
  expect(plan({ size: '80' }).kind).toBe('plan');
});

const volume = (change: Partial<InspectedVolume>): Partial<NodeInspection> => {
  const { ephemeral } = node();
  return { ephemeral: ephemeral && { ...ephemeral, ...change } };
};

const OBSTACLES: Readonly<Record<string, readonly [Partial<NodeInspection>, string]>> = {
  'a volume behind EPHEMERAL': [
    {
      partitions: [
        ...node().partitions,
        {
          device: '/dev/sda5',
          disk: '/dev/sda',
          label: 'u-data',
          index: 5,
          offsetBytes: 19 * GIB,
          sizeBytes: GIB,
        },
      ],
    },
    'u-data lies behind EPHEMERAL',
  ],
  'a config without growth': [
    { ephemeralConfig: { grow: false, maxSizeBytes: null } },
    'EPHEMERAL does not grow',
  ],
  'a limit below the new size': [
    { ephemeralConfig: { grow: true, maxSizeBytes: 30 * GIB } },
    'at 30 GiB at most',
  ],
  'a limit that leaves something free': [
    { ephemeralConfig: { grow: true, maxSizeBytes: null, relativeMaxSize: '-10GiB' } },
    'keeps EPHEMERAL at 10GiB at most when it grows',
  ],
  'a volume that is not ready': [volume({ phase: 'failed' }), 'EPHEMERAL is failed'],
  'a disk of its own': [volume({ parentLocation: '/dev/sdb' }), 'is on /dev/sdb'],
  'another file system': [volume({ filesystem: 'btrfs' }), 'btrfs'],
  'an unknown place': [
    { partitions: node().partitions.map((each) => ({ ...each, offsetBytes: null })) },
    'is not known',
  ],
  'no volume at all': [{ ephemeral: null }, 'does not report'],
  'no system disk': [{ systemDisk: null }, 'which disk it runs from'],
};

for (const [what, [change, reason]] of Object.entries(OBSTACLES)) {
  test(`says before it touches anything that ${what} keeps it from growing`, () => {
    const refused = plan(
      { size: '40' },
      onNode(() => change),
    );

    expect(refused).toMatchObject({ kind: 'refusal', reason: expect.stringContaining(reason) });
    expect(refused.kind === 'refusal' && refused.gate).toMatch(/^R[12]$/);
    expect(growthObstacle({ ...node(), ...change }, 40 * GIB)).not.toBeNull();
  });
}

test('tells the system disk by serial number, by size, or because it is alone', () => {
  const guest = aVmInspection();
  const [first] = guest.drives;
  if (first === undefined) throw new Error('no drive');
  const second = { ...first, slot: 'scsi1', volume: 'local-lvm:vm-104-disk-1' };
  const slotOf = (seen: NodeInspection, drives: VmInspection['drives']) => {
    const drive = systemDrive(seen, { ...guest, drives });
    return typeof drive === 'string' ? drive : drive.slot;
  };
  const named = { ...node(), disks: node().disks.map((disk) => ({ ...disk, serial: 'S2' })) };

  expect(slotOf(node(), guest.drives)).toBe('scsi0');
  expect(slotOf(node(), [first, second])).toContain('cannot be told');
  expect(slotOf(node(), [first, { ...second, sizeBytes: 50 * GIB }])).toBe('scsi0');
  expect(slotOf(named, [first, { ...second, serial: 'S2' }])).toBe('scsi1');
  expect(slotOf(node(), [{ ...first, sizeBytes: 40 * GIB }])).toBe('scsi0');
  expect(
    slotOf(node(), [
      { ...first, sizeBytes: 40 * GIB },
      { ...second, sizeBytes: 50 * GIB },
    ]),
  ).toContain('no disk of the guest has');
  expect(slotOf(node(), [{ ...first, slot: 'efidisk0' }])).toContain('no disk of the guest has');
});

test('holds while a snapshot of the guest keeps the old size, and while it is locked', () => {
  const gates = (change: (context: PlanContext) => PlanContext) => {
    const planned = plan({ size: '40' }, change);
    return planned.kind === 'plan'
      ? planned.gates.filter(({ state }) => state !== 'green').map(({ id }) => id)
      : [planned.kind];
  };

  expect(gates((same) => same)).toEqual([]);
  expect(gates(onGuest(() => ({ snapshots: [{ name: 'before', atMs: 1 }] })))).toEqual(['R4']);
  expect(gates(onGuest(() => ({ lock: 'backup' })))).toEqual(['G-PVEVM']);
  expect(gates((context) => withInspection(context, { storages: new Map() }))).toEqual([
    'G-PVEPRIV',
    'G-STOR',
  ]);
});

test('shows how full the storage is and becomes, and what is not known of it', () => {
  const lineWith = (change: Partial<StorageInspection> | null): string | undefined => {
    const planned = plan({ size: '40' }, (context) =>
      withInspection(context, {
        storages:
          change === null
            ? new Map()
            : new Map([
                [storageKey(asPveNodeName('pve1'), 'local-lvm'), fresh(aStorageInspection(change))],
              ]),
      }),
    );
    return planned.kind === 'plan' ? planned.lines.at(-1) : undefined;
  };
  const thin = (dataUsedBytes: number, metadataUsedBytes: number) => ({
    thin: { dataBytes: 100 * GIB, dataUsedBytes, metadataBytes: GIB, metadataUsedBytes },
    virtualBytes: null,
  });

  expect(lineWith(thin(81 * GIB, 0))).toBe(
    'local-lvm on pve1: 81% of the thin pool used now, 101% when all that is added is full; it fills up',
  );
  expect(lineWith(thin(GIB, 0.76 * GIB))).toBe(
    'local-lvm on pve1: 1% of the thin pool used now, 21% when all that is added is full; its metadata is 76% full',
  );
  expect(lineWith({ type: 'dir', thin: null, availableBytes: 50 * GIB })).toBe(
    'local-lvm on pve1: 50 GiB free now, 30 GiB when all that is added is full',
  );
  expect(lineWith(null)).toBe('local-lvm on pve1: how full it is, is not known');
});

test('names an image that is still in a drive, though the disk starts first', () => {
  const planned = plan(
    { size: '40' },
    onGuest(({ drives }) => ({
      drives: drives.map((drive) =>
        drive.isCdrom ? { ...drive, volume: 'local:iso/metal-amd64.iso' } : drive,
      ),
    })),
  );

  expect(planned.kind === 'plan' && planned.lines).toContain(
    'w-4: local:iso/metal-amd64.iso is still in ide2: fix-boot-order takes it out',
  );
});

test('says that a limit in percent does not keep EPHEMERAL from growing', () => {
  const planned = plan(
    { size: '40' },
    onNode(() => ({
      ephemeralConfig: { grow: true, maxSizeBytes: null, relativeMaxSize: '80%' },
    })),
  );

  expect(planned.kind === 'plan' && planned.lines).toContain(
    'w-4: its limit of 80% counts only when EPHEMERAL is made: it grows into all that is added',
  );
});

test('counts what several nodes add to one storage together', () => {
  const many = new NodeWorld(3, 5);
  const planned = resizeEphemeral.plan(many.context({ node: 'w-4,w-5,w-6,w-7,w-8', size: '80' }));

  // 5 × 60 GiB more on a pool of 400 GiB that holds 100 GiB.
  expect(planned.kind === 'plan' && planned.gates.find(({ id }) => id === 'G-STOR')).toMatchObject({
    state: 'red',
  });
  expect(planned).toMatchObject({ level: 3, confirmName: 'home' });
});

/** What is asked right before the disk is ordered larger, in a world that has changed since the plan. */
function gatesBeforeOrder(change: (context: PlanContext) => PlanContext): readonly string[] {
  const planned = plan({ size: '40' });
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  const context = change({ ...contextOf({}), answers: planned.answers });
  const again = resizeEphemeral.plan(context);
  if (again.kind !== 'plan') throw new Error(JSON.stringify(again));
  expect(fingerprint(again)).toBe(fingerprint(planned));
  const [order] = again.steps;
  return (order?.gates?.(context) ?? [])
    .filter(({ state }) => state !== 'green')
    .map(({ id, state, override }) => `${id} ${state} ${override}`);
}

test('asks before the order what it asked when it was planned, and overrides none of it', () => {
  expect(gatesBeforeOrder((same) => same)).toEqual([]);
  expect(gatesBeforeOrder(onNode(() => ({ bootId: 'another' })))).toEqual(['G-SAME red no']);
  expect(
    gatesBeforeOrder(
      onGuest(({ drives }) => ({
        drives: drives.map((drive) =>
          drive.slot === 'scsi0' ? { ...drive, slot: 'scsi1' } : drive,
        ),
      })),
    ),
  ).toEqual(['R1 red no']);
  expect(
    gatesBeforeOrder(
      onGuest(({ drives }) => ({
        drives: drives.map((drive) =>
          drive.slot === 'scsi0' ? { ...drive, sizeBytes: 30 * GIB } : drive,
        ),
      })),
    ),
  ).toEqual(['R1 red no']);
  expect(gatesBeforeOrder(onNode(() => ({ systemDisk: '/dev/sdz' })))).toEqual([
    'R2 red no',
    'R1 red no',
  ]);
  expect(
    gatesBeforeOrder(onNode(() => ({ ephemeralConfig: { grow: false, maxSizeBytes: null } }))),
  ).toEqual(['R2 red no']);
});

test('takes what cannot be read before the order for a closed gate', () => {
  expect(
    gatesBeforeOrder((context) => withNodeInspection(context, W4.address, () => failed())),
  ).toEqual(expect.arrayContaining(['R1 unknown no', 'R2 unknown no', 'G-SAME unknown no']));
  expect(gatesBeforeOrder((context) => withVmInspection(context, W4, () => failed()))).toEqual(
    expect.arrayContaining(['R1 unknown no', 'R4 unknown type', 'G-PVEVM unknown no']),
  );
  expect(gatesBeforeOrder(onNode(() => ({ bootId: null })))).toEqual(['G-SAME unknown no']);
});

test('refuses while the disks have not been read, and says why they cannot be', () => {
  const blind = plan({ size: '40' }, (context) => withInspection(context, { vms: new Map() }));
  const failedNode = plan({ size: '40' }, (context) =>
    withVmInspection(context, W4, () => failed()),
  );

  expect(blind).toMatchObject({ kind: 'refusal', gate: 'R1', hint: 'Wait a moment.' });
  expect(failedNode).toMatchObject({
    kind: 'refusal',
    reason: expect.stringContaining('no route to host'),
  });
});

test('needs a Proxmox', () => {
  const context = contextOf({ size: '40' });
  expect(
    resizeEphemeral.plan({ ...context, connection: { ...context.connection, proxmox: null } }),
  ).toMatchObject({ kind: 'refusal', gate: 'G-OWN' });
});

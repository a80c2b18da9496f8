import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bootMediumGate,
  guestGate,
  pveHostsGate,
  storageGate,
} from '../../../src/actions/gates/proxmox.js';
import type { PlanContext } from '../../../src/actions/types.js';
import { asPveNodeName } from '../../../src/model/ids.js';
import {
  type StorageInspection,
  storageKey,
  type VmInspection,
} from '../../../src/model/inspection.js';
import { aCluster, aPveCluster, aWorld, fresh, GIB } from '../../support/builders.js';
import { EVERYBODY, expectMonotone, expectNeeds } from '../../support/gate-properties.js';
import {
  aPlanContext,
  aStorageInspection,
  aTarget,
  aVmInspection,
  withInspection,
  withVmInspection,
} from '../../support/plan-contexts.js';

const TARGET = aTarget(1);
const guestless = { ...TARGET, vm: null };
const withoutProxmox = () =>
  aPlanContext(aWorld(), { snapshot: { cluster: aCluster({ pveUrl: null }) } });
const withBrokenProxmox = () =>
  aPlanContext(aWorld(), {
    snapshot: { cluster: aCluster({ pveUrl: null, isProxmoxBroken: true }) },
  });
const withGuest = (change: Partial<VmInspection>) =>
  withVmInspection(aPlanContext(), TARGET, () => fresh(aVmInspection(change)));
const told = ({ state, text }: { state: string; text: string }) => `${state}: ${text}`;

describe('G-PVENODE', () => {
  const gate = (context: PlanContext) => pveHostsGate(context, [TARGET]);
  const { nodes } = aPveCluster();

  test('is green with a quorum and the hosts online', () => {
    expect(gate(aPlanContext())).toEqual({
      id: 'G-PVENODE',
      title: 'The Proxmox hosts are there',
      state: 'green',
      text: 'pve1 online',
      remedy: 'Bring the Proxmox host back first.',
      override: 'no',
    });
  });

  test('is red without quorum or with the host offline, unknown for a host that is not listed', () => {
    const withPve = (change: Parameters<typeof aPveCluster>[0]) =>
      told(gate(aPlanContext(aWorld(), { snapshot: { pve: fresh(aPveCluster(change)) } })));
    expect(withPve({ isQuorate: false })).toBe(
      'red: the Proxmox cluster has no quorum: its configuration is read-only',
    );
    expect(withPve({ nodes: nodes.map((node) => ({ ...node, isOnline: false })) })).toBe(
      'red: Proxmox host pve1 is offline',
    );
    expect(withPve({ nodes: [] })).toBe('unknown: Proxmox does not list pve1');
  });

  test('does not apply without Proxmox, and is unknown when it is broken or the guest is not known', () => {
    expect(told(pveHostsGate(withoutProxmox(), [guestless]))).toBe(
      'green: no Proxmox is configured',
    );
    expect(told(pveHostsGate(aPlanContext(), [guestless]))).toBe(
      'unknown: which guest cp-1 is, is not known',
    );
    expect(pveHostsGate(withBrokenProxmox(), [guestless]).state).toBe('unknown');
    const [host] = nodes;
    const lost = aPlanContext(aWorld(), {
      snapshot: {
        pve: fresh(
          aPveCluster({ nodes: host === undefined ? [] : [{ ...host, isOnline: false }] }),
        ),
      },
    });
    expect(told(pveHostsGate(lost, [guestless]))).toBe(
      'red: Proxmox host pve1 is offline, with VM 101 (cp-1) on it',
    );
  });

  test('stands on the state of the hosts, and never turns green when the world gets worse', () => {
    expectNeeds(gate, aPlanContext(), ['pve']);
    expectMonotone(gate, aPlanContext(), EVERYBODY);
  });
});

describe('G-PVEVM', () => {
  const gate = (context: PlanContext) => guestGate(context, TARGET);

  test('is green when nothing else works on the guest', () => {
    expect(gate(aPlanContext())).toEqual({
      id: 'G-PVEVM',
      title: 'Nothing else works on the guest of cp-1',
      state: 'green',
      text: 'VM 101 unlocked, no task',
      remedy: 'Wait until its task has ended; then look at its lock.',
      override: 'no',
    });
  });

  test('names the lock, the task, or what keeps the guest from running', () => {
    expect(told(gate(withGuest({ lock: 'backup' })))).toBe('red: VM 101 is locked (backup)');
    expect(told(gate(withGuest({ runningTasks: [{ upid: 'U', type: 'qmigrate' }] })))).toBe(
      'red: qmigrate runs on VM 101',
    );
    expect(told(gate(withGuest({ haState: 'error' })))).toBe('red: VM 101 is in HA state error');
    expect(told(gate(withGuest({ qmpStatus: 'io-error' })))).toBe(
      'red: VM 101 is halted by an error of its storage',
    );
    expect(gate(withGuest({ haState: 'started' })).state).toBe('green');
  });

  test('does not apply without Proxmox, and is unknown for a guest that is not known', () => {
    expect(told(guestGate(withoutProxmox(), guestless))).toBe('green: no Proxmox is configured');
    expect(told(guestGate(aPlanContext(), guestless))).toBe(
      'unknown: which guest cp-1 is, is not known',
    );
    expect(told(guestGate(aPlanContext(), aTarget(9)))).toBe(
      'unknown: the state of VM 109 is not known yet',
    );
  });

  test('stands on the state of the guest, and never turns green when the world gets worse', () => {
    expectNeeds(gate, aPlanContext(), ['inspection.vm']);
    expectMonotone(gate, aPlanContext(), EVERYBODY);
  });
});

describe('G-BOOT', () => {
  const gate = (context: PlanContext) => bootMediumGate(context, TARGET);
  const drives: VmInspection['drives'] = [
    {
      slot: 'scsi0',
      volume: 'local-lvm:vm-101-disk-0',
      storage: 'local-lvm',
      sizeBytes: 1,
      isCdrom: false,
      serial: null,
    },
    {
      slot: 'ide2',
      volume: 'local:iso/talos.iso',
      storage: 'local',
      sizeBytes: 1,
      isCdrom: true,
      serial: null,
    },
    { slot: 'ide3', volume: 'none', storage: null, sizeBytes: null, isCdrom: true, serial: null },
  ];
  const withOrder = (bootOrder: readonly string[], pendingBootOrder = bootOrder) =>
    told(gate(withGuest({ drives, bootOrder, pendingBootOrder })));

  test('is green when the disk comes first', () => {
    expect(
      gate(withGuest({ drives, bootOrder: ['scsi0', 'ide2'], pendingBootOrder: ['scsi0'] })),
    ).toEqual({
      id: 'G-BOOT',
      title: 'cp-1 starts from its disk',
      state: 'green',
      text: 'its disk comes first',
      remedy: 'Run fix-boot-order first.',
      override: 'no',
    });
  });

  test('is red when a CD with a medium comes before every disk, now or at the next cold start', () => {
    const red = 'red: VM 101 starts from the ISO in ide2';
    expect(withOrder(['ide2', 'scsi0'])).toBe(red);
    expect(withOrder(['net0', 'ide2', 'scsi0'])).toBe(red);
    expect(withOrder(['ide3', 'ide2', 'scsi0'])).toBe(red);
    expect(withOrder(['scsi0'], ['ide2', 'scsi0'])).toBe(red);
    expect(withOrder(['ide2', 'scsi0'], ['scsi0'])).toBe(red);
  });

  test('does not mind an empty drive, or an order that is not set: disks come first then', () => {
    expect(withOrder(['ide3', 'scsi0', 'ide2'])).toMatch(/^green/);
    expect(withOrder([])).toMatch(/^green/);
    expect(withOrder(['net0'])).toMatch(/^green/);
  });

  test('does not apply without Proxmox, and is unknown for a guest that is not known', () => {
    expect(told(bootMediumGate(withoutProxmox(), guestless))).toBe(
      'green: no Proxmox is configured',
    );
    expect(told(bootMediumGate(aPlanContext(), guestless))).toBe(
      'unknown: which guest cp-1 is, is not known',
    );
    expect(told(bootMediumGate(aPlanContext(), aTarget(9)))).toBe(
      'unknown: the boot order of VM 109 is not known yet',
    );
  });

  test('stands on the state of the guest, and never turns green when the world gets worse', () => {
    expectNeeds(gate, aPlanContext(), ['inspection.vm']);
    expectMonotone(gate, aPlanContext(), EVERYBODY);
  });
});

const pveNode = asPveNodeName('pve1');
const growth = { pveNode, storage: 'local-lvm', deltaBytes: 20 * GIB };
const storGate = (context: PlanContext) => storageGate(context, growth);
const on = (storage: Partial<StorageInspection>, deltaBytes = growth.deltaBytes) =>
  storageGate(
    withInspection(aPlanContext(), {
      storages: new Map([[storageKey(pveNode, 'local-lvm'), fresh(aStorageInspection(storage))]]),
    }),
    { ...growth, deltaBytes },
  );
const pool = (dataUsed: number, metadataUsed = 1) => ({
  thin: {
    dataBytes: 100 * GIB,
    dataUsedBytes: dataUsed * GIB,
    metadataBytes: 100,
    metadataUsedBytes: metadataUsed,
  },
  virtualBytes: 80 * GIB,
});

describe('G-STOR', () => {
  test('is green with room now and when all of it is used', () => {
    expect(storGate(aPlanContext())).toEqual({
      id: 'G-STOR',
      title: 'There is room on local-lvm',
      state: 'green',
      text: 'data 25%, metadata 25% full, 55% of it promised',
      remedy: 'Free space on local-lvm of pve1, or make it larger.',
      override: 'type',
    });
    expect(on({ ...pool(10), virtualBytes: null }).text).toBe('data 10%, metadata 1% full');
  });

  test('measures a thin pool against its data, its metadata and its growth', () => {
    expect(told(on(pool(75)))).toBe('green: data 75%, metadata 1% full, 100% of it promised');
    expect(told(on(pool(76)))).toBe(
      'red: grown and used, the pool would be 96% full, and 100% of it is promised',
    );
    expect(told(on({ ...pool(76), virtualBytes: null }))).toBe(
      'red: grown and used, the pool would be 96% full',
    );
    expect(told(on(pool(91)))).toBe('red: the thin pool is 91% full');
    expect(told(on(pool(90), 5 * GIB))).toMatch(/^green: .*: it fills up$/);
    expect(told(on(pool(80), 0))).toBe('green: data 80%, metadata 1% full, 80% of it promised');
    expect(told(on(pool(10, 91)))).toBe('red: its metadata is 91% full');
    expect(told(on(pool(10, 90)))).toMatch(/^green: .*: it fills up$/);
    expect(told(on(pool(10, 75)))).not.toMatch(/fills up$/);
  });

  test('wants five percent more than the growth on thick storage', () => {
    const thick = (availableBytes: number) => on({ type: 'lvm', thin: null, availableBytes });
    expect(told(thick(21 * GIB))).toBe('green: 21 GiB free, 20 GiB needed');
    expect(told(thick(21 * GIB - 1))).toBe('red: 21 GiB free, 20 GiB and 5% needed');
  });

  test('is unknown for a thin pool that does not say its fill', () => {
    expect(told(on({ thin: null }))).toBe('unknown: the fill of the thin pool is not known');
    const thin = { dataBytes: 0, dataUsedBytes: 0, metadataBytes: 1, metadataUsedBytes: 0 };
    expect(told(on({ thin }))).toBe('unknown: the size of the thin pool is not known');
    expect(on({ thin: { ...thin, dataBytes: 1, metadataBytes: 0 } }).state).toBe('unknown');
    expect(on({ thin: { ...thin, dataBytes: 1, metadataBytes: 1 } }, 0).state).toBe('green');
    expect(told(on({}, Number.NaN))).toBe('red: the growth is not a size');
    expect(on({}, -1).state).toBe('red');
  });

  test('never gets greener with a larger growth', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 100 }),
        fc.nat({ max: 200 }),
        fc.nat({ max: 200 }),
        (used, a, b) => {
          const [small, large] = [Math.min(a, b), Math.max(a, b)];
          const isGreen = (size: number) => on(pool(used), size * GIB).state === 'green';
          expect(isGreen(large) && !isGreen(small)).toBe(false);
        },
      ),
    );
  });

  test('stands on the fill of the storage, and never turns green when the world gets worse', () => {
    expectNeeds(storGate, aPlanContext(), ['inspection.storage']);
    expectMonotone(storGate, aPlanContext(), EVERYBODY);
    const other = storageGate(aPlanContext(), { ...growth, storage: 'nfs' });
    expect(told(other)).toBe('unknown: the fill of nfs is not known yet');
  });
});

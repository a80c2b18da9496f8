import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyTalosNode } from '../../src/model/empty-talos-node.js';
import { asVmId, type IpAddress } from '../../src/model/ids.js';
import type { Machine } from '../../src/model/machine.js';
import { machinesOf } from '../../src/model/machines.js';
import { WAITING } from '../../src/model/reading.js';
import type { TalosNode } from '../../src/model/talos.js';
import {
  addressOf,
  aKubeNode,
  aMember,
  anIdentity,
  aTalosNode,
  aVm,
  aVmConfig,
  aWorld,
  failed,
  fresh,
  macOf,
  silenced,
  uuidOf,
  type World,
  worldSnapshot,
} from '../support/builders.js';

const rowsOf = (world: World): readonly Machine[] => machinesOf(worldSnapshot(world));
/** Asked, and it never answered. */
const neverRead = (address: IpAddress): TalosNode => ({
  ...silenced(emptyTalosNode(address)),
  etcd: failed(),
});
const rowNamed = (world: World, name: string): Machine | undefined =>
  rowsOf(world).find((machine) => machine.name === name);

test('a healthy machine is one row, tied by every proof there is', () => {
  expect(rowNamed(aWorld(), 'cp-1')).toMatchObject({
    key: 'talos:10.0.0.11',
    role: 'control-plane',
    joinedBy: ['mac', 'smbios-uuid', 'member-id', 'system-uuid', 'address'],
    isProven: true,
    vm: { id: 101 },
    member: { hostname: 'cp-1' },
    kubernetes: { name: 'cp-1' },
    level: 'ok',
    problems: [],
  });
});

test('rows are control planes first, then by the number in their name', () => {
  expect(rowsOf(aWorld(3, 9)).map(({ name }) => name)).toEqual([
    ...['cp-1', 'cp-2', 'cp-3'],
    ...['w-4', 'w-5', 'w-6', 'w-7', 'w-8', 'w-9', 'w-10', 'w-11', 'w-12'],
  ]);
});

test('a foreign guest with the name of a node is neither joined nor a row', () => {
  const world = aWorld();
  const foreign = aVm({ number: 99 }, { id: asVmId(200), name: 'w-4', tags: [] });
  const rows = rowsOf({ ...world, vms: [...world.vms, foreign] });

  expect(rows.map(({ vm }) => vm?.id)).toEqual([101, 102, 103, 104, 105]);
});

test('a guest whose proof is missing stands beside the row whose name it has, and is not proven', () => {
  const world = aWorld();
  const vms = world.vms.map((vm) =>
    vm.id === 104 ? { ...vm, tags: [], config: fresh(aVmConfig({ number: 99 })) } : vm,
  );
  const rows = rowsOf({ ...world, vms });

  expect(rows.filter(({ name }) => name === 'w-4')).toMatchObject([
    { key: 'talos:10.0.0.14', vm: null, isProven: true },
    {
      key: 'vm:104',
      talos: null,
      isProven: false,
      joinedBy: [],
      problems: ['VM 104 is not proven to belong to this cluster'],
    },
  ]);
});

test('a stopped guest stays joined by what its node told before', () => {
  const world = aWorld();
  const stopped: World = {
    ...world,
    nodes: world.nodes.map((node, index) => (index === 3 ? silenced(node) : node)),
    vms: world.vms.map((vm) => (vm.id === 104 ? { ...vm, status: 'stopped' } : vm)),
  };

  expect(rowNamed(stopped, 'w-4')).toMatchObject({
    vm: { id: 104 },
    isProven: true,
    layers: { vm: { word: 'stopped', level: 'fail' }, talos: { word: 'unreachable' } },
    level: 'fail',
    problems: ['VM 104 is stopped'],
  });
});

test('a node that was never reached is joined through what Kubernetes knows of it', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node, index) =>
    index === 3 ? emptyTalosNode(node.address) : node,
  );

  expect(rowNamed({ ...world, nodes }, 'w-4')).toMatchObject({
    key: 'talos:10.0.0.14',
    joinedBy: ['system-uuid', 'address'],
    vm: { id: 104 },
  });
});

test('a restored copy with the same UUID but another MAC address is not the machine', () => {
  const world = aWorld();
  const copy = aVm(
    { number: 4, isControlPlane: false },
    {
      id: asVmId(300),
      config: fresh({
        ...aVmConfig({ number: 4 }),
        nics: [{ slot: 'net0', mac: macOf(77), bridge: 'vmbr0', isLinkDown: false }],
      }),
    },
  );
  const both = rowNamed({ ...world, vms: [...world.vms, copy] }, 'w-4');
  const withoutOriginal = rowNamed(
    { ...world, vms: [...world.vms.filter(({ id }) => id !== 104), copy] },
    'w-4',
  );

  expect(both).toMatchObject({ vm: { id: 104 }, isProven: true });
  expect(withoutOriginal).toMatchObject({
    vm: null,
    isProven: false,
    layers: { vm: { word: 'unknown' } },
  });
  expect(withoutOriginal?.problems.join()).toContain('VM 300 (w-4)');
});

test('two guests with the same MAC and UUID join nobody', () => {
  const world = aWorld();
  const twin = aVm({ number: 4, isControlPlane: false }, { id: asVmId(300) });

  expect(rowNamed({ ...world, vms: [...world.vms, twin] }, 'w-4')).toMatchObject({
    vm: null,
    isProven: false,
    problems: ['VM 104 (w-4) and VM 300 (w-4) both match; none is joined'],
  });
});

test('a template never is a machine', () => {
  const world = aWorld();
  const vms = world.vms.map((vm) => (vm.id === 104 ? { ...vm, isTemplate: true } : vm));

  expect(rowNamed({ ...world, vms }, 'w-4')).toMatchObject({ vm: null });
});

test('the node object of a former name is not taken for the machine', () => {
  const world = aWorld();
  const former = aKubeNode({ number: 4, isControlPlane: false }, { ready: 'Unknown' });
  const nodes = world.nodes.map((node, index) =>
    index === 3
      ? aTalosNode(
          { number: 4, isControlPlane: false },
          {
            identity: fresh({
              ...anIdentity({ number: 4, isControlPlane: false }),
              nodeName: aKubeNode({ number: 44, isControlPlane: false }).name,
            }),
          },
        )
      : node,
  );
  const rows = rowsOf({
    ...world,
    nodes,
    kubeNodes: world.kubeNodes.map((node) => (node.name === former.name ? former : node)),
  });

  expect(rows.find(({ key }) => key === 'talos:10.0.0.14')).toMatchObject({ kubernetes: null });
  expect(rows.find(({ key }) => key === 'kube:uid-w-4')).toMatchObject({ talos: null });
});

test('a virtual address proves nothing: it moves', () => {
  const world = aWorld();
  const members = world.members.map((member, index) =>
    index === 1 ? { ...member, peerUrls: ['https://10.0.0.20:2380'], clientUrls: [] } : member,
  );
  const nodes = world.nodes.map((node, index) => (index === 1 ? { ...node, etcd: WAITING } : node));
  const rows = rowsOf({ ...world, members, nodes });

  expect(rows.find(({ name }) => name === 'cp-1')?.member?.hostname).toBe('cp-1');
  expect(rows.find(({ key }) => key.startsWith('etcd:'))).toMatchObject({ name: 'cp-2' });
});

test('an etcd member is found by an IPv6 peer address', () => {
  const world = aWorld(1, 0);
  const members = world.members.map((member) => ({
    ...member,
    peerUrls: ['https://[fd00::11]:2380'],
    clientUrls: [],
  }));
  const [node = aTalosNode()] = world.nodes;
  const addresses = fresh([
    { address: 'fd00::11' as typeof node.address, prefixLength: 64, linkName: 'eth0' },
  ]);
  const row = rowNamed(
    { ...world, members, nodes: [{ ...node, etcd: WAITING, addresses }] },
    'cp-1',
  );

  expect(row).toMatchObject({ member: { hostname: 'cp-1' } });
  expect(row?.joinedBy).toContain('address');
});

test('a member that no node runs is a row of its own', () => {
  const world = aWorld();
  const ghost = aMember({ number: 9 }, { hostname: 'cp-9' });
  const row = rowNamed({ ...world, members: [...world.members, ghost] }, 'cp-9');

  expect(row).toMatchObject({ key: `etcd:${ghost.id}`, level: 'unknown', talos: null });
});

test('guests tagged talos are shown while the whole cluster is off', () => {
  const rows = machinesOf(
    worldSnapshot({
      nodes: [neverRead(addressOf(1))],
      members: [],
      kubeNodes: [],
      vms: [
        aVm({ number: 1 }, { status: 'stopped' }),
        aVm({ number: 50 }, { tags: ['web'], name: 'shop' }),
      ],
    }),
  );

  expect(rows.map(({ key, isProven }) => [key, isProven])).toEqual([
    ['talos:10.0.0.11', true],
    ['vm:101', false],
  ]);
});

test('unreachable, unhealthy and unknown are three words', () => {
  const world = aWorld();
  const etcdOf = (index: number) => world.nodes[index]?.etcd ?? WAITING;
  const status = etcdOf(1);
  const nodes = world.nodes.map((node, index) => {
    if (index === 0) return silenced(node);
    if (index === 1 && status.state === 'fresh') {
      return { ...node, etcd: fresh({ ...status.value, errors: ['etcdserver: no leader'] }) };
    }
    return index === 2 ? { ...node, services: fresh([]) } : node;
  });
  const words = rowsOf({ ...world, nodes })
    .slice(0, 3)
    .map(({ layers }) => [layers.etcd.level, layers.etcd.word]);

  expect(words).toEqual([
    ['fail', 'unreachable'],
    ['warn', 'unhealthy'],
    ['unknown', 'unknown'],
  ]);
});

test('a row whose parts did not change is the same object in the next snapshot', () => {
  const world = aWorld();
  const first = rowsOf(world);
  const second = rowsOf({
    ...world,
    vms: world.vms.map((vm) => (vm.id === 101 ? { ...vm, cpuRatio: 0.9 } : vm)),
  });

  expect(second.map((row, index) => row === first[index])).toEqual([false, true, true, true, true]);
});

test('names and errors from outside cannot carry control sequences into a row', () => {
  const world = aWorld();
  const vms = world.vms.map((vm) =>
    vm.id === 104
      ? { ...vm, tags: ['home'], name: '\u001b]0;x\u0007evil\u001b[2J', config: failed() }
      : vm,
  );

  expect(rowsOf({ ...world, vms }).find(({ key }) => key === 'vm:104')?.name).toBe('evil');
});

/** Worlds in which anything may be missing, silent, shared or foreign. */
const brokenWorlds = fc
  .record({
    controlPlanes: fc.integer({ min: 1, max: 5 }),
    workers: fc.integer({ min: 0, max: 5 }),
    unread: fc.array(fc.integer({ min: 0, max: 9 })),
    silent: fc.array(fc.integer({ min: 0, max: 9 })),
    noMember: fc.array(fc.integer({ min: 0, max: 9 })),
    noKube: fc.array(fc.integer({ min: 0, max: 9 })),
    noVm: fc.array(fc.integer({ min: 0, max: 9 })),
    stolen: fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 10 }))),
  })
  .map((broken): World => {
    const world = aWorld(broken.controlPlanes, broken.workers);
    const kept = <T>(items: readonly T[], gone: readonly number[]) =>
      items.filter((_, index) => !gone.includes(index));
    return {
      nodes: world.nodes.map((node, index) =>
        broken.unread.includes(index)
          ? emptyTalosNode(node.address)
          : broken.silent.includes(index)
            ? silenced(node)
            : node,
      ),
      members: kept(world.members, broken.noMember),
      kubeNodes: kept(world.kubeNodes, broken.noKube),
      vms: kept(
        world.vms.map((vm, index) => {
          const thief = broken.stolen.find(([victim]) => victim === index);
          return thief ? { ...vm, config: fresh(aVmConfig({ number: thief[1] })) } : vm;
        }),
        broken.noVm,
      ),
    };
  });

const shuffled = (world: World, seed: number): World => {
  const turn = <T>(items: readonly T[]): readonly T[] => {
    const by = items.length === 0 ? 0 : seed % items.length;
    return [...items.slice(by), ...items.slice(0, by)].reverse();
  };
  return {
    nodes: turn(world.nodes),
    members: turn(world.members),
    kubeNodes: turn(world.kubeNodes),
    vms: turn(world.vms),
  };
};

const plain = (rows: readonly Machine[]) =>
  rows.map(({ key, name, role, joinedBy, isProven, vm, member, kubernetes, level, problems }) => ({
    ...{ key, name, role, joinedBy, isProven, level, problems },
    ...{ vm: vm?.id, member: member?.id, kubernetes: kubernetes?.uid },
  }));

test('the order in which layers report their parts never changes the rows', () => {
  fc.assert(
    fc.property(brokenWorlds, fc.nat(), (world, seed) => {
      expect(plain(rowsOf(shuffled(world, seed)))).toEqual(plain(rowsOf(world)));
    }),
  );
});

/** Equal, and nothing of it the same object: whatever is remembered by reference cannot know it. */
function unknownCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(unknownCopy) as T;
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, unknownCopy(part)]),
  ) as T;
}

test('what is remembered of earlier snapshots never shows in a later one', () => {
  fc.assert(
    fc.property(fc.array(brokenWorlds, { minLength: 2, maxLength: 4 }), (worlds) => {
      const remembered = worlds.map((world) => plain(rowsOf(world)));
      const layers = worlds.map((world) => rowsOf(world).map((row) => row.layers));
      const anew = worlds.map((world) => rowsOf(unknownCopy(world)));
      expect(remembered).toEqual(anew.map(plain));
      expect(layers).toEqual(anew.map((rows) => rows.map((row) => row.layers)));
    }),
  );
});

test('a change of one part shows in its row and in no other', () => {
  const part = fc.constantFrom('nodes', 'members', 'kubeNodes', 'vms');
  fc.assert(
    fc.property(brokenWorlds, brokenWorlds, part, (from, to, changed) => {
      rowsOf(from);
      const mixed: World = { ...from, [changed]: to[changed] };
      expect(plain(rowsOf(mixed))).toEqual(plain(rowsOf(unknownCopy(mixed))));
    }),
  );
});

test('no part is in two rows, and none is lost except guests', () => {
  fc.assert(
    fc.property(brokenWorlds, (world) => {
      const rows = rowsOf(world);
      const once = (ids: readonly (string | number)[]) =>
        expect(new Set(ids).size).toBe(ids.length);
      once(rows.map(({ key }) => key));
      once(rows.flatMap(({ vm }) => vm?.id ?? []));
      expect(rows.flatMap(({ member }) => member?.id ?? []).sort()).toEqual(
        world.members.map(({ id }) => id).sort(),
      );
      expect(rows.flatMap(({ kubernetes }) => kubernetes?.uid ?? []).sort()).toEqual(
        world.kubeNodes.map(({ uid }) => uid).sort(),
      );
      expect(rows.flatMap(({ talos }) => talos?.address ?? []).sort()).toEqual(
        world.nodes.map(({ address }) => address).sort(),
      );
    }),
  );
});

test('a name never joins: with other names the same parts are joined', () => {
  const nameless = (world: World): World => ({
    ...world,
    members: world.members.map((member) => ({ ...member, hostname: 'same' })),
    vms: world.vms.map((vm) => ({ ...vm, name: 'same' })),
  });
  const joins = (rows: readonly Machine[]) =>
    rows
      .filter(({ talos, kubernetes, member }) => talos || kubernetes || member)
      .map(({ key, vm, member, kubernetes, joinedBy }) =>
        [key, vm?.id, member?.id, kubernetes?.uid, joinedBy.join()].join(' '),
      )
      .sort();
  fc.assert(
    fc.property(brokenWorlds, (world) => {
      expect(joins(rowsOf(nameless(world)))).toEqual(joins(rowsOf(world)));
    }),
  );
});

test('a proven row never carries the guest of another machine', () => {
  fc.assert(
    fc.property(brokenWorlds, (world) => {
      for (const { isProven, vm, kubernetes } of rowsOf(world)) {
        if (!isProven || vm === null || kubernetes === null) continue;
        const uuid = vm.config.state === 'fresh' ? vm.config.value.smbiosUuid : null;
        expect(uuid).toBe(kubernetes.systemUuid);
      }
    }),
  );
});

test('nothing that is stale or unread makes a row healthy', () => {
  fc.assert(
    fc.property(brokenWorlds, (world) => {
      for (const { level, talos, isProven } of rowsOf(world)) {
        if (level === 'ok') expect([talos?.status.state, isProven]).toEqual(['fresh', true]);
      }
    }),
  );
});

test('while proofs still arrive no guest is shown that may turn out to be a part of a row', () => {
  const world = aWorld();
  const nodes = world.nodes.map((node) => emptyTalosNode(node.address));
  const kubeNodes: World['kubeNodes'] = [];

  expect(rowsOf({ ...world, nodes, kubeNodes }).every(({ key }) => key.startsWith('talos:'))).toBe(
    true,
  );
});

test('UUIDs that two nodes share prove nothing', () => {
  const world = aWorld(0, 2);
  const nodes = world.nodes.map((node, index) => ({
    ...node,
    identity: fresh({
      ...anIdentity({ number: index + 1, isControlPlane: false }),
      smbiosUuid: uuidOf(1),
    }),
  }));

  const kubeNodes = world.kubeNodes.map((node) => ({ ...node, systemUuid: uuidOf(1) }));

  expect(
    rowsOf({ ...world, nodes, kubeNodes }).map(({ vm, joinedBy }) => [vm?.id, joinedBy]),
  ).toEqual([
    [101, ['mac', 'address']],
    [102, ['mac', 'address']],
  ]);
});

import { expect, test } from 'vitest';
import { applyChange } from '../../../src/lab/control/changes.js';
import { fieldAt } from '../../../src/lab/kube/api/object.js';
import { labIncidents } from '../../../src/lab/scenarios/scenarios.js';
import type { Incident } from '../../../src/lab/scenarios/types.js';
import { CSRS } from '../../../src/lab/world/csr.js';
import { alarmsOf, isMemberLive } from '../../../src/lab/world/etcd.js';
import { isForbidden } from '../../../src/lab/world/faults.js';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import { controlPlanes } from '../../../src/lab/world/node.js';
import { hasPveQuorum } from '../../../src/lab/world/pve-hosts.js';
import { storageFigures } from '../../../src/lab/world/storage.js';
import type { LabNode, LabVm, World } from '../../../src/lab/world/types.js';
import { newWorld, nodeIn, objectIn, seconds } from '../../support/lab-world.js';

interface Stage {
  readonly world: World;
  /** What was done to credential files. */
  readonly renewed: readonly string[];
}

function stageOf({ size, placement, changes, settleSeconds }: Incident): Stage {
  const { controlPlanes: planes, workers, pveHosts = 1 } = size;
  const world = newWorld(`${planes}+${workers}@${pveHosts}`, 1, placement);
  return { world, renewed: play(world, changes, settleSeconds) };
}

function play(world: World, changes: readonly string[], settleSeconds: number): readonly string[] {
  const renewed: string[] = [];
  const renewCredential = (file: string, isExpired: boolean, isAimless = false): void => {
    renewed.push(`${file}${isExpired ? ' expired' : ''}${isAimless ? ' aimless' : ''}`);
  };
  for (const line of changes) {
    const [id = '', ...args] = line.split(' ');
    applyChange({ world, renewCredential }, id, args);
  }
  if (settleSeconds > 0) seconds(world, settleSeconds);
  return renewed;
}

const guest = (world: World, vmId: number): LabVm => {
  const vm = world.vms.get(vmId);
  if (vm === undefined) throw new Error(`No VM ${vmId}`);
  return vm;
};

function isReady(world: World, name: string): boolean {
  const conditions = fieldAt(objectIn(world, 'nodes', name), 'status.conditions');
  const found = (Array.isArray(conditions) ? conditions : []).find(
    (condition) => fieldAt(condition, 'type') === 'Ready',
  );
  return fieldAt(found, 'status') === 'True';
}

const poolRatio = (world: World): number => {
  const pool = world.storages.find(({ type }) => type === 'lvmthin');
  if (pool === undefined) throw new Error('No pool');
  return storageFigures(world, pool).usedBytes / pool.totalBytes;
};

const metadataRatio = (world: World): number => {
  const pool = world.storages.find(({ type }) => type === 'lvmthin');
  return pool === undefined ? 0 : (storageFigures(world, pool).metadataRatio ?? 0);
};

const isPressed = (world: World, name: string): boolean => {
  const { spec, status } = objectIn(world, 'nodes', name);
  const conditions = fieldAt(status, 'conditions');
  const isReported = (Array.isArray(conditions) ? conditions : []).some(
    (each) => fieldAt(each, 'type') === 'DiskPressure' && fieldAt(each, 'status') === 'True',
  );
  return isReported && JSON.stringify(spec).includes('node.kubernetes.io/disk-pressure');
};

const hasMedium = ({ config }: LabVm): boolean => String(config.ide2).includes('.iso');
const startsWithDisk = ({ config }: LabVm): boolean =>
  String(config.boot).startsWith('order=scsi0');
const live = (world: World): number =>
  [...world.etcd.members.values()].filter((member) => isMemberLive(world, member)).length;
const pending = (world: World): number =>
  listObjects(world, CSRS).filter(({ status }) => fieldAt(status, 'conditions') === undefined)
    .length;
const hosts = (world: World) => [...world.pveHosts.values()];
const pve1 = (world: World) => {
  const [host] = hosts(world);
  if (host === undefined) throw new Error('No host');
  return host;
};
const planeHosts = (world: World): number =>
  new Set(controlPlanes(world).map(({ vmId }) => guest(world, vmId).pveNode)).size;
const hasExtension = (node: LabNode, wanted: string): boolean =>
  node.extensions.some(({ name }) => name === wanted);
const allowed = (world: World): number =>
  listObjects(world, 'poddisruptionbudgets').reduce(
    (sum, budget) => sum + Number(fieldAt(budget, 'status.disruptionsAllowed') ?? 0),
    0,
  );

/** True of the incident, and of no healthy lab of the same size. */
const PROOFS: Readonly<Record<string, (stage: Stage) => boolean>> = {
  'ephemeral-full': ({ world }) => isPressed(world, 'talos-w-01'),
  'clock-skew': ({ world }) => !isReady(world, 'talos-cp-02') && live(world) === 3,
  'cni-missing': ({ world }) => [...world.nodes.keys()].every((name) => !isReady(world, name)),
  'vip-in-dhcp': ({ world }) =>
    world.vip.holder !== null && world.lan.strangers.has(world.vip.address),
  'pool-metadata-full': ({ world }) => poolRatio(world) < 0.8 && metadataRatio(world) > 0.9,
  'backup-running': ({ world }) =>
    guest(world, 104).lock === 'backup' &&
    world.pveTasks.some(({ type, endedAtMs }) => type === 'vzdump' && endedAtMs === null),
  'worker-down': ({ world }) => !isReady(world, 'talos-w-01'),
  'cp-down': ({ world }) => live(world) === 2 && world.etcd.leaderId !== null,
  'no-quorum': ({ world }) => world.etcd.leaderId === null && world.vip.holder === null,
  'node-hangs': ({ world }) => nodeIn(world, 'talos-cp-02').isHung,
  'cp-partitioned': ({ world }) =>
    guest(world, 101).status === 'running' && !isReady(world, 'talos-cp-01'),
  'no-vip': ({ world }) => world.vip.holder === null,
  'vip-wrong-link': ({ world }) => world.vip.holder === null && live(world) === 3,
  'even-members': ({ world }) => world.etcd.members.size % 2 === 0,
  'learner-stuck': ({ world }) =>
    [...world.etcd.members.values()].filter(({ isLearner }) => isLearner).length === 1,
  'etcd-nospace': ({ world }) => alarmsOf(world).length === 1,
  'etcd-fragmented': ({ world }) =>
    [...world.etcd.members.values()].every(
      ({ dbSizeBytes, dbSizeInUseBytes }) => dbSizeInUseBytes / dbSizeBytes < 0.2,
    ),
  'hostile-csrs': ({ world }) => pending(world) === 7,
  'csrs-pending': ({ world }) =>
    [...world.nodes.values()].every(({ servingRequest }) => servingRequest !== null),
  'node-cordoned': ({ world }) =>
    fieldAt(objectIn(world, 'nodes', 'talos-w-02'), 'spec.unschedulable') === true,
  'pdb-blocks-drain': ({ world }) => {
    seconds(world, 60);
    return allowed(world) === 0;
  },
  drift: ({ world }) =>
    !hasExtension(nodeIn(world, 'talos-w-02'), 'iscsi-tools') && hasMedium(guest(world, 104)),
  'stock-installer': ({ world }) => !hasExtension(nodeIn(world, 'talos-w-01'), 'qemu-guest-agent'),
  'armed-node': ({ world }) => {
    const { systemDisk } = nodeIn(world, 'talos-w-01').machine;
    const next = systemDisk?.entries[systemDisk.next]?.talosVersion;
    return next === 'v1.12.5' && nodeIn(world, 'talos-w-01').talosVersion === 'v1.12.4';
  },
  'upgrade-fell-back': ({ world }) => {
    const node = nodeIn(world, 'talos-w-01');
    const versions = Object.values(node.machine.systemDisk?.entries ?? {});
    return (
      node.talosVersion === 'v1.12.4' &&
      node.stage === 'running' &&
      versions.some((image) => image?.talosVersion === 'v1.12.5')
    );
  },
  'talosconfig-expired': ({ renewed }) => renewed.includes('talosconfig expired'),
  'kubeconfig-expired': ({ renewed }) => renewed.includes('kubeconfig expired'),
  'endpoints-empty': ({ renewed }) => renewed.includes('talosconfig aimless'),
  'iso-halted': ({ world }) =>
    guest(world, 104).status === 'running' &&
    nodeIn(world, 'talos-w-01').machine.isHalted &&
    !isReady(world, 'talos-w-01'),
  'iso-first': ({ world }) => hasMedium(guest(world, 102)) && !startsWithDisk(guest(world, 102)),
  'storage-full': ({ world }) => poolRatio(world) > 0.95,
  'pool-exhausted': ({ world }) =>
    [...world.vms.values()].every(({ qmpStatus }) => qmpStatus === 'io-error'),
  'stale-lock': ({ world }) => guest(world, 104).lock === 'backup',
  'flock-held': ({ world }) => {
    const holder = world.pveTasks.find(({ upid }) => upid === guest(world, 104).flockedBy);
    return holder?.endedAtMs === null && nodeIn(world, 'talos-w-01').isHung;
  },
  'pve-node-offline': ({ world }) =>
    hosts(world).filter(({ isOnline }) => !isOnline).length === 1 && live(world) === 2,
  'pve-quorum-lost': ({ world }) =>
    !hasPveQuorum(world, pve1(world)) && live(world) === world.etcd.members.size,
  'control-planes-together': ({ world }) => hosts(world).length === 3 && planeHosts(world) === 1,
  'disk-grown': ({ world }) => {
    const { systemDisk } = nodeIn(world, 'talos-w-01').machine;
    const disk = guest(world, 104).disks.find(({ slot }) => slot === 'scsi0');
    return (disk?.sizeBytes ?? 0) - (systemDisk?.ephemeralBytes ?? 0) > 40 * 1024 ** 3;
  },
  'foreign-vm': ({ world }) =>
    [...world.vms.values()].filter(({ config }) => config.name === 'talos-w-01').length === 2,
  'start-warnings': ({ world }) =>
    world.pveTasks.some(({ exitStatus }) => exitStatus === 'WARNINGS: 1'),
  'token-read-only': ({ world }) => isForbidden(world, 'pve', 'VM.PowerMgmt'),
};

test('there are at least 25 incidents, each with a story, what is broken and what proves the repair', () => {
  expect(labIncidents.length).toBeGreaterThanOrEqual(25);
  expect(new Set(labIncidents.map(({ id }) => id)).size).toBe(labIncidents.length);
  for (const { help, story, broken, repaired } of labIncidents) {
    expect(help).toMatch(/^[a-z][^\n]{15,}[^.]$/);
    expect(story).toMatch(/^[A-Za-z][^\n]{80,}\.$/);
    for (const line of [...broken, ...repaired]) expect(line).toMatch(/^[^\n]{10,}\.$/);
    expect(Math.min(broken.length, repaired.length)).toBeGreaterThan(0);
  }
  expect(Object.keys(PROOFS).toSorted()).toEqual(labIncidents.map(({ id }) => id).toSorted());
});

/** What makes these incidents is their shape, so a lab of the same shape has it too. */
const BY_SHAPE = ['even-members', 'control-planes-together'];

test.each(labIncidents.map((incident) => [incident.id, incident] as const))(
  'in %s is broken what its story says, and in a healthy lab it is not',
  (id, incident) => {
    const proof = PROOFS[id];
    expect(proof?.(stageOf(incident))).toBe(true);
    const healthy = { ...incident, changes: [], settleSeconds: 90 };

    expect(proof?.(stageOf(healthy))).toBe(BY_SHAPE.includes(id));
  },
);

import type { Answers } from '../../src/actions/types.js';
import { applyChange } from '../../src/lab/control/changes.js';
import { controlPlanes } from '../../src/lab/world/node.js';
import { TALOS_VERSIONS } from '../../src/lab/world/talos-factory.js';
import { talosMinor } from '../../src/lab/world/talos-version.js';
import type { World } from '../../src/lab/world/types.js';
import type { Dice } from './dice.js';
import type { FaultPlan } from './faults.js';

export interface TrialPlan {
  readonly size: string;
  readonly talosVersion: string;
  readonly talosctlVersion: string;
  readonly action: string;
  readonly answers: Answers;
  /** What is wrong from the beginning, in words. */
  readonly condition: string;
  readonly prepare: (world: World) => void;
  readonly faults: FaultPlan;
}

export interface Restriction {
  readonly action?: string | undefined;
  readonly size?: string | undefined;
  readonly talosVersion?: string | undefined;
}

const SIZES = ['1+0', '1+1', '2+0', '3+0', '3+0', '3+2', '3+2', '3+2', '3+2', '5+3'] as const;
const VERSIONS = ['v1.11.6', 'v1.12.4', 'v1.12.4', 'v1.13.9', 'v1.13.9', 'v1.14.0'] as const;
const ACTIONS = [
  'upgrade-talos',
  'upgrade-talos',
  'resize-ephemeral',
  'resize-ephemeral',
  'reboot-node',
  'reboot-node',
  'rollback-node',
  'drain',
  'cordon',
  'uncordon',
  'fix-boot-order',
] as const;

const LAB_ONLY = { renewCredential: (): void => undefined };

function change(world: World, line: string): void {
  const [name = '', ...args] = line.split(' ');
  applyChange({ world, ...LAB_ONLY }, name, args);
}

const firstControlPlane = (world: World): string => controlPlanes(world)[0]?.hostname ?? '';
const lastNode = (world: World): string => [...world.nodes.keys()].at(-1) ?? '';
const firstVm = (world: World): number => [...world.vms.keys()][0] ?? 0;

/** Most worlds are whole; the others are as operations C4 wants every action tried. */
const CONDITIONS: readonly (readonly [string, (world: World) => void])[] = [
  ['a member is down', (world) => change(world, `stop-node ${firstControlPlane(world)} crash`)],
  ['a node is cordoned by somebody else', (world) => change(world, `cordon ${lastNode(world)}`)],
  ['an ISO is attached', (world) => change(world, `attach-iso ${firstVm(world)}`)],
  ['the thin pool is nearly full', (world) => change(world, 'fill-storage local-lvm 94')],
  ['budgets allow nothing', (world) => change(world, 'strict-pdbs')],
  ['etcd is out of space', (world) => change(world, 'etcd-alarm NOSPACE')],
  ['a guest is locked', (world) => change(world, `lock-vm ${firstVm(world)} backup`)],
];

export function chooseTrial(
  dice: Dice,
  { action, size, talosVersion }: Restriction = {},
): TrialPlan {
  const chosen = {
    size: size ?? dice.pick(SIZES),
    talosVersion: talosVersion ?? dice.pick(VERSIONS),
    action: action ?? dice.pick(ACTIONS),
  };
  const [condition, spoil] = dice.isLucky(0.2)
    ? (CONDITIONS[dice.int(0, CONDITIONS.length - 1)] ?? ['whole', () => undefined])
    : (['whole', () => undefined] as const);
  const { answers, prepare } = answersFor(chosen, dice);
  const own = chosen.talosVersion;
  return {
    ...chosen,
    talosctlVersion: dice.pick([own, own, own, nextVersion(own)]),
    answers,
    condition,
    prepare(world) {
      prepare(world);
      try {
        spoil(world);
      } catch {
        // Not in this shape: a worker-less cluster has no budgets.
      }
      world.clock.advance(60_000);
    },
    faults: { budget: dice.int(0, 4), rate: dice.pick([0.05, 0.15, 0.4]) },
  };
}

/** One that is not left to chance: nothing is wrong but what `changes` make so. */
export const trialOf = ({
  changes = [],
  talosVersion = 'v1.13.9',
  ...fixed
}: {
  readonly action: string;
  readonly size: string;
  readonly answers: Answers;
  readonly talosVersion?: string;
  readonly changes?: readonly string[];
}): TrialPlan => ({
  ...fixed,
  talosVersion,
  talosctlVersion: talosVersion,
  condition: changes.join(', ') || 'whole',
  prepare(world) {
    for (const line of changes) change(world, line);
    world.clock.advance(60_000);
  },
  faults: { budget: 0, rate: 0 },
});

interface Chosen {
  readonly size: string;
  readonly talosVersion: string;
  readonly action: string;
}

interface Prepared {
  readonly answers: Answers;
  readonly prepare: (world: World) => void;
}

const NOTHING = (): void => undefined;

function answersFor({ size, talosVersion, action }: Chosen, dice: Dice): Prepared {
  const node = nodeIn(size, dice);
  const drain = dice.pick(['evict', 'evict', 'evict', 'disable-eviction', 'skip']);
  switch (action) {
    case 'upgrade-talos':
      return { answers: { version: nextVersion(talosVersion), drain }, prepare: NOTHING };
    case 'resize-ephemeral':
      return {
        // Control planes have 40 GiB, workers 100: now and then it would shrink, or is so already.
        answers: {
          node: dice.pick([node, node, 'all']),
          size: dice.pick(['30', '40G', '48', '64GiB', '110', '120G', '120G', '128']),
          drain,
        },
        prepare: NOTHING,
      };
    case 'reboot-node':
      return { answers: { node: dice.pick([node, node, 'all']), drain }, prepare: NOTHING };
    case 'rollback-node':
      return {
        answers: { node, drain, to: earlierPatch(talosVersion) },
        prepare: (world) => upgradeBefore(world, node),
      };
    case 'disarm-node':
      return {
        answers: { node },
        prepare: (world) => change(world, `arm-node ${node} ${nextVersion(talosVersion)}`),
      };
    case 'uncordon':
      return { answers: { node }, prepare: (world) => change(world, `cordon ${node}`) };
    case 'drain':
      return { answers: { node, drain: drain === 'skip' ? 'evict' : drain }, prepare: NOTHING };
    case 'fix-boot-order':
      return {
        answers: { node: 'all' },
        prepare: (world) => change(world, `attach-iso ${firstVm(world)}`),
      };
    default:
      return { answers: { node }, prepare: NOTHING };
  }
}

const two = (number: number): string => String(number).padStart(2, '0');

/** Names as the lab gives them. */
function nodeIn(size: string, dice: Dice): string {
  const [controlPlaneCount = 1, workers = 0] = size.split('+').map(Number);
  const isWorker = workers > 0 && dice.isLucky(0.5);
  return isWorker
    ? `talos-w-${two(dice.int(1, workers))}`
    : `talos-cp-${two(dice.int(1, controlPlaneCount))}`;
}

function nextVersion(version: string): string {
  const next = talosMinor(version) + 1;
  const newer = TALOS_VERSIONS.filter((each) => talosMinor(each) === next).at(-1);
  const later = TALOS_VERSIONS.filter((each) => talosMinor(each) === next - 1).at(-1);
  return newer ?? later ?? version;
}

/** Leaves an earlier image on the other boot entry. */
function upgradeBefore(world: World, hostname: string): void {
  const disk = world.nodes.get(hostname)?.machine.systemDisk;
  if (disk == null) return;
  const other = disk.next === 'A' ? 'B' : 'A';
  const image = disk.entries[disk.next];
  if (image !== null)
    disk.entries[other] = { ...image, talosVersion: earlierPatch(image.talosVersion) };
}

function earlierPatch(version: string): string {
  const minor = talosMinor(version);
  const same = TALOS_VERSIONS.filter((each) => talosMinor(each) === minor && each !== version);
  return same.at(-1) ?? version;
}

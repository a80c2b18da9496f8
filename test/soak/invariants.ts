import { liveVoters, memberOf, voters } from '../../src/lab/world/etcd.js';
import { installerImage } from '../../src/lab/world/talos-image.js';
import type { LabNode, World } from '../../src/lab/world/types.js';
import { diskIn, newSizeBytes } from '../../src/lab/world/vm-disks.js';
import { MARK_KEY } from '../../src/model/cordon-mark.js';
import { isDisruption, type Order } from './orders.js';
import { kubeNode } from './sim-nodes.js';

export interface Watchdog {
  /** The run begins to look at the cluster: what happens from here on it may not have seen before its order. */
  readonly onLook: () => void;
  /** Judges an order right before it reaches the world. @returns to be called when the world has taken it. */
  readonly onOrder: (order: Order) => () => void;
  readonly violations: readonly string[];
  /** Orders that the world has taken. */
  readonly taken: readonly Order[];
}

export interface RunFacts {
  /** The action of the trial: what its operator has allowed by choosing it. */
  readonly action: string;
  /** What the run writes on nodes that it cordons; null before there is a plan. */
  readonly mark: () => string | null;
  /** The intent that the journal ends with; null when the last step has none. */
  readonly lastIntent: () => string | null;
  /** Extensions may get lost with the operator's word. */
  readonly mayLoseExtensions: boolean;
}

/** The rules of operations C4, R1, seen from the side of the world: none of them asks our own code. */
export function watchdog(world: World, run: RunFacts): Watchdog {
  const violations: string[] = [];
  const taken: Order[] = [];
  const bootIds = new Map<string, string>();
  let looked: EtcdThen | null = null;

  const judge = (order: Order): readonly string[] => [
    ...(run.lastIntent() === null ? [`${nameOf(order)}: no intent in the journal before it`] : []),
    ...(order.kind === 'pve'
      ? judgePve(world, order)
      : judgeNode(world, order, { run, taken, looked })),
    ...(reboots(order) && bootIds.has(order.node)
      ? [`${order.node} was sent into another boot twice`]
      : []),
  ];

  return {
    violations,
    taken,
    onLook() {
      looked = etcdNow(world);
    },
    onOrder(order) {
      violations.push(...judge(order));
      return () => {
        taken.push(order);
        if (reboots(order)) bootIds.set(order.node, world.nodes.get(order.node)?.bootId ?? '');
      };
    },
  };
}

const nameOf = (order: Order): string =>
  order.kind === 'pve' ? `${order.method} ${order.path}` : `${order.kind} ${order.node}`;

type NodeOrder = Extract<Order, { readonly node: string }>;

const reboots = (order: Order): order is NodeOrder =>
  order.kind === 'reboot' || order.kind === 'rollback' || order.kind === 'upgrade';

const majorityOf = (count: number): number => Math.floor(count / 2) + 1;

interface Scene {
  readonly run: RunFacts;
  readonly taken: readonly Order[];
  readonly looked: EtcdThen | null;
}

function judgeNode(world: World, order: NodeOrder, scene: Scene): readonly string[] {
  const { run } = scene;
  const node = world.nodes.get(order.node);
  if (node === undefined) return [`${order.node} is no machine of the cluster`];
  return [
    ...(order.kind === 'uncordon' ? judgeUncordon(world, node, run) : []),
    ...(order.kind === 'upgrade' || order.kind === 'install'
      ? judgeImage(world, node, order.image, run)
      : []),
    ...(isDisruption(order) ? judgeDisruption(world, node, order, scene) : []),
  ];
}

/** What the quorum stands on. */
interface EtcdThen {
  readonly atMs: number;
  readonly live: ReadonlySet<string>;
  readonly hasLearner: boolean;
}

const etcdNow = (world: World): EtcdThen => ({
  atMs: world.clock.monotonicMs(),
  live: new Set(liveVoters(world).map(({ hostname }) => hostname)),
  hasLearner: [...world.etcd.members.values()].some(({ isLearner }) => isLearner),
});

/** Between the look and the order of it nothing waits. */
const LOOK_HOLDS_MS = 60_000;

/**
 * H − 1 ≥ Q for the one that goes, except where the operator was told of an outage: a single member. What breaks
 * after the run has begun its last look, nobody can know: it counts what was broken by then and is still.
 */
function judgeDisruption(
  world: World,
  node: LabNode,
  order: NodeOrder,
  { taken, looked }: Scene,
): readonly string[] {
  const together = [...world.nodes.values()]
    .filter((other) => other !== node && isDisruptedByUs(world, other, taken))
    .map(({ hostname }) => `${nameOf(order)} while ${hostname} is still disrupted by the run`);
  const all = voters(world).length;
  if (order.kind === 'drain' || node.role !== 'controlplane' || all <= 1) return together;
  const now = etcdNow(world);
  if (looked === null || now.atMs - looked.atMs > LOOK_HOLDS_MS) {
    return [...together, `${nameOf(order)} without a look at the cluster right before it`];
  }
  const live = voters(world).filter(
    ({ hostname }) => looked.live.has(hostname) || now.live.has(hostname),
  );
  if (live.length < majorityOf(all)) {
    return [...together, `${nameOf(order)} while etcd has no quorum`];
  }
  const left = live.filter(({ hostname }) => hostname !== node.hostname).length;
  const isVoter = memberOf(world, node.hostname)?.isLearner === false;
  return [
    ...together,
    ...(isVoter && left < majorityOf(all)
      ? [`${nameOf(order)} leaves ${left} of ${all} voters: etcd loses its quorum`]
      : []),
    ...(looked.hasLearner && now.hasLearner ? [`${nameOf(order)} while a learner joins`] : []),
  ];
}

/** Sent away by us and not back: off, booting, or its kubelet not heard of. */
function isDisruptedByUs(world: World, node: LabNode, taken: readonly Order[]): boolean {
  const isOurs = taken.some(
    (order) => order.kind !== 'pve' && isDisruption(order) && order.node === node.hostname,
  );
  if (!isOurs) return false;
  const isBack = node.isUp && node.stage === 'running' && node.isReady;
  return !isBack || kubeNode(world, node.hostname)?.mark != null;
}

function judgeUncordon(world: World, { hostname }: LabNode, run: RunFacts): readonly string[] {
  if (run.action === 'uncordon') return [];
  const now = kubeNode(world, hostname);
  return now?.isUnschedulable !== true || now.mark === run.mark()
    ? []
    : [`uncordon ${hostname}, which carries ${now.mark ?? 'no mark'} (${MARK_KEY})`];
}

function judgeImage(
  world: World,
  node: LabNode,
  reference: string,
  { mayLoseExtensions }: RunFacts,
): readonly string[] {
  const image = installerImage(world, reference);
  if (image === null || mayLoseExtensions) return [];
  const names = new Set(image.extensions.map(({ name }) => name));
  const lost = node.extensions.map(({ name }) => name).filter((name) => !names.has(name));
  return [
    ...(lost.length > 0 ? [`${node.hostname} loses ${lost.join(', ')} with ${reference}`] : []),
    ...(image.platform === node.platform
      ? []
      : [`${node.hostname} changes its platform to ${image.platform}`]),
  ];
}

function judgePve(
  world: World,
  { method, path, parameters }: Extract<Order, { readonly kind: 'pve' }>,
): readonly string[] {
  const id = Number(/\/qemu\/(\d+)\//.exec(path)?.[1] ?? 0);
  const vm = world.vms.get(id);
  const isOwned = [...world.nodes.values()].some(({ vmId }) => vmId === id);
  if (vm === undefined || !isOwned) return [`${method} ${path} on a guest that is not ours`];
  if (!path.endsWith('/resize')) return [];
  const { disk: slot = '', size = '' } = parameters;
  const disk = diskIn(vm, slot);
  const wanted = newSizeBytes(size, disk?.sizeBytes ?? 0);
  if (disk === undefined || wanted === null) return [`${path} with ${JSON.stringify(parameters)}`];
  return [
    ...(size.startsWith('+') ? [`${path} with a relative size`] : []),
    ...(wanted < disk.sizeBytes ? [`${path} shrinks ${disk.volume}`] : []),
  ];
}

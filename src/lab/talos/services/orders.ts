import { status } from '@grpc/grpc-js';
import { vmIsOff } from '../../world/power.js';
import {
  orderReboot,
  orderReset,
  orderRollback,
  orderShutdown,
  type RebootMode,
} from '../../world/talos-orders.js';
import { etcdRefusal, orderUpgrade, skipsEtcdCheck } from '../../world/talos-upgrade.js';
import { talosMinor } from '../../world/talos-version.js';
import type { LabNode, World } from '../../world/types.js';
import { nodeOfVm, vmOf } from '../../world/vm.js';
import type { CallContext, Method } from '../calls.js';
import { Failure } from '../failure.js';
import { disksOf, partitions } from '../kinds/storage.js';
import { ADMINS, OPERATORS } from '../roles.js';
import { virtually } from '../virtual-time.js';
import { pullInstaller } from './images.js';

/** The mutex in etcd protects the check alone. */
const MUTEX_MS = 700;

function guestIsOff(world: World, node: LabNode): void {
  const vm = vmOf(world, node);
  if (vm !== undefined && nodeOfVm(world, vm.vmId) === node) vmIsOff(world, vm);
}

/** What happens is the sequence's to tell: the call only says who asked. */
function reboot({ talos, node }: CallContext, message: object): object {
  const { mode } = message as { readonly mode: RebootMode };
  const actorId = talos.world.random.uuid();
  node.journal.say(talos.world.clock.now(), `reboot via API received. actor id: ${actorId}`);
  // FORCE came with 1.12; an older node reads a mode that it does not know as the default.
  const known = mode === 'FORCE' && talosMinor(node.talosVersion) < 12 ? 'DEFAULT' : mode;
  orderReboot(talos.world, node, known, { actorId });
  return { actor_id: actorId };
}

function shutdown({ talos, node }: CallContext, message: object): object {
  const { force } = message as { readonly force: boolean };
  const { world } = talos;
  const actorId = world.random.uuid();
  node.journal.say(world.clock.now(), `shutdown via API received. actor id: ${actorId}`);
  orderShutdown(world, node, force, { actorId }, () => guestIsOff(world, node));
  return { actor_id: actorId };
}

function rollback({ talos, node }: CallContext): object {
  node.journal.say(talos.world.clock.now(), 'rollback via API received');
  const refusal = orderRollback(talos.world, node);
  if (refusal === null) return {};
  throw new Failure(
    refusal === 'system disk not found' ? status.FAILED_PRECONDITION : status.UNKNOWN,
    refusal,
  );
}

interface ResetRequest {
  readonly graceful: boolean;
  readonly reboot: boolean;
  readonly system_partitions_to_wipe: readonly { readonly label: string; readonly wipe: boolean }[];
  readonly user_disks_to_wipe: readonly string[];
  readonly mode: 'ALL' | 'SYSTEM_DISK' | 'USER_DISKS';
}

const invalid = (text: string): Failure => new Failure(status.UNKNOWN, text);

/** @throws Failure when the request names something that cannot be wiped. */
function checkReset({ talos, node }: CallContext, request: ResetRequest): void {
  const known = disksOf(talos.world, node);
  const system = known.find(({ disk }) => disk.slot === node.machine.systemDisk?.slot);
  if (request.user_disks_to_wipe.length > 0 && request.mode === 'SYSTEM_DISK') {
    throw invalid(
      "reset failed: invalid input, wipe mode SYSTEM_DISK doesn't support UserDisksToWipe parameter",
    );
  }
  for (const path of request.user_disks_to_wipe) {
    const prefix = 'reset user disk failed: device';
    if (path === '/dev/sr0') throw invalid(`${prefix} ${path} is readonly`);
    if (!known.some(({ name }) => `/dev/${name}` === path)) {
      throw invalid(`${prefix} ${path} wasn't found`);
    }
    if (system !== undefined && path === `/dev/${system.name}`) {
      throw invalid(`${prefix} ${path} is the system disk`);
    }
  }
  const labels = request.system_partitions_to_wipe.map(({ label }) => label);
  if (labels.length > 0 && request.mode === 'USER_DISKS') {
    throw invalid(
      "reset failed: invalid input, wipe mode USER_DISKS doesn't support SystemPartitionsToWipe parameter",
    );
  }
  const volumes: readonly string[] = partitions({ lab: talos.lab, world: talos.world, node }).map(
    ({ label }) => label,
  );
  const missing = labels.find((label) => !volumes.includes(label) || label === 'EFI');
  if (missing !== undefined) {
    throw invalid(
      `failed to get volume status with label "${missing}": resource VolumeStatuses.block.talos.dev(runtime/${missing}@undefined) doesn't exist`,
    );
  }
}

function reset(context: CallContext, message: object): object {
  const request = message as ResetRequest;
  const { talos, node } = context;
  const { world } = talos;
  checkReset(context, request);
  const actorId = world.random.uuid();
  node.journal.say(world.clock.now(), `reset request received. actorID: ${actorId}`);
  orderReset(
    world,
    node,
    {
      actorId,
      isGraceful: request.graceful,
      isReboot: request.reboot,
      labels: request.system_partitions_to_wipe
        .filter(({ wipe }) => wipe)
        .map(({ label }) => label),
      mode: request.mode,
      userDisks: request.user_disks_to_wipe,
    },
    () => guestIsOff(world, node),
  );
  return { actor_id: actorId };
}

interface UpgradeRequest {
  readonly image: string;
  readonly preserve: boolean;
  readonly stage: boolean;
  readonly force: boolean;
  readonly reboot_mode: 'DEFAULT' | 'POWERCYCLE';
}

async function upgrade(context: CallContext, message: object): Promise<object> {
  const request = message as UpgradeRequest;
  const { talos, node } = context;
  const { world } = talos;
  const order = {
    image: request.image,
    actorId: world.random.uuid(),
    isForced: request.force,
    isPreserving: request.preserve,
    isStaged: request.stage,
    rebootMode: request.reboot_mode,
  };
  await pullInstaller(context, request.image).catch((error: unknown) => {
    const reason = error instanceof Failure ? error.details : String(error);
    throw new Failure(
      status.UNKNOWN,
      `error validating installer image "${request.image}": ${reason}`,
    );
  });
  if (!skipsEtcdCheck(node, order)) await checkEtcd(world);
  orderUpgrade(world, node, order);
  return { ack: 'Upgrade request received', actor_id: order.actorId };
}

const LOCKED = new WeakSet<World>();

/** One control plane at a time may look. @throws Failure. */
async function checkEtcd(world: World): Promise<void> {
  if (LOCKED.has(world)) {
    throw new Failure(
      status.UNKNOWN,
      'failed to acquire upgrade mutex: error trying to lock etcd upgrade mutex: mutex: Locked by another session',
    );
  }
  LOCKED.add(world);
  await virtually(world, MUTEX_MS);
  LOCKED.delete(world);
  const refusal = etcdRefusal(world);
  if (refusal !== null) throw new Failure(status.UNKNOWN, refusal);
}

const order = (
  roles: Method['roles'],
  answer: (context: CallContext, request: object) => object | Promise<object>,
): Method => ({ kind: 'unary', isWrapped: true, roles, answer });

export const ORDER_METHODS: Readonly<Record<string, Method>> = {
  Reboot: order(OPERATORS, reboot),
  Shutdown: order(OPERATORS, shutdown),
  Rollback: order(ADMINS, rollback),
  Reset: order(ADMINS, reset),
  Upgrade: order(ADMINS, upgrade),
};

import { ClientError } from '../../model/errors.js';
import { formatBytes } from '../../model/format.js';
import type { NodeInspection } from '../../model/inspection.js';
import { isAway, kubeNodeNow } from '../steps/node-now.js';
import type { StepContext } from '../types.js';
import { growthObstacle } from './layout.js';
import { GIB } from './size.js';
import { hasGrown, nodeNow } from './steps.js';
import type { GrowingTarget } from './target.js';

/**
 * What a rebooted node still lacks; null when it has grown.
 * @throws ClientError when it will not grow: EPHEMERAL takes its size while it is provisioned, before a node is ready
 */
export const growthLacking =
  (target: GrowingTarget, sizeGib: number) =>
  async (context: StepContext): Promise<string | null> => {
    const node = await nodeNow(target, context);
    const volume = node?.ephemeral ?? null;
    if (node === null || volume === null || volume.phase !== 'ready') {
      return `EPHEMERAL is ${volume?.phase ?? 'not told'}`;
    }
    if (!hasGrown(volume.sizeBytes, target.ephemeralBytes, target)) {
      throw new ClientError(
        'rejected',
        `${target.name} was rebooted and EPHEMERAL still has ${formatBytes(volume.sizeBytes)}: ${whyNot(node, sizeGib)}.`,
        isHidden(node, sizeGib)
          ? `Start its guest cold once, with \`qm reboot ${target.vm?.id}\` on ${target.vm?.pveNode}, and resume the run.`
          : 'The disk keeps its new size and nothing is lost: repair that, resume the run, or uncordon the node.',
      );
    }
    return roomLacking(target, node) ?? (await kubeletLacking(target, context));
  };

const systemDisk = ({ disks, systemDisk }: NodeInspection) =>
  disks.find(({ devicePath }) => devicePath === systemDisk);

/** QEMU has not shown it the new size. */
const isHidden = (node: NodeInspection, sizeGib: number): boolean =>
  (systemDisk(node)?.sizeBytes ?? Number.POSITIVE_INFINITY) < sizeGib * GIB;

function whyNot(node: NodeInspection, sizeGib: number): string {
  if (isHidden(node, sizeGib)) {
    return `it sees a disk of ${formatBytes(systemDisk(node)?.sizeBytes ?? 0)}, so its guest has to be stopped and started once`;
  }
  return (
    growthObstacle(node, sizeGib * GIB) ??
    node.ephemeral?.errorMessage ??
    'Talos does not say why; look at its log'
  );
}

/** The partition alone gives nobody room; what did not tell its file systems before is not asked now. */
function roomLacking(target: GrowingTarget, { ephemeralRoom }: NodeInspection): string | null {
  if (target.roomBytes === null) return null;
  if (ephemeralRoom === null) return 'the file system on /var is not told';
  return hasGrown(ephemeralRoom.sizeBytes, target.roomBytes, target)
    ? null
    : `the file system on /var still has ${formatBytes(ephemeralRoom.sizeBytes)}`;
}

/** The kubelet reads the size when it starts, and lifts its pressure some minutes later. */
async function kubeletLacking(target: GrowingTarget, context: StepContext): Promise<string | null> {
  try {
    const { ephemeralCapacityBytes, hasDiskPressure } = await kubeNodeNow(target, context);
    if (ephemeralCapacityBytes === null) return 'the kubelet tells no capacity';
    const before = target.capacityBytes ?? target.roomBytes;
    if (before !== null && !hasGrown(ephemeralCapacityBytes, before, target)) {
      return `the kubelet still tells ${formatBytes(ephemeralCapacityBytes)}`;
    }
    return hasDiskPressure === false ? null : 'DiskPressure is not over';
  } catch (error) {
    if (!isAway(error)) throw error;
    return 'Kubernetes does not answer';
  }
}

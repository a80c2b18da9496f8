import { z } from 'zod';
import { MARK_KEY } from '../../model/cordon-mark.js';
import { ClientError, OperatorError } from '../../model/errors.js';
import type { IpAddress } from '../../model/ids.js';
import { parseQuantity } from '../../model/quantity.js';
import type { NodeTarget } from '../node-target.js';
import type { StepContext } from '../types.js';
import { kubeOf, talosOf } from './world.js';

/** The Kubernetes node as the API server tells it at this moment. */
export interface KubeNodeNow {
  readonly isUnschedulable: boolean;
  readonly isReady: boolean;
  /** Of the run that cordoned it; null without one. */
  readonly mark: string | null;
  readonly isCordonedByTalos: boolean;
  readonly ephemeralCapacityBytes: number | null;
  readonly hasDiskPressure: boolean | null;
}

/** Who cordoned a node: the run by its mark, Talos, or somebody who left no word. */
export const cordonerText = ({
  mark,
  isCordonedByTalos,
}: Pick<KubeNodeNow, 'mark' | 'isCordonedByTalos'>): string =>
  mark ?? (isCordonedByTalos ? 'Talos itself' : 'somebody else');

const nodeShape = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).nullish() }),
  spec: z.object({ unschedulable: z.boolean().nullish() }).nullish(),
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      capacity: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
});

export async function kubeNodeNow(
  { name }: NodeTarget,
  context: StepContext,
): Promise<KubeNodeNow> {
  const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
  const parsed = nodeShape.safeParse(await kubeOf(context).raw(path, context.signal));
  if (!parsed.success) {
    throw new ClientError(
      'malformed',
      `Kubernetes describes the node ${name} in a way that is not understood.`,
      'Look at it with kubectl get node -o yaml.',
    );
  }
  const { metadata, spec, status } = parsed.data;
  const conditions = status?.conditions ?? [];
  const statusOf = (type: string) => conditions.find((each) => each.type === type)?.status;
  const pressure = statusOf('DiskPressure');
  const capacity = status?.capacity?.['ephemeral-storage'];
  return {
    isUnschedulable: spec?.unschedulable ?? false,
    isReady: statusOf('Ready') === 'True',
    mark: metadata.annotations?.[MARK_KEY] ?? null,
    isCordonedByTalos: metadata.annotations?.['talos.dev/cordoned'] !== undefined,
    ephemeralCapacityBytes: capacity === undefined ? null : parseQuantity(capacity),
    hasDiskPressure: pressure === 'True' ? true : pressure === 'False' ? false : null,
  };
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const BOOT_IDS = { namespace: 'runtime', type: 'BootIDs.runtime.talos.dev' };
const bootIdShape = z.object({ bootID: z.string() });

/** Another one after every boot. */
export async function bootIdNow({ address }: NodeTarget, context: StepContext): Promise<string> {
  const id = (await bootIdFile(address, context)) ?? (await bootIdResource(address, context));
  if (id !== '') return id;
  throw new ClientError('malformed', `${address} tells no boot id.`, 'Look at the node.');
}

/** Null for who may not read files: os:admin alone may (talos@1.12 to 1.14). */
async function bootIdFile(address: IpAddress, context: StepContext): Promise<string | null> {
  try {
    return (await talosOf(context).readFile(address, BOOT_ID, context.signal)).trim();
  } catch (error) {
    if (error instanceof OperatorError && error.kind === 'forbidden') return null;
    throw error;
  }
}

/** Talos ≥ 1.14 tells it to everybody. */
async function bootIdResource(address: IpAddress, context: StepContext): Promise<string> {
  const [item] = await talosOf(context).list(address, BOOT_IDS, context.signal);
  const parsed = bootIdShape.safeParse(item?.spec);
  return parsed.success ? parsed.data.bootID : '';
}

/** Null while the node does not answer. */
export async function bootIdIfAnswering(
  target: NodeTarget,
  context: StepContext,
): Promise<string | null> {
  try {
    return await bootIdNow(target, context);
  } catch (error) {
    if (isAway(error)) return null;
    throw error;
  }
}

/** Nobody answered: nothing is known, which is no failure yet. */
export const isAway = (error: unknown): boolean =>
  error instanceof OperatorError && (error.kind === 'unreachable' || error.kind === 'timeout');

const MACHINE_STATUS = { namespace: 'runtime', type: 'MachineStatuses.runtime.talos.dev' };

const machineShape = z.object({
  stage: z.string().nullish(),
  status: z
    .object({
      ready: z.boolean().nullish(),
      unmetConditions: z
        .array(z.object({ name: z.string().nullish(), reason: z.string().nullish() }))
        .nullish(),
    })
    .nullish(),
});

export interface MachineNow {
  readonly stage: string;
  /** Stage running and ready: in other stages `ready` says nothing (talos: machine_status.go). */
  readonly isRunning: boolean;
  /** `running`, `booting`, `running, but etcd not healthy` */
  readonly text: string;
}

export async function machineNow(
  { address }: NodeTarget,
  context: StepContext,
): Promise<MachineNow> {
  const [item] = await talosOf(context).list(address, MACHINE_STATUS, context.signal);
  const parsed = machineShape.safeParse(item?.spec);
  const stage = (parsed.success ? parsed.data.stage : null) ?? 'unknown';
  const status = parsed.success ? parsed.data.status : null;
  const unmet = (status?.unmetConditions ?? []).map(({ name, reason }) => reason || name || '?');
  const isRunning = stage === 'running' && status?.ready === true;
  return {
    stage,
    isRunning,
    text:
      stage === 'running' && !isRunning ? `running, but ${unmet.join(', ') || 'not ready'}` : stage,
  };
}

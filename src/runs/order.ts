import type { PveOrder } from '../actions/types.js';
import type { PveClient } from '../clients/types.js';
import { ClientError, OperatorError } from '../model/errors.js';
import { FORGOTTEN, findTask, followTask, isGoodEnd, type TaskWatch } from './pve-task.js';

/** `PUT /nodes/pve1/qemu/101/resize disk=scsi0 size=40G` */
export const orderText = ({ method, path, parameters }: PveOrder): string =>
  [
    `${method} ${path}`,
    ...Object.entries(parameters).map(([name, value]) => `${name}=${value}`),
  ].join(' ');

/**
 * Sends an order to Proxmox once and follows its task to its end. When the answer is lost, the task is looked
 * for; where there is none the step's proof decides: nothing is ever sent twice on a guess.
 * @throws ClientError when Proxmox refuses or its task ends with an error
 */
export async function placeOrder(
  order: PveOrder,
  ordering: Omit<TaskWatch, 'pve'> & { readonly pve: PveClient | null },
): Promise<void> {
  const { step, pve, journal, clock, signal } = ordering;
  if (pve === null) {
    throw new ClientError(
      'configuration',
      'This cluster has no Proxmox to order from.',
      'Name its Proxmox in the settings of the cluster.',
    );
  }
  signal.throwIfAborted();
  const watch: TaskWatch = { ...ordering, pve };
  const sentAtMs = clock.now();
  journal.append({ type: 'intent', step, command: orderText(order), order });
  let upid: string | null;
  try {
    // Never cut off: the answer has to be heard.
    upid = await pve.order(order.method, order.path, order.parameters);
  } catch (error) {
    if (!isAnswerLost(error)) throw error;
    journal.append({
      type: 'note',
      text: `Whether Proxmox took the order is not known: ${error.message} It is not sent again; what it did is looked for.`,
    });
    await followLost(order, sentAtMs, watch);
    return;
  }
  if (upid === null) return;
  journal.append({ type: 'upid', step, upid });
  const exitStatus = await followTask(upid, watch);
  if (exitStatus === 'OK') return;
  if (isGoodEnd(exitStatus) || exitStatus === FORGOTTEN) {
    journal.append({ type: 'note', text: `The Proxmox task ${upid} ended with ${exitStatus}.` });
    return;
  }
  throw new ClientError(
    'rejected',
    `The Proxmox task ${upid} ended with: ${exitStatus}`,
    'Read the log of the task in Proxmox, then resume the run.',
  );
}

/** After these the order may have been taken: it was on its way. */
const isAnswerLost = (error: unknown): error is OperatorError =>
  error instanceof OperatorError &&
  (error.kind === 'timeout' || error.kind === 'unreachable' || error.kind === 'malformed');

/** A task that is found by its looks may be somebody else's: how it ended is told, and the proof decides. */
export async function followLost(
  order: PveOrder,
  sinceMs: number,
  watch: TaskWatch,
): Promise<void> {
  const { step, journal } = watch;
  const task = await findTask(order, sinceMs, watch);
  if (task === null) {
    journal.append({ type: 'note', text: `Proxmox shows no task of "${orderText(order)}".` });
    return;
  }
  journal.append({ type: 'upid', step, upid: task.upid });
  await followTask(task.upid, watch);
}

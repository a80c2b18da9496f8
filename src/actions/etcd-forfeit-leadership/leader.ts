import { formatList } from '../../model/format.js';
import { quorumState } from '../../model/quorum.js';
import { machineAt } from '../gates/machines.js';
import type { NodeTarget } from '../node-target.js';
import { refusal } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';

/** Whether the member of a node leads now; null while members do not agree or do not answer. */
function isLeading(context: PlanContext, { address }: NodeTarget): boolean | null {
  const { leaderId } = quorumState(context.snapshot);
  const member = machineAt(context, address)?.member ?? null;
  return leaderId === null || member === null ? null : member.id === leaderId;
}

const leaderText = ({ snapshot }: PlanContext): string =>
  quorumState(snapshot).leaderName ?? 'another member';

export function leadText(context: PlanContext, target: NodeTarget): string {
  const { name, role } = target;
  if (role === 'worker') return `${name} is a worker: it has no etcd member`;
  const leads = isLeading(context, target);
  if (leads === null) {
    return `whether ${name} leads etcd is not known at the moment: the run looks first`;
  }
  return leads
    ? `${name} leads etcd now`
    : `${name} does not lead etcd: ${leaderText(context)} does`;
}

/** Only what is known: who is not heard of may lead. */
export function refuseFollowers(
  context: PlanContext,
  targets: readonly NodeTarget[],
): Refusal | null {
  const members = targets.filter(({ role }) => role === 'control-plane');
  if (members.some((target) => isLeading(context, target) !== false)) return null;
  const leader = leaderText(context);
  const verb = members.length === 1 ? 'does' : 'do';
  return refusal(
    `${formatList(members.map(({ name }) => name))} ${verb} not lead etcd: ${leader} does.`,
    `There is nothing to do. To move the lead away from its leader, name ${leader}.`,
  );
}

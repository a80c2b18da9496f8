import { ClientError, CommandFailed } from '../../model/errors.js';
import { NO_LEADER } from '../../model/etcd-layer.js';
import { talosctlArgv } from '../argv.js';
import type { NodeTarget } from '../node-target.js';
import type { Sight, Step, StepContext } from '../types.js';
import { isAway } from './node-now.js';
import {
  onNode,
  passedOf,
  runCommand,
  type StepOptions,
  type StepWorld,
  talosOf,
} from './world.js';

const PROVE_TIMEOUT_MS = 30_000;
const TRIES = 2;
const POLL_MS = 1_000;

export interface ForfeitOptions extends Pick<StepOptions, 'passed'> {
  /**
   * The lead has to move: that is all that is wanted. Otherwise it is moved before a member goes, so that the cluster
   * need not wait for an election, and a leader that stays only makes the pause longer (operations A2, step 3).
   */
  readonly isWanted?: boolean;
}

export function forfeitStep(
  world: StepWorld,
  target: NodeTarget,
  options: ForfeitOptions = {},
): Step {
  const argv = talosctlArgv(world, target.address, 'etcd', 'forfeit-leadership');
  const { isWanted = false } = options;
  let isGivenUp = false;
  const look = async (context: StepContext): Promise<Sight> => {
    const over = await passedOf(options)(context);
    return over === null ? await leads(target, context) : { done: true, evidence: over };
  };
  return {
    ...onNode('forfeit', target),
    title: `Move etcd's leadership away from ${target.name}`,
    command: { kind: 'argv', argv },
    isDisruptive: false,
    proof: `Another member leads${isWanted ? '' : ', or it was tried twice'}`,
    expectedMs: 2_000,
    proveTimeoutMs: PROVE_TIMEOUT_MS,
    stateWhenStopped: 'leadership moving',
    look,
    async run(context) {
      for (let tried = 0; tried < TRIES; tried += 1) {
        try {
          await runCommand(argv, context, target);
        } catch (error) {
          if (!(error instanceof CommandFailed)) throw error;
          context.note(error.message);
        }
        if (await hasMoved(target, context)) return;
      }
      if (isWanted) throw stillLeads(target);
      context.note(`${target.name} still leads: etcd elects another member when it goes.`);
      isGivenUp = true;
    },
    async prove(context) {
      const sight = await look(context);
      return sight.done || !isGivenUp
        ? sight
        : { done: true, evidence: `${sight.lastSeen} after two tries` };
    },
  };
}

const stillLeads = ({ name }: NodeTarget): ClientError =>
  new ClientError(
    'conflict',
    `${name} still leads etcd after two tries.`,
    'Look at screen 2 whether another member is healthy and has caught up, then resume the run to try again.',
  );

async function leads({ address, name }: NodeTarget, context: StepContext): Promise<Sight> {
  const { memberId, leaderId } = await talosOf(context).etcdStatus(address, context.signal);
  if (leaderId === memberId) {
    return { done: false, lastSeen: `${name} leads`, left: 'the leader of etcd still' };
  }
  return leaderId === NO_LEADER
    ? { done: false, lastSeen: 'no leader yet' }
    : { done: true, evidence: `member ${leaderId} leads` };
}

async function hasMoved(target: NodeTarget, context: StepContext): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < PROVE_TIMEOUT_MS; waitedMs += POLL_MS) {
    const sight = await leadsIfAnswering(target, context);
    if (sight.done) return true;
    context.report(sight.lastSeen);
    await context.clock.sleep(POLL_MS, context.signal);
  }
  return false;
}

/** A member that is busy with an election may not answer: that is no failure. */
async function leadsIfAnswering(target: NodeTarget, context: StepContext): Promise<Sight> {
  try {
    return await leads(target, context);
  } catch (error) {
    if (!isAway(error)) throw error;
    return { done: false, lastSeen: `${target.name} does not answer` };
  }
}

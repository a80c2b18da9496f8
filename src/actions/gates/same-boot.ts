import type { WorkTarget } from '../node-work.js';
import type { Gate, PlanContext } from '../types.js';
import { judge, NO_OBJECTIONS, red, together, unknown, whenFresh } from './judge.js';

/**
 * G-SAME: the boot that the plan has seen. What was shown is of before another one, and its boot id would prove a
 * reboot that somebody else has done.
 */
export function sameBootGate(
  { facts }: PlanContext,
  { name, address, bootId: planned }: Pick<WorkTarget, 'name' | 'address' | 'bootId'>,
): Gate {
  return judge(
    {
      id: 'G-SAME',
      title: `${name} runs since it was planned`,
      remedy: 'Plan again: what was shown is of before.',
      override: 'no',
    },
    together([
      planned === ''
        ? unknown(`the boot of ${name} was not known when it was planned`)
        : NO_OBJECTIONS,
      whenFresh(`the boot id of ${name}`, facts.inspection.nodes.get(address), ({ bootId }) => {
        if (bootId === null) return unknown(`${name} does not tell its boot id`);
        return planned === '' || bootId === planned
          ? NO_OBJECTIONS
          : red(`${name} was rebooted since it was planned`);
      }),
    ]),
    `boot ${planned.slice(0, 8)}`,
  );
}

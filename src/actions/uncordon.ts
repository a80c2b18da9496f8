import { missingForNodes, wantsForNodes } from './node-asked.js';
import { nodeOptions } from './options.js';
import { cordonText, planScheduling } from './schedulable.js';
import { uncordonSteps } from './steps/uncordon.js';
import type { Action } from './types.js';

/** Level 1: whoever cordoned a node, the operator names it himself. */
export const uncordon: Action = {
  id: 'uncordon',
  title: 'Uncordon nodes',
  description: 'Lets nodes take pods again, whoever cordoned them, and says who did.',
  key: null,
  level: 1,
  answerNames: ['node'],
  wants: wantsForNodes,
  missing: missingForNodes,
  options: (context) => nodeOptions(context),
  plan: (context) =>
    planScheduling(
      context,
      {
        action: uncordon,
        summary: (names) => `Uncordon ${names}`,
        line: (target, now) => `${target.name} is ${cordonText(now, target)}`,
        undo: 'Cordon the nodes again.',
      },
      (world, target) => uncordonSteps(world, target, { whose: 'anyone' }),
    ),
};

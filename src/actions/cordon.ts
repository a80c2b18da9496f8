import { missingForNodes, wantsForNodes } from './node-asked.js';
import { nodeOptions } from './options.js';
import { cordonText, planScheduling } from './schedulable.js';
import { cordonSteps } from './steps/cordon.js';
import type { Action } from './types.js';

/** Level 1: pods stay where they are, and uncordon takes it back. */
export const cordon: Action = {
  id: 'cordon',
  title: 'Cordon nodes',
  description: 'Keeps new pods off nodes and marks who did it; pods that run there stay.',
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
        action: cordon,
        summary: (names) => `Cordon ${names}`,
        line: (target, now) => `${target.name} is ${cordonText(now, target)}`,
        undo: 'Uncordon the nodes.',
      },
      (world, target) => cordonSteps(world, target),
    ),
};

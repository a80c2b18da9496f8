import { z } from 'zod';
import { formatList } from '../model/format.js';
import { machinesOf } from '../model/machines.js';
import type { Snapshot } from '../model/snapshot.js';
import { ALL } from './all.js';
import { haltedGate, ownGuestGate } from './fix-boot-order/gates.js';
import { configSteps, restartSteps } from './fix-boot-order/steps.js';
import { type BootTarget, bootTargetSchema, findTargets } from './fix-boot-order/target.js';
import { privilegesGate } from './gates/privileges.js';
import { guestGate, pveHostsGate } from './gates/proxmox.js';
import { missingForNodes } from './node-asked.js';
import { wantsFor } from './node-target.js';
import { choiceOption, nodeOptions } from './options.js';
import { PINNED, pin, unpin } from './pinned.js';
import { refusal, usageError } from './refusal.js';
import { gatesForAll } from './steps/node-gates.js';
import { readyStep } from './steps/ready.js';
import type { Gates } from './steps/world.js';
import type {
  Action,
  ActionLevel,
  Answers,
  Plan,
  PlanContext,
  Question,
  Refusal,
} from './types.js';

/** Level 1 as long as nothing is restarted; a guest that is halted in its image is, which makes it 2. */
export const fixBootOrder: Action = {
  id: 'fix-boot-order',
  title: 'Start guests from their disks',
  description:
    'Takes installation images out of the guests of the cluster, puts the system disk first, and restarts a guest that is halted in its image.',
  key: null,
  level: 1,
  answerNames: ['node', 'restart'],
  wants,
  missing: missingForNodes,
  options,
  plan,
};

const schema = z.strictObject({
  isRestarting: z.boolean(),
  targets: z.array(bootTargetSchema).min(1),
});

type Fixing = z.infer<typeof schema>;

/** All guests of the cluster: which ones are concerned is what is looked for. */
function wants(snapshot: Snapshot, _answers: Answers) {
  const targets = machinesOf(snapshot).flatMap(({ isProven, vm, talos, kubernetes, role }) =>
    isProven && vm !== null && talos !== null && kubernetes !== null && role !== 'unknown'
      ? [
          {
            address: talos.address,
            name: kubernetes.name,
            role,
            vm: { pveNode: vm.pveNode, id: vm.id },
          },
        ]
      : [],
  );
  return wantsFor(snapshot, targets);
}

function options(context: PlanContext): readonly Question[] {
  return [
    ...nodeOptions(context, ALL),
    choiceOption('restart', 'A guest that is halted in its image', 'auto', [
      { value: 'auto', label: 'is stopped and started now' },
      { value: 'no', label: 'stays as it is until its next cold start' },
    ]),
  ];
}

function plan(context: PlanContext): Plan | Refusal {
  const { answers, connection } = context;
  if (connection.proxmox === null) {
    return refusal(
      `No Proxmox is configured for ${connection.name}.`,
      'Name the Proxmox API and its token in the settings of the cluster.',
    );
  }
  const pinned = unpin(schema, answers);
  if (pinned !== null) return 'kind' in pinned ? pinned : planFixing(context, pinned, []);
  const { node = ALL, restart = 'auto' } = answers;
  if (restart !== 'auto' && restart !== 'no') {
    return usageError(`${restart} is no answer to restart.`, 'Set restart to auto or no.');
  }
  const found = findTargets(context, node);
  if ('kind' in found) return found;
  if (found.targets.length === 0) {
    return refusal(
      `Nothing to repair: ${formatList(found.notes, found.notes.length)}.`,
      'Look again when a guest has an image attached.',
    );
  }
  return planFixing(
    context,
    { isRestarting: restart === 'auto', targets: [...found.targets] },
    found.notes,
  );
}

const restarts = ({ isRestarting }: Fixing, { isHalted }: BootTarget): boolean =>
  isRestarting && isHalted;

function planFixing(context: PlanContext, fixing: Fixing, notes: readonly string[]): Plan {
  const { targets } = fixing;
  const steps = targets.flatMap((target) => [
    ...configSteps(target),
    ...(restarts(fixing, target)
      ? [...restartSteps(target, restartGates(target)), readyStep(target)]
      : []),
  ]);
  const level: ActionLevel = targets.some((target) => restarts(fixing, target)) ? 2 : 1;
  const names = targets.map(({ name }) => name).join(', ');
  const restarted = targets.filter((target) => restarts(fixing, target)).map(({ name }) => name);
  return {
    kind: 'plan',
    action: fixBootOrder.id,
    answers: { ...context.answers, [PINNED]: pin(schema, fixing) },
    level,
    summary: `Start ${names} from disk${restarted.length === 0 ? '' : `, restart ${restarted.join(', ')} now`}`,
    lines: [...targets.map((target) => targetLine(target, restarts(fixing, target))), ...notes],
    gates: gatesForAll(
      context,
      targets.map((target) =>
        restarts(fixing, target) ? restartGates(target) : configGates(target),
      ),
    ),
    steps,
    expectedMs: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    downtime: restarted.length === 0 ? 'none' : `none: ${restarted.join(', ')} does not run now`,
    ifConsoleDies: 'The run goes on by itself and pauses before it stops a guest.',
    undo: 'Attach the image again and set the former boot order in Proxmox.',
    confirmName: null,
  };
}

const CONFIG_PRIVILEGES = ['VM.Config.CDROM', 'VM.Config.Disk'];

const configGates =
  (target: BootTarget, privileges: readonly string[] = CONFIG_PRIVILEGES): Gates =>
  (context) => [
    ownGuestGate(context, target),
    pveHostsGate(context, [target]),
    guestGate(context, target),
    privilegesGate(context, target, { guest: privileges, storage: null }),
  ];

const restartGates =
  (target: BootTarget): Gates =>
  (context) => [
    ...configGates(target, [...CONFIG_PRIVILEGES, 'VM.PowerMgmt'])(context),
    haltedGate(context, target),
  ];

function targetLine(
  { name, vm, orderText, media, disk, isHalted }: BootTarget,
  isRestarted: boolean,
): string {
  const state = isRestarted
    ? 'it is halted in the image and is stopped and started'
    : isHalted
      ? 'it is halted in the image and stays so until it is stopped and started'
      : 'it runs and is not restarted: a new order counts from its next cold start on';
  return `VM ${vm.id} ${name}: boot order ${orderText}, image in ${media.join(', ')} → ${disk} first, no image; ${state}`;
}

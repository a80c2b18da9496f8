import { ALL } from '../all.js';
import type { NodeTarget } from '../node-target.js';
import { isControlPlane } from '../node-work.js';
import { choiceOption, nodeOptions, optionTargets, textOption, workOptions } from '../options.js';
import type { PlanContext, Question } from '../types.js';

/** Everything that an upgrade can be told, in the order in which one thinks of it. */
export function upgradeOptions(context: PlanContext, version: Question): readonly Question[] {
  const targets = optionTargets(context, ALL);
  return [
    versionOption(context, version),
    ...nodeOptions(context, ALL),
    ...workOptions(context, targets, true),
    textOption('timeout', 'Longest time to drain one node, such as 90s or 10m; empty: 5m'),
    canaryOption(targets),
    textOption('order', 'Nodes in another order, joined by commas; empty: by rule'),
    textOption(
      'schematic',
      'Schematic for all, or node=schematic joined by commas; empty: its own',
    ),
    choiceOption('extensions', 'An extension that the new image would lack', 'keep', [
      { value: 'keep', label: 'is kept: an image without it is refused' },
      { value: 'drop', label: 'may go' },
    ]),
    choiceOption(
      'flavour',
      'A node whose image is of another flavour than configured',
      'configured',
      [
        { value: 'configured', label: 'is refused until they agree' },
        { value: 'running', label: 'stays with the flavour that runs' },
      ],
    ),
    choiceOption('path', 'How the image is installed', 'auto', [
      { value: 'auto', label: 'in parts one can stop between, where Talos can' },
      { value: 'legacy', label: 'by the node in one go' },
    ]),
    choiceOption('armed', 'A node with another installation waiting for its reboot', 'refuse', [
      { value: 'refuse', label: 'is refused' },
      { value: 'ignore', label: 'is upgraded all the same' },
    ]),
  ];
}

/** A version that was typed elsewhere and is on no list stays in view. */
const versionOption = ({ answers }: PlanContext, question: Question): Question => {
  const { version } = answers;
  return version === undefined || question.choices.some(({ value }) => value === version)
    ? question
    : { ...question, choices: [{ value: version, label: version }, ...question.choices] };
};

const canaryOption = (targets: readonly NodeTarget[]): Question =>
  choiceOption('canary', 'The first node, before all others', '', [
    { value: '', label: 'by rule' },
    ...targets
      .filter((target) => !isControlPlane(target))
      .map(({ name }) => ({ value: name, label: name })),
  ]);

import { askForNodes } from './node-asked.js';
import { type NodeTarget, resolveTargets } from './node-target.js';
import { isControlPlane, usualDrain, usualSnapshot } from './node-work.js';
import type { PlanContext, Question } from './types.js';

type Choices = Question['choices'];

/** One of `choices`, which have to hold what is suggested. */
export const choiceOption = (
  name: string,
  label: string,
  suggestion: string,
  choices: Choices,
): Question => ({ name, label, kind: 'choice', choices, suggestion, problem: null });

/** Nothing where nothing is said. */
export const textOption = (name: string, label: string, suggestion = ''): Question => ({
  name,
  label,
  kind: 'text',
  choices: [],
  suggestion,
  problem: null,
});

/** Which nodes; `usual` is what holds when none is named. */
export const nodeOptions = (context: PlanContext, usual = ''): readonly Question[] =>
  askForNodes(context, '').questions.map((question) => ({ ...question, suggestion: usual }));

/** Of answers as they are; none while they cannot be told. */
export function optionTargets(context: PlanContext, usual = ''): readonly NodeTarget[] {
  const targets = resolveTargets(context, context.answers.node ?? usual);
  return 'kind' in targets ? [] : targets;
}

/** How pods leave, and whether etcd is saved first: what every action asks that takes nodes down. */
export const workOptions = (
  context: PlanContext,
  targets: readonly NodeTarget[],
  isAlwaysSaved = false,
): readonly Question[] => [
  choiceOption('drain', 'How pods leave', usualDrain(context, targets), [
    ...EVICTIONS,
    { value: 'skip', label: 'no drain: they end with the node' },
  ]),
  choiceOption(
    'snapshot',
    'An etcd snapshot first',
    usualSnapshot(isAlwaysSaved || targets.some(isControlPlane)),
    [
      { value: 'yes', label: 'yes, taken and verified before anything else' },
      { value: 'no', label: 'no' },
    ],
  ),
];

export const EVICTIONS: Choices = [
  { value: 'evict', label: 'evict, with regard to disruption budgets' },
  { value: 'disable-eviction', label: 'delete, in spite of disruption budgets' },
];

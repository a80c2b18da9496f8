import { unreachable } from '../model/unreachable.js';
import type { JournalLine, RunRequest } from './types.js';

/** What of a step is needed to say what its target is left in. */
export interface NamedStep {
  readonly id: string;
  readonly title: string;
  readonly target: string | null;
  readonly group?: string | null | undefined;
  readonly stateWhenStopped?: string | undefined;
}

/** How far a step got: `begun` may have changed something, `proven` has. */
export type Reach = 'untouched' | 'begun' | 'proven';

export interface Ending {
  readonly steps: readonly NamedStep[];
  readonly reachOf: (step: string) => Reach;
  /** What is known now about cordons: null when the node or its state is not known. */
  readonly isCordoned: (node: string) => boolean | null;
}

/** States that pass by themselves: once the step is proven they are over. */
const PASSING = 'rebooting';
/** Over with the boot that it waits for. */
const ARMED = 'armed';
const CORDONED = 'cordoned';

/** What a stopped run leaves its nodes in, and how to go on from there; empty when there is nothing special. */
export function leftStates(ending: Ending): readonly string[] {
  return groupsOf(ending.steps).flatMap((steps) => {
    const touched = steps.filter(({ id }) => ending.reachOf(id) !== 'untouched');
    if (touched.length === 0) return [];
    const states = statesOf(touched, ending);
    if (steps.every(({ id }) => ending.reachOf(id) === 'proven')) states.clear();
    const target = touched.findLast((step) => step.target !== null)?.target ?? null;
    if (target === null) return sentencesOf([...states], 'The target');
    const cordoned = ending.isCordoned(target);
    if (cordoned === false) states.delete(CORDONED);
    return sentencesOf([...states], target);
  });
}

/** Steps of one node together; a step of its own is a group of its own. */
function groupsOf(steps: readonly NamedStep[]): readonly (readonly NamedStep[])[] {
  const groups = new Map<string, NamedStep[]>();
  for (const step of steps) {
    const key = step.group ? `group ${step.group}` : `step ${step.id}`;
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  return [...groups.values()];
}

function statesOf(touched: readonly NamedStep[], { reachOf }: Ending): Set<string> {
  const states = new Set<string>();
  for (const { id, stateWhenStopped } of touched) {
    if (!stateWhenStopped) continue;
    const isProven = reachOf(id) === 'proven';
    if (stateWhenStopped === PASSING && isProven) states.delete(ARMED);
    else states.add(stateWhenStopped);
  }
  return states;
}

const sentencesOf = (states: readonly string[], target: string): readonly string[] =>
  states.map((state) => `${target} is ${state}${EXPLANATIONS[state]?.(target) ?? ''}.`);

const EXPLANATIONS: Readonly<Record<string, (target: string) => string>> = {
  [CORDONED]: (node) =>
    ` and takes no new pods: resume the run to finish it, or \`kubectl uncordon ${node}\``,
  [ARMED]: () => ': the next boot, whoever causes it, starts the new version',
  [PASSING]: () => ' and comes back by itself: resume the run to prove it',
};

/** What stands in plan.json and journal, for a run that did not come to its plan or whose process is dead. */
export function recordedState(
  { steps }: RunRequest,
  journal: readonly JournalLine[],
): { readonly hasBegun: boolean; readonly text: string } {
  const reachOf = reachFromJournal(journal);
  const unproven = steps.filter(({ id }) => reachOf(id) === 'begun');
  return {
    hasBegun: steps.some(({ id }) => reachOf(id) !== 'untouched'),
    text: [
      ...unproven.map(({ title }) => `"${title}" was begun and is not proven.`),
      ...leftStates({ steps, reachOf, isCordoned: () => null }),
    ].join(' '),
  };
}

export function reachFromJournal(journal: readonly JournalLine[]): (step: string) => Reach {
  const reach = new Map<string, Reach>();
  for (const line of journal) {
    switch (line.type) {
      case 'intent':
        reach.set(line.step, 'begun');
        break;
      case 'done':
      case 'already-done':
        reach.set(line.step, 'proven');
        break;
      case 'started':
      case 'gate':
      case 'step':
      case 'pid':
      case 'upid':
      case 'exit':
      case 'observed':
      case 'note':
      case 'failed':
      case 'paused':
      case 'cancelled':
      case 'succeeded':
        break;
      default:
        unreachable(line);
    }
  }
  return (step) => reach.get(step) ?? 'untouched';
}

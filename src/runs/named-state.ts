import { MARK_KEY } from '../model/cordon-mark.js';
import {
  ARMED,
  CORDONED,
  FREED,
  GROWN,
  MARKED,
  markOf,
  markText,
  REBOOTING,
  unproven,
  waitsForBoot,
} from '../model/left-state.js';
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
  /** Which run marked a node as its own, seen now: null for none, undefined when it is not known. */
  readonly markOn: (node: string) => string | null | undefined;
}

/** What a stopped run leaves its nodes in, and how to go on from there; empty when there is nothing special. */
export function leftStates(ending: Ending): readonly string[] {
  return groupsOf(ending.steps).flatMap((steps) => {
    const touched = steps.filter(({ id }) => ending.reachOf(id) !== 'untouched');
    const isFinished = steps.every(({ id }) => ending.reachOf(id) === 'proven');
    if (touched.length === 0 || (isFinished && !staysCordoned(steps))) return [];
    const target = touched.findLast((step) => step.target !== null)?.target ?? null;
    const states = statesOf(touched, ending, target);
    return states.length === 0 ? [] : [sentence(target ?? 'Its target', states)];
  });
}

/** Some actions leave their nodes cordoned when they are done, which the others of the run do not excuse. */
const staysCordoned = (steps: readonly NamedStep[]): boolean =>
  steps.some(({ stateWhenStopped = '' }) => CORDONED.test(stateWhenStopped)) &&
  !steps.some(({ stateWhenStopped = '' }) => FREED.test(stateWhenStopped));

/** Steps of one node together; a step of its own is a group of its own. */
function groupsOf(steps: readonly NamedStep[]): readonly (readonly NamedStep[])[] {
  const groups = new Map<string, NamedStep[]>();
  for (const step of steps) {
    const key = step.group ? `group ${step.group}` : `step ${step.id}`;
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  return [...groups.values()];
}

/**
 * What the last unproven step says of itself, and what the steps before it left: a cordon as it is seen now, an
 * upgrade that waits for the next boot, which nothing shows.
 */
function statesOf(
  touched: readonly NamedStep[],
  { reachOf, isCordoned: isCordonedOn, markOn }: Ending,
  target: string | null,
): readonly string[] {
  const own = touched.findLast(({ id }) => reachOf(id) === 'begun')?.stateWhenStopped ?? '';
  const steps = touched.map((step) => ({ ...step, isProven: reachOf(step.id) === 'proven' }));
  const isCordonedNow = target === null ? null : isCordonedOn(target);
  const isCordoned =
    isCordonedNow ?? touched.some(({ stateWhenStopped = '' }) => CORDONED.test(stateWhenStopped));
  const mark = MARKED.test(own) || target === null ? '' : markText(markOf(steps), markOn(target));
  return [
    CORDONED.test(own) && !isCordoned ? '' : isCordonedNow === null ? unproven(own) : own,
    ...waitsForBoot(steps, own),
    isCordoned && !CORDONED.test(own) ? 'cordoned' : '',
    mark === '' || isCordoned ? mark : `${mark}, not cordoned`,
  ].filter((state) => state !== '');
}

function sentence(target: string, states: readonly string[]): string {
  const text = states.join(', ');
  const isRebooting = REBOOTING.test(text);
  const explanations = [
    isRebooting ? 'It comes back by itself: resume the run to prove it.' : '',
    ARMED.test(text) ? 'The next boot, whoever causes it, starts the new version.' : '',
    GROWN.test(text) && !isRebooting
      ? 'The next boot, whoever causes it, grows EPHEMERAL; the disk cannot be made smaller again.'
      : '',
    ARMED.test(text) && !isRebooting
      ? `Resume the run to go on, or take it back with \`talos-tui run disarm-node --set node=${target}\`.`
      : '',
    takeBackText(text, target),
  ];
  return [`${target}: ${text}.`, ...explanations.filter((each) => each !== '')].join(' ');
}

/** kubectl would free the node and leave our annotation on it. */
function takeBackText(text: string, target: string): string {
  const uncordon = `\`talos-tui run uncordon --set node=${target}\``;
  if (!CORDONED.test(text)) {
    return MARKED.test(text)
      ? `The annotation ${MARK_KEY} is still on it: resume the run to finish it, or take it off with ${uncordon}.`
      : '';
  }
  const effect = text.includes('perhaps cordoned')
    ? 'It may take no new pods'
    : 'It takes no new pods';
  return MARKED.test(text)
    ? `${effect}: resume the run to finish it, or ${uncordon}, which takes its mark off as well.`
    : `${effect}: resume the run to finish it, or \`kubectl uncordon ${target}\`.`;
}

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
      ...leftStates({ steps, reachOf, isCordoned: () => null, markOn: () => undefined }),
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
      case 'override':
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

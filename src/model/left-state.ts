/** How steps say what a node is left in that stops within them. */
export const REBOOTING = /\brebooting\b/;
export const CORDONED = /(?<!\bnot )\bcordoned\b/;
export const MARKED = /\bmarked\b/;
/** Said by the steps that come after uncordoning. */
export const FREED = /\bschedulable\b|^done\b/;
const UNMARKING = /\bstill marked\b/;
/** As the step says that writes it. */
const MARK = /\bmarked (\d{8}T\d{6}Z-[a-z-]*[a-z])/;

/** What the next boot brings about, whoever causes it. */
export const ARMED = /\barmed\b/;
export const GROWN = /\bdisk (?:perhaps )?grown\b/;
const WAITING_FOR_BOOT = [
  { word: 'armed', pattern: ARMED },
  { word: 'disk grown, EPHEMERAL as before', pattern: GROWN },
] as const;

/** A step of one node that has at least begun. */
export interface TouchedStep {
  readonly stateWhenStopped?: string | undefined;
  readonly isProven: boolean;
}

const stateOf = ({ stateWhenStopped }: TouchedStep): string => stateWhenStopped ?? '';

/** A boot that is proven ends all of them. @param told What is said anyhow. */
export const waitsForBoot = (steps: readonly TouchedStep[], told: string): readonly string[] =>
  WAITING_FOR_BOOT.filter(
    ({ pattern }) =>
      !pattern.test(told) &&
      steps.reduce(
        (waits, step) =>
          pattern.test(stateOf(step)) ||
          (waits && !(REBOOTING.test(stateOf(step)) && step.isProven)),
        false,
      ),
  ).map(({ word }) => word);

/** A step that was begun may have cordoned its node, or freed it again: only the node itself tells. */
export const unproven = (own: string): string => (own === 'cordoned' ? 'perhaps cordoned' : own);

/** The mark that a run writes on its node, until it is proven to have taken it off; null: none. */
export function markOf(steps: readonly TouchedStep[]): string | null {
  if (steps.some((step) => UNMARKING.test(stateOf(step)) && step.isProven)) return null;
  const [mark] = steps.flatMap((step) => MARK.exec(stateOf(step))?.[1] ?? []);
  return mark ?? null;
}

/** @param seen The mark on the node now: null for none, undefined when it is not known. */
export function markText(mark: string | null, seen: string | null | undefined): string {
  if (mark === null) return '';
  if (seen === undefined) return `perhaps marked ${mark}`;
  return seen === mark ? `marked ${mark}` : '';
}

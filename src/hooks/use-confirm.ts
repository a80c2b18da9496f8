import { useState } from 'react';
import type { Gate, Plan } from '../actions/types.js';
import { sentences } from '../model/sentence.js';
import type { KeyPress } from './key-press.js';
import { useUi } from './ui.js';
import { useWiring } from './wiring.js';

/** Keys that come this soon after opening were meant for the screen below (DESIGN §5). */
export const DEAF_MS = 300;

export interface Consent {
  /** Red or unknown gates that nobody may override. */
  readonly blocking: readonly Gate[];
  /** Red or unknown gates that were not overridden yet, and may be by a key. */
  readonly open: readonly Gate[];
  /** Red or unknown gates that typing the name overrides. */
  readonly typed: readonly Gate[];
  /** What must be typed; null when `y` is enough. */
  readonly name: string | null;
  /** Ids of every gate that is overridden by what has been consented to so far. */
  readonly overrides: readonly string[];
}

/** What stands between the operator and the run. Unknown counts as red. */
export function consentFor(
  { level, gates, confirmName }: Plan,
  accepted: ReadonlySet<string>,
  clusterName: string,
): Consent {
  const bad = gates.filter(({ state }) => state !== 'green');
  const typed = bad.filter(({ override }) => override === 'type');
  const byKey = bad.filter(({ override }) => override === 'confirm');
  const mustType = level >= 3 || confirmName !== null || typed.length > 0;
  return {
    blocking: bad.filter(({ override }) => override === 'no'),
    open: byKey.filter(({ id }) => !accepted.has(id)),
    typed,
    name: mustType ? (confirmName ?? clusterName) : null,
    overrides: [...typed, ...byKey.filter(({ id }) => accepted.has(id))].map(({ id }) => id),
  };
}

export interface Confirmation {
  readonly consent: Consent;
  readonly typed: string;
  readonly isStarting: boolean;
  /** Why `y` starts nothing now; null when it does. */
  readonly problem: string | null;
  readonly overrideNext: (press: KeyPress) => void;
  readonly type: (press: KeyPress) => void;
  readonly erase: () => void;
  readonly yes: (press: KeyPress) => void;
}

export interface ConfirmOptions {
  readonly plan: Plan;
  /** When the plan was shown whole. */
  readonly shownAtMs: number;
  /** Why it cannot be confirmed yet, besides its gates: `still reading`; null when it can. */
  readonly notYet: string | null;
  readonly start: (plan: Plan, overrides: readonly string[]) => Promise<void>;
}

/** The consent of one plan, from showing it to the started run. */
export function useConfirmation({ plan, shownAtMs, notYet, start }: ConfirmOptions): Confirmation {
  const wiring = useWiring();
  const ui = useUi();
  const [accepted, setAccepted] = useState<ReadonlySet<string>>(new Set());
  const [entry, setEntry] = useState({ text: '', basis: '' });
  const [isStarting, setIsStarting] = useState(false);
  const consent = consentFor(plan, accepted, wiring.snapshots.get().cluster.name);
  // What was typed consents to the gates that were red then, not to one that turns red afterwards.
  const basis = consent.typed.map(({ id }) => id).join(' ');
  const typed = entry.basis === basis ? entry.text : '';
  const setTyped = (text: string): void => setEntry({ text, basis });
  const isEarly = () => isStarting || wiring.nowMs() - shownAtMs < DEAF_MS;

  const problem = notYet ?? refusalOf(consent, typed);
  const yes = (press: KeyPress): void => {
    if (isEarly() || press.burst > 1) return;
    if (problem !== null) {
      ui.say('warn', problem);
      return;
    }
    setIsStarting(true);
    void start(plan, consent.overrides);
  };
  const type = (press: KeyPress): void => {
    if (isEarly()) return;
    if (isPasteLike(press)) ui.say('warn', 'Type the name by hand: pasted text is ignored.');
    else if (typed === consent.name && press.name === 'y') yes(press);
    else setTyped(typed + (press.text ?? ''));
  };
  const overrideNext = (press: KeyPress): void => {
    const gate = consent.open[0];
    if (gate === undefined || isEarly() || press.burst > 1) return;
    setAccepted(new Set([...accepted, gate.id]));
  };
  const erase = (): void => setTyped(typed.slice(0, -1));

  return { consent, typed, isStarting, problem, overrideNext, type, erase, yes };
}

/** Over a slow line two or three keys may share a read; nobody types more that fast. */
const isPasteLike = (press: KeyPress): boolean => press.burst > 3;

function refusalOf({ blocking, open, name }: Consent, typed: string): string | null {
  const [blocked] = blocking;
  if (blocked !== undefined) return sentences(`${blocked.title}: ${blocked.text}`, blocked.remedy);
  const [unaccepted] = open;
  if (unaccepted !== undefined) {
    return `"${unaccepted.title}" is not green: press o to go on all the same.`;
  }
  if (name !== null && typed !== name) return `Type ${name} first.`;
  return null;
}

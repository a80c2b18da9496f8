import type { ProgramFact } from '../../model/action-facts.js';
import { refusal } from '../refusal.js';
import type { Gate, Refusal } from '../types.js';

/** Without the program there is nothing to plan; not knowing yet is the gate's matter. */
export const refuseWithoutProgram = (fact: ProgramFact): Refusal | null =>
  fact.state === 'unusable' ? refusal(fact.problem, fact.hint, 'G-BIN') : null;

/** What the program's version has to fit, where it matters. */
export interface Skew {
  /** Version of the other side, null when unknown. */
  readonly cluster: string | null;
  readonly maxMinors: number;
}

/** G-BIN */
export function programGate(name: string, fact: ProgramFact, skew: Skew | null): Gate {
  const gate = {
    id: 'G-BIN',
    title: `${name} fits the cluster`,
    remedy: `Install a ${name} near the version of the cluster, or set its path in the settings.`,
    override: 'confirm',
  } as const;
  if (fact.state !== 'usable') {
    return { ...gate, state: 'unknown', text: `${name} has not been asked for its version yet` };
  }
  if (skew === null) return { ...gate, state: 'green', text: `${name} ${fact.version}` };
  const own = minorOf(fact.version);
  const theirs = skew.cluster === null ? null : minorOf(skew.cluster);
  if (own === null || theirs === null) {
    return { ...gate, state: 'unknown', text: 'the version of the other side is not known' };
  }
  return Math.abs(own - theirs) <= skew.maxMinors
    ? { ...gate, state: 'green', text: `${name} ${fact.version} for ${skew.cluster}` }
    : {
        ...gate,
        state: 'red',
        text: `${name} ${fact.version} is more than ${skew.maxMinors} minor version away from ${skew.cluster}`,
      };
}

/** Major 1 only, as all of Talos and Kubernetes so far. */
function minorOf(version: string): number | null {
  const found = /^v?1\.(\d+)/.exec(version);
  return found === null ? null : Number(found[1]);
}

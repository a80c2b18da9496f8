import { join } from 'node:path';
import type { ContractLab } from './lab.js';

/** Small charts, made for this. */
const CHARTS = join(import.meta.dirname, 'charts');

/** One program on one lab, with a private directory of its own. */
export interface Seat {
  readonly binary: string;
  readonly lab: ContractLab;
  /** `{out}` */
  readonly out: string;
}

/** Replaces `{word}`. @throws Error for a fact that the lab does not have. */
export function filled(text: string, { lab, out }: Seat): string {
  return text.replace(/\{([a-z]+[0-9]*(?:\.name)?)\}/g, (_, name: string) => {
    const fact = name === 'out' ? out : name === 'charts' ? CHARTS : lab.facts.get(name);
    if (fact === undefined) throw new Error(`The lab has no {${name}}.`);
    return fact;
  });
}

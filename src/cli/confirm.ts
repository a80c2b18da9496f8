import { createInterface } from 'node:readline/promises';
import type { Plan } from '../actions/types.js';
import { ClientError } from '../model/errors.js';
import type { ActingFlags } from './acting-flags.js';
import type { Invocation } from './invocation.js';
import { planText } from './plan-report.js';
import { UsageError } from './usage-error.js';

interface Asking {
  /** What must be typed; null when a yes is enough. */
  readonly name: string | null;
  readonly invocation: Invocation;
}

/** @throws as `isConsented` */
export async function isConfirmed(plan: Plan, flags: Consenting, asking: Asking): Promise<boolean> {
  if (plan.level === 0 && !flags.yes) return true;
  const why = plan.level >= 3 ? `is level ${plan.level}` : 'overrides a gate';
  const subject: Subject = {
    lines: planText(plan),
    what: `${plan.action} ${why}`,
    change: `${plan.action} changes the cluster`,
    look: 'Look at it with --dry-run, then add',
  };
  return isConsented(subject, flags, asking);
}

export type Consenting = Pick<ActingFlags, 'yes' | 'confirmName'>;

/** What is consented to, in words. */
export interface Subject {
  /** Shown before it is asked. */
  readonly lines: readonly string[];
  /** `reboot-node is level 3` */
  readonly what: string;
  /** `reboot-node changes the cluster` */
  readonly change: string;
  /** `Look at it first, then add` */
  readonly look: string;
}

/**
 * The confirmation ladder of DESIGN §5. @returns false when the operator says no.
 * @throws UsageError when nobody can be asked, ClientError kind `refused` for the wrong name
 */
export async function isConsented(
  { lines, what, change, look }: Subject,
  { yes, confirmName }: Consenting,
  { name, invocation }: Asking,
): Promise<boolean> {
  if (confirmName !== null && name !== null && confirmName !== name) throw wrongName(confirmName);
  if (yes) {
    if (name === null || confirmName !== null) return true;
    throw new UsageError(
      `${what}: --yes alone does not confirm it.`,
      `Add --confirm-name ${name}.`,
    );
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY || invocation.isJson) {
    throw new UsageError(
      `${change} and nobody can be asked here.`,
      name === null ? `${look} --yes.` : `${look} --yes --confirm-name ${name}.`,
    );
  }
  for (const line of lines) invocation.output.line(line);
  const answer = await ask(name === null ? 'Do it? [y/N] ' : `Type ${name} to do it: `);
  if (answer === null || answer === '') return false;
  if (name === null) return /^y(es)?$/i.test(answer);
  if (answer !== name) throw wrongName(answer);
  return true;
}

const wrongName = (typed: string): ClientError =>
  new ClientError(
    'refused',
    `${typed} is not the name of what is changed.`,
    'Look at the plan once more: it names the cluster that it is for.',
  );

/** Null when the operator ends the input or interrupts. */
async function ask(question: string): Promise<string | null> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await Promise.race([
      prompt.question(question),
      new Promise<null>((resolve) => {
        prompt.once('SIGINT', () => resolve(null));
        prompt.once('close', () => resolve(null));
      }),
    ]).then((answer) => answer?.trim() ?? null);
  } finally {
    prompt.close();
  }
}

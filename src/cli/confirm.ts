import { createInterface } from 'node:readline/promises';
import type { Plan } from '../actions/types.js';
import { ClientError } from '../model/errors.js';
import type { ActingFlags } from './acting-flags.js';
import type { Invocation } from './invocation.js';
import { planText } from './plan-report.js';
import { UsageError } from './usage-error.js';

/**
 * The confirmation ladder of DESIGN §5. @returns false when the operator says no.
 * @throws UsageError when nobody can be asked, ClientError kind `refused` for the wrong name
 */
export async function isConfirmed(
  plan: Plan,
  { yes, confirmName }: ActingFlags,
  { name, invocation }: { readonly name: string | null; readonly invocation: Invocation },
): Promise<boolean> {
  if (confirmName !== null && name !== null && confirmName !== name) throw wrongName(confirmName);
  if (yes) {
    if (name === null || confirmName !== null) return true;
    throw new UsageError(
      `${plan.action} ${plan.level >= 3 ? `is level ${plan.level}` : 'overrides a gate'}: --yes alone does not confirm it.`,
      `Add --confirm-name ${name}.`,
    );
  }
  if (plan.level === 0) return true;
  if (!process.stdin.isTTY || !process.stdout.isTTY || invocation.isJson) {
    throw new UsageError(
      `${plan.action} changes the cluster and nobody can be asked here.`,
      name === null
        ? 'Look at it with --dry-run, then add --yes.'
        : `Look at it with --dry-run, then add --yes --confirm-name ${name}.`,
    );
  }
  for (const line of planText(plan)) invocation.output.line(line);
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

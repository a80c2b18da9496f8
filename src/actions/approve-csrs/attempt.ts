import type { KubernetesConnection } from '../../model/connection.js';
import type { CsrAssessment } from '../../model/csr-rules.js';
import { ClientError, CommandFailed, OperatorError } from '../../model/errors.js';
import type { StepContext } from '../types.js';
import { approveArgv, approvedBody, type RawObject } from './approval.js';
import { record } from './audit.js';
import { assessNow, currentCsr, type ShownCsr, sameObject } from './current.js';

export interface Ways {
  readonly kubectl: string;
  readonly kubernetes: KubernetesConnection;
}

const COMMAND_TIMEOUT_MS = 20_000;
const ATTEMPTS = 4;

/** How long the API and the readings may be away before that counts as a no (operations C2). */
const AWAY_MS = 90_000;
const AWAY_POLL_MS = 1_000;

/** Checks and approves until one of both is final. */
export async function approve(shown: ShownCsr, ways: Ways, context: StepContext): Promise<void> {
  let changes = 0;
  for (let awayMs = 0; ; ) {
    const result = await attempt(shown, ways, context, awayMs < AWAY_MS);
    if (result === 'done') return;
    if (result === 'changed') {
      changes += 1;
      if (changes === ATTEMPTS) throw changedTooOften(shown.name);
      context.note(`${shown.name} has changed; it is checked again.`);
    } else {
      awayMs += AWAY_POLL_MS;
      await context.clock.sleep(AWAY_POLL_MS, context.signal);
    }
  }
}

/** One check and one PUT. @throws when the answer is no, or nobody answers and there is no time left */
async function attempt(
  shown: ShownCsr,
  ways: Ways,
  context: StepContext,
  hasTime: boolean,
): Promise<'done' | 'changed' | 'away'> {
  const checked = await unlessAway(() => check(shown, context), hasTime, context);
  if (checked === 'away' || checked === 'changed' || checked === 'done') return checked;
  const { assessment, raw } = checked;
  if (assessment.verdict === 'approvable') {
    return (await put(assessment, raw, ways, context)) ? 'done' : 'changed';
  }
  if (hasTime && !assessment.rules.some(({ state }) => state === 'fail')) {
    context.report(`waits to be able to check: ${assessment.reasons.join('; ')}`);
    return 'away';
  }
  return await refuse(assessment, raw, context);
}

interface Checked {
  readonly assessment: CsrAssessment;
  readonly raw: RawObject;
}

async function check(shown: ShownCsr, context: StepContext): Promise<Checked | 'done' | 'changed'> {
  const csr = await currentCsr(shown, context);
  if (csr.state !== 'pending') {
    context.note(`${csr.name} is already ${csr.state}.`);
    return 'done';
  }
  const raw = await sameObject(csr, context);
  return raw === null ? 'changed' : { assessment: assessNow(csr, context), raw };
}

async function unlessAway<T>(
  ask: () => Promise<T>,
  hasTime: boolean,
  { report }: StepContext,
): Promise<T | 'away'> {
  try {
    return await ask();
  } catch (error) {
    const isAway =
      error instanceof OperatorError && (error.kind === 'unreachable' || error.kind === 'timeout');
    if (!isAway || !hasTime) throw error;
    report(error.message);
    return 'away';
  }
}

const changedTooOften = (name: string): ClientError =>
  new ClientError(
    'conflict',
    `${name} changed every time between check and approval.`,
    'See what else works on certificate requests in the cluster.',
  );

async function refuse(
  assessment: CsrAssessment,
  raw: RawObject,
  context: StepContext,
): Promise<never> {
  await record(assessment, raw, 'held', context);
  throw new ClientError(
    'rejected',
    `${assessment.csr.name} is not approved any more: ${assessment.reasons.join('; ')}.`,
    'Look at the request and at the node before you decide.',
  );
}

/** @returns false when the API server saw another version than the one that was checked. */
async function put(
  assessment: CsrAssessment,
  raw: RawObject,
  { kubectl, kubernetes }: Ways,
  context: StepContext,
): Promise<boolean> {
  const { csr, node } = assessment;
  // Before the effect: a process that dies in between leaves the decision on record.
  await record(assessment, raw, 'approving', context);
  try {
    await context.shell.run(approveArgv(kubectl, kubernetes, csr.name), {
      effect: 'change',
      timeoutMs: COMMAND_TIMEOUT_MS,
      signal: context.signal,
      stdin: approvedBody(raw, context.operator, context.clock.now()),
      target: node ?? csr.name,
    });
  } catch (error) {
    // kubectl tells a 409 by its text only (kubernetes.md §1).
    if (error instanceof CommandFailed && error.stderr.includes('(Conflict)')) return false;
    if (error instanceof OperatorError) {
      await record(assessment, raw, `approval failed: ${error.message}`, context);
    }
    throw error;
  }
  await record(assessment, raw, 'approved', context);
  return true;
}

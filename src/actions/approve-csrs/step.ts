import type { KubeClient } from '../../clients/types.js';
import type { KubernetesConnection } from '../../model/connection.js';
import { assessCsr, type CsrAssessment, csrContext } from '../../model/csr-rules.js';
import { ClientError, CommandFailed, OperatorError } from '../../model/errors.js';
import { differencesFromRequest } from '../../model/issued-certificate.js';
import type { Csr } from '../../model/kubernetes.js';
import { readCertificateRequest } from '../../model/pkcs10.js';
import { mapReading } from '../../model/reading.js';
import type { Sight, Step, StepContext } from '../types.js';
import {
  approveArgv,
  approvedBody,
  asObject,
  credentialIdOf,
  csrPath,
  healthzArgv,
  identityOf,
  type RawObject,
} from './approval.js';

/** What the operator saw of one request. */
export interface ShownCsr {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
}

export interface Ways {
  readonly kubectl: string;
  readonly kubernetes: KubernetesConnection;
}

const ISSUE_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 20_000;
const ATTEMPTS = 4;

export function approveStep(shown: ShownCsr, ways: Ways): Step {
  const { name, uid, node } = shown;
  return {
    // The uid makes the fingerprint differ for another request of the same name.
    id: `approve-${name.replaceAll(/[^a-z0-9.-]/g, '-')}-${uid.slice(0, 8)}`,
    title: `Approve ${name} of ${node}`,
    target: node,
    command: { kind: 'argv', argv: approveArgv(ways.kubectl, ways.kubernetes, name) },
    isDisruptive: false,
    proof: 'A certificate with the same subject, names and key',
    expectedMs: 2_000,
    proveTimeoutMs: ISSUE_TIMEOUT_MS,
    look: async (context) => sightOf(await currentCsr(shown, context)),
    run: (context) => approve(shown, ways, context),
    prove: (context) => prove(shown, ways, context),
  };
}

function kubeOf({ kube }: StepContext): KubeClient {
  if (kube !== null) return kube;
  throw new ClientError(
    'configuration',
    'There is no connection to Kubernetes.',
    'Set KUBECONFIG or name the file in the settings of the cluster.',
  );
}

/** @throws ClientError kind `conflict` when another request took the name */
async function currentCsr({ name, uid }: ShownCsr, context: StepContext): Promise<Csr> {
  const csr = await kubeOf(context).csr(name, context.signal);
  if (csr.uid === uid) return csr;
  throw new ClientError(
    'conflict',
    `${name} is another request than the one that was confirmed.`,
    'Look at the requests again and choose anew.',
  );
}

function sightOf(csr: Csr): Sight {
  if (csr.state === 'denied' || csr.state === 'failed') {
    throw new ClientError(
      'rejected',
      `${csr.name} is ${csr.state}.`,
      'Delete it: the kubelet makes a new one after a while.',
    );
  }
  if (csr.certificatePem === null) {
    return { done: false, lastSeen: `${csr.name} is ${csr.state}` };
  }
  const reading = readCertificateRequest(csr.requestPem);
  const differences = reading.ok
    ? differencesFromRequest(csr.certificatePem, reading.request)
    : [reading.problem];
  if (differences.length === 0) return { done: true, evidence: 'issued as requested' };
  throw new ClientError(
    'untrusted',
    `The certificate of ${csr.name} is not what was requested: ${differences.join('; ')}.`,
    'Find out who signs for the cluster before you approve anything else.',
  );
}

async function approve(shown: ShownCsr, ways: Ways, context: StepContext): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const csr = await currentCsr(shown, context);
    if (csr.state !== 'pending') {
      context.report(`${csr.name} is already ${csr.state}`);
      return;
    }
    const raw = await sameObject(csr, context);
    const assessment = assessNow(csr, context);
    const isApprovable = raw !== null && assessment.verdict === 'approvable';
    if (raw !== null && !isApprovable) await refuse(assessment, raw, context);
    if (isApprovable && (await put(assessment, raw, ways, context))) return;
    if (attempt === ATTEMPTS) throw changedTooOften(csr.name);
    context.report(`${csr.name} has changed; checking it again`);
  }
}

const changedTooOften = (name: string): ClientError =>
  new ClientError(
    'conflict',
    `${name} changed every time between check and approval.`,
    'See what else works on certificate requests in the cluster.',
  );

/** The raw object of exactly the version that was read; null when it has changed in between. */
async function sameObject(csr: Csr, context: StepContext): Promise<RawObject | null> {
  const raw = asObject(await kubeOf(context).raw(csrPath(csr.name), context.signal), 'content');
  const { uid, resourceVersion } = identityOf(raw);
  return uid === csr.uid && resourceVersion === csr.resourceVersion ? raw : null;
}

/** By the newest readings, with the request itself as it was read just now. */
function assessNow(csr: Csr, context: StepContext): CsrAssessment {
  const snapshot = context.snapshot();
  const csrs = mapReading(snapshot.csrs, (all) => [
    ...all.filter(({ name }) => name !== csr.name),
    csr,
  ]);
  return assessCsr(csr, csrContext({ ...snapshot, csrs }, context.clock.now()));
}

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

async function prove(shown: ShownCsr, ways: Ways, context: StepContext): Promise<Sight> {
  const csr = await currentCsr(shown, context);
  const sight = sightOf(csr);
  if (!sight.done) return waitingForSigner(csr);
  const raw = await sameObject(csr, context);
  if (raw !== null) await record({ ...assessNow(csr, context), rules: [] }, raw, 'issued', context);
  return {
    done: true,
    evidence: `${sight.evidence}; ${await kubeletAnswer(shown, ways, context)}`,
  };
}

const waitingForSigner = ({ name, state }: Csr): Sight => ({
  done: false,
  lastSeen:
    state === 'approved'
      ? `${name} is approved and waits for kube-controller-manager to sign it`
      : `${name} is ${state}`,
});

/** Worth knowing, but a kubelet may take a moment to pick its certificate up: never a failure. */
async function kubeletAnswer(
  { node }: ShownCsr,
  { kubectl, kubernetes }: Ways,
  { shell, signal }: StepContext,
): Promise<string> {
  try {
    const { stdout } = await shell.run(healthzArgv(kubectl, kubernetes, node), {
      effect: 'read',
      timeoutMs: COMMAND_TIMEOUT_MS,
      signal,
      target: node,
    });
    return `its kubelet says ${stdout.trim() || 'nothing'}`;
  } catch (error) {
    if (error instanceof OperatorError) return 'its kubelet does not answer over it yet';
    throw error;
  }
}

async function record(
  { csr, node, request, rules }: CsrAssessment,
  raw: RawObject,
  outcome: string,
  { audit, clock, operator, runDir }: StepContext,
): Promise<void> {
  const credentialId = credentialIdOf(raw);
  const previous = node === null ? null : await audit.lastIssued(node);
  await audit.append({
    atMs: clock.now(),
    operator,
    runDir,
    action: 'approve-csrs',
    object: csr.name,
    uid: csr.uid,
    node,
    keyFingerprint: request?.keyFingerprint ?? null,
    names: request === null ? [] : [...request.altNames.dns, ...request.altNames.ips],
    rules: rules.map((rule) =>
      rule.id === 'V15' ? { ...rule, text: credentialText(credentialId, previous) } : rule,
    ),
    credentialId,
    outcome,
  });
}

function credentialText(
  now: string | null,
  previous: { readonly credentialId: string | null } | null,
): string {
  if (now === null) return 'the API server does not tell the credential';
  if (previous?.credentialId == null) return 'no earlier approval to compare the credential with';
  return previous.credentialId === now
    ? 'the credential is that of the last approval'
    : 'the credential has changed since the last approval';
}

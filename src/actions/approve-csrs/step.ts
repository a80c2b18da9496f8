import { ClientError, OperatorError } from '../../model/errors.js';
import { differencesFromRequest } from '../../model/issued-certificate.js';
import type { Csr } from '../../model/kubernetes.js';
import { readCertificateRequest } from '../../model/pkcs10.js';
import type { Sight, Step, StepContext } from '../types.js';
import { approveArgv, healthzArgv } from './approval.js';
import { approve, type Ways } from './attempt.js';
import { record } from './audit.js';
import { assessNow, currentCsr, type ShownCsr, sameObject } from './current.js';

const ISSUE_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 20_000;

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

import type { CommandLine } from './arguments.js';
import { Failure } from './failure.js';
import type { Io } from './io.js';
import { openSession, type Session } from './session.js';

const PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
/** kubectl retries a conflict this often. */
const TRIES = 10;

interface Decision {
  readonly type: 'Approved' | 'Denied';
  readonly opposite: 'Approved' | 'Denied';
  readonly reason: string;
  readonly message: string;
  readonly word: string;
}

const DECISIONS: Readonly<Record<string, Decision>> = {
  approve: {
    type: 'Approved',
    opposite: 'Denied',
    reason: 'KubectlApprove',
    message: 'This CSR was approved by kubectl certificate approve.',
    word: 'approved',
  },
  deny: {
    type: 'Denied',
    opposite: 'Approved',
    reason: 'KubectlDeny',
    message: 'This CSR was denied by kubectl certificate deny.',
    word: 'denied',
  },
};

/** One failure does not stop the others; any makes the code 1. @throws Failure */
export async function certificate({ flags, positional }: CommandLine, io: Io): Promise<number> {
  const [action = '', ...names] = positional;
  const decision = DECISIONS[action];
  if (decision === undefined) throw new Failure('error: use certificate approve or deny');
  const session = openSession(flags, io);
  if (names.length === 0) {
    throw new Failure('error: one or more CSRs must be specified as <name> or -f <filename>');
  }
  let code = 0;
  for (const name of names) {
    try {
      await decide(session, name, decision);
      io.out(`certificatesigningrequest.certificates.k8s.io/${name} ${decision.word}\n`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      io.err(`${error.message}\n`);
      code = 1;
    }
  }
  session.close();
  return code;
}

async function decide(session: Session, name: string, decision: Decision): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const csr = (await session.json('GET', `${PATH}/${name}`)) as CertificateRequest;
    const conditions = csr.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === decision.type)) return;
    if (conditions.some(({ type }) => type === decision.opposite)) {
      throw new Failure(
        `error: certificate signing request "${name}" is already ${decision.opposite}`,
      );
    }
    const { type, reason, message } = decision;
    const condition = { type, status: 'True', reason, message };
    const status = { ...csr.status, conditions: [...conditions, condition] };
    try {
      await session.json('PUT', `${PATH}/${name}/approval`, { ...csr, status });
      return;
    } catch (error) {
      const isConflict = error instanceof Failure && error.message.includes('(Conflict)');
      if (!isConflict || attempt === TRIES) throw error;
    }
  }
}

interface CertificateRequest {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string }[];
  };
}

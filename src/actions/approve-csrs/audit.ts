import type { CsrAssessment } from '../../model/csr-rules.js';
import type { StepContext } from '../types.js';
import { credentialIdOf, type RawObject } from './approval.js';

/** One decision, on disk when the promise resolves. */
export async function record(
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

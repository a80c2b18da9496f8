import type { Field, Subject } from '../../hooks/modal.js';
import type { CsrAssessment, CsrRule } from '../../model/csr-rules.js';
import { formatDateTime } from '../../model/format.js';
import type { Level } from '../../model/machine.js';
import { plainValue } from './readings.js';

export const RULE_LEVEL: Readonly<Record<CsrRule['state'], Level>> = {
  pass: 'ok',
  fail: 'fail',
  unknown: 'unknown',
  info: 'none',
};

/** `marked`: names of the marked requests; without any the selected one stands alone. */
export function csrSubject(assessment: CsrAssessment, marked: readonly string[]): Subject {
  const { csr, node, rules, verdict, reasons } = assessment;
  const names = marked.length > 0 ? marked : [csr.name];
  return {
    title: marked.length > 1 ? `${marked.length} certificate requests` : csr.name,
    answers: {
      csr: names.join(','),
      ...(node !== null && { node }),
    },
    copyText: csr.name,
    sections: () => [
      {
        title: 'Request',
        fields: [
          { label: 'Name', value: csr.name },
          { label: 'User', value: csr.username },
          { label: 'Groups', value: csr.groups.join(', ') },
          { label: 'Signer', value: csr.signerName },
          { label: 'Usages', value: csr.usages.join(', ') },
          { label: 'Created', value: formatDateTime(csr.createdAtMs) },
          { label: 'State', value: csr.state },
          { label: 'Verdict', value: verdict },
          ...requestFields(assessment),
        ],
      },
      {
        title: 'Rules',
        fields: rules.map(
          ({ id, state, text }): Field => ({ label: id, value: text, level: RULE_LEVEL[state] }),
        ),
      },
    ],
    yaml: () =>
      plainValue({ ...csr, requestPem: undefined, certificatePem: undefined, verdict, reasons }),
  };
}

function requestFields({ request }: CsrAssessment): readonly Field[] {
  if (request === null) return [{ label: 'Content', value: 'cannot be read', level: 'unknown' }];
  const { altNames, keyFingerprint, signature } = request;
  return [
    { label: 'DNS names', value: altNames.dns.join(', ') || 'none' },
    { label: 'Addresses', value: altNames.ips.join(', ') || 'none' },
    { label: 'Key', value: `SHA-256 ${keyFingerprint}` },
    { label: 'Signature', value: signature, level: signature === 'valid' ? 'ok' : 'fail' },
  ];
}

import type { RuleResult } from './csr-node-rules.js';
import type { Csr } from './kubernetes.js';
import type { CertificateRequest, PublicKeyKind, RequestReading } from './pkcs10.js';
import { unreachable } from './unreachable.js';

/** Rules V5, V6, V8 and V9: what the signed request itself says. */
export function checkRequest(csr: Csr, reading: RequestReading): readonly RuleResult[] {
  if (!reading.ok) {
    const unread = { state: 'unknown', text: 'the request cannot be read' } as const;
    return [
      { id: 'V5', state: 'fail', text: reading.problem, isHostile: true },
      ...['V6', 'V8', 'V9'].map((id) => ({ id, ...unread })),
    ];
  }
  const { request } = reading;
  return [
    checkSignature(request),
    outcome('V6', problemWithSubject(request, csr.username), 'names the node and nothing else'),
    outcome('V8', problemWithKey(request.key), keyText(request.key)),
    outcome('V9', problemWithAltNames(request), 'asks for host names and addresses only'),
  ];
}

const outcome = (id: string, problem: string | null, good: string): RuleResult =>
  problem === null
    ? { id, state: 'pass', text: good }
    : { id, state: 'fail', text: problem, isHostile: true };

function checkSignature({ signature }: CertificateRequest): RuleResult {
  switch (signature) {
    case 'valid':
      return { id: 'V5', state: 'pass', text: 'is signed with its own key' };
    case 'invalid':
      return {
        id: 'V5',
        state: 'fail',
        text: 'the signature does not match its key',
        isHostile: true,
      };
    case 'unsupported':
      return { id: 'V5', state: 'unknown', text: 'the signature algorithm cannot be checked' };
    default:
      return unreachable(signature);
  }
}

function problemWithSubject({ subject }: CertificateRequest, username: string): string | null {
  const valuesOf = (type: string) =>
    subject.filter((part) => part.type === type).map(({ value }) => value);
  const [commonName, ...moreNames] = valuesOf('CN');
  if (commonName !== username || moreNames.length > 0) {
    return `the common name is ${commonName ?? 'missing'} and not exactly ${username}`;
  }
  const [organization, ...moreOrganizations] = valuesOf('O');
  if (organization !== 'system:nodes' || moreOrganizations.length > 0) {
    return `the organization is ${valuesOf('O').join(', ') || 'missing'} and not exactly system:nodes`;
  }
  const foreign = subject.find(({ type }) => type !== 'CN' && type !== 'O');
  return foreign === undefined ? null : `the subject also has ${foreign.type}=${foreign.value}`;
}

const MIN_RSA_BITS = 2048;

function problemWithKey(key: PublicKeyKind): string | null {
  switch (key.type) {
    case 'ec':
    case 'ed25519':
      return null;
    case 'rsa':
      return key.bits >= MIN_RSA_BITS ? null : `the RSA key has only ${key.bits} bits`;
    case 'other':
      return `the key algorithm ${key.algorithm} is not accepted`;
    default:
      return unreachable(key);
  }
}

function keyText(key: PublicKeyKind): string {
  switch (key.type) {
    case 'ec':
      return `the key is ECDSA ${key.curve}`;
    case 'ed25519':
      return 'the key is Ed25519';
    case 'rsa':
      return `the key is RSA with ${key.bits} bits`;
    case 'other':
      return key.algorithm;
    default:
      return unreachable(key);
  }
}

const MAX_ALT_NAMES = 16;

function problemWithAltNames({ altNames, otherExtensions }: CertificateRequest): string | null {
  const { dns, ips, uris, emails, otherCount } = altNames;
  if (uris[0] !== undefined) return `asks for the URI ${uris[0]}`;
  if (emails[0] !== undefined) return `asks for the e-mail address ${emails[0]}`;
  if (otherCount > 0) return 'asks for a name of an unusual type';
  if (dns.length + ips.length === 0) return 'asks for no host name or address';
  if (dns.length + ips.length > MAX_ALT_NAMES) {
    return `asks for ${dns.length + ips.length} names, more than ${MAX_ALT_NAMES}`;
  }
  return otherExtensions[0] === undefined ? null : `asks for extension ${otherExtensions[0]}`;
}

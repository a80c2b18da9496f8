import { createHash } from 'node:crypto';
import {
  childrenOf,
  expectTag,
  MalformedDer,
  readElement,
  readWhole,
  TAG,
  wholeOf,
} from './der.js';
import type { CertificateRequest } from './pkcs10.js';
import {
  type NamePart,
  NO_NAMES,
  readAltNames,
  readExtensions,
  readName,
  type SubjectAltNames,
} from './x509-names.js';

interface IssuedCertificate {
  readonly subject: readonly NamePart[];
  readonly altNames: SubjectAltNames;
  readonly keyFingerprint: string;
}

/** How an issued certificate differs from what was asked for, in words; empty when it does not. */
export function differencesFromRequest(
  certificatePem: string,
  request: CertificateRequest,
): readonly string[] {
  const reading = readIssued(certificatePem);
  if (typeof reading === 'string') return [reading];
  const differs = (what: string, issued: readonly string[], asked: readonly string[]) =>
    sameItems(issued, asked)
      ? null
      : `${what} ${issued.join(', ') || 'none'} instead of ${asked.join(', ') || 'none'}`;
  const nameText = ({ type, value }: NamePart) => `${type}=${value}`;
  return [
    differs('subject', reading.subject.map(nameText), request.subject.map(nameText)),
    differs('host names', reading.altNames.dns, request.altNames.dns),
    differs('addresses', reading.altNames.ips, request.altNames.ips),
    otherNames(reading.altNames) === 0 ? null : 'names of other types',
    reading.keyFingerprint === request.keyFingerprint ? null : 'another key',
  ].filter((difference) => difference !== null);
}

const otherNames = ({ uris, emails, otherCount }: SubjectAltNames): number =>
  uris.length + emails.length + otherCount;

/** The signer may put the parts into another order (kube-controller-manager writes the subject anew). */
function sameItems(a: readonly string[], b: readonly string[]): boolean {
  const left = a.toSorted();
  const right = b.toSorted();
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

const FIRST_BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;

/** The first certificate of a chain, or what is wrong with it. */
function readIssued(pem: string): IssuedCertificate | string {
  const body = FIRST_BLOCK.exec(pem)?.[1];
  if (body === undefined) return 'no certificate';
  try {
    return parseCertificate(Buffer.from(body, 'base64'));
  } catch (error) {
    if (error instanceof MalformedDer) return `a certificate that ${error.message}`;
    throw error;
  }
}

function parseCertificate(bytes: Uint8Array): IssuedCertificate {
  const [tbs] = childrenOf(bytes, readWhole(bytes, TAG.sequence));
  // [0] version, serial, algorithm, issuer, validity, subject, key, then [1] to [3]
  const [version, , , , , subject, keyInfo, ...rest] = childrenOf(
    bytes,
    expectTag(tbs, TAG.sequence),
  );
  expectTag(version, 0xa0);
  const wrapped = rest.find(({ tag }) => tag === 0xa3);
  const extensions =
    wrapped === undefined
      ? []
      : readExtensions(bytes, readElement(bytes, wrapped.contentStart, wrapped.end));
  const altNames = extensions.find(({ oid }) => oid === '2.5.29.17');
  return {
    subject: readName(bytes, subject),
    altNames: altNames === undefined ? NO_NAMES : readAltNames(altNames.value),
    keyFingerprint: createHash('sha256')
      .update(wholeOf(bytes, expectTag(keyInfo, TAG.sequence)))
      .digest('hex'),
  };
}

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createCertificate, type Issuer, type Subject } from './certificate.js';
import { children, oid, readNode } from './der.js';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const SUBJECT_KEY_ID = oid('2.5.29.14');
/** `[0] version` and the fields up to the subject; `[3]` holds the extensions. */
const SUBJECT_FIELD = 5;
const EXTENSIONS_TAG = 0xa3;

/** Changed by `adopt`: whoever signs reads it anew each time. */
export interface Authority extends Issuer {
  subject: Subject | Buffer;
  key: KeyObject;
  keyId?: Buffer | undefined;
  certPem: string;
}

export function createAuthority(subject: Subject, key: KeyObject, nowMs: number): Authority {
  const certPem = createCertificate(
    {
      subject,
      spki: createPublicKey(key).export({ type: 'spki', format: 'der' }),
      fromMs: nowMs - DAY_MS,
      toMs: nowMs + 10 * YEAR_MS,
      purposes: [],
      isCa: true,
      altNames: null,
    },
    { subject, key },
  );
  return { subject, key, certPem };
}

export interface AuthorityPems {
  readonly certPem: string;
  readonly keyPem: string;
}

/** What somebody else has made. @throws Error when it is no authority. */
export function readAuthority({ certPem, keyPem }: AuthorityPems): Authority {
  const key = createPrivateKey(keyPem.replaceAll('ED25519 PRIVATE KEY', 'PRIVATE KEY'));
  const certificate = new X509Certificate(certPem);
  if (!certificate.checkPrivateKey(key)) throw new Error('The key is not that of the certificate.');
  const [body] = children(readNode(certificate.raw).content);
  const fields = body === undefined ? [] : children(body.content);
  const subject = fields[SUBJECT_FIELD];
  if (subject === undefined) throw new RangeError('Not a certificate.');
  const keyId = keyIdIn(fields.find(({ tag }) => tag === EXTENSIONS_TAG)?.content);
  return { subject: subject.whole, key, keyId, certPem };
}

/** Signs from now on as this authority. @throws Error when it is none. */
export function adopt(authority: Authority, pems: AuthorityPems): void {
  Object.assign(authority, readAuthority(pems));
}

/** OpenSSL wants the very id that the authority's certificate says. */
function keyIdIn(extensions: Buffer | undefined): Buffer | undefined {
  if (extensions === undefined) return undefined;
  for (const extension of children(readNode(extensions).content)) {
    const [id, ...rest] = children(extension.content);
    const value = rest.at(-1)?.content;
    if (id?.whole.equals(SUBJECT_KEY_ID) && value !== undefined) return readNode(value).content;
  }
  return undefined;
}

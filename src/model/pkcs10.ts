import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  bitStringOf,
  childrenOf,
  contentOf,
  type DerElement,
  expectTag,
  MalformedDer,
  oidOf,
  readWhole,
  TAG,
  wholeOf,
} from './der.js';
import {
  type NamePart,
  NO_NAMES,
  readAltNames,
  readExtensions,
  readName,
  type SubjectAltNames,
} from './x509-names.js';

export type PublicKeyKind =
  | { readonly type: 'ec'; readonly curve: 'P-256' | 'P-384' }
  | { readonly type: 'rsa'; readonly bits: number }
  | { readonly type: 'ed25519' }
  | { readonly type: 'other'; readonly algorithm: string };

/** What a PKCS#10 certificate request asks for. */
export interface CertificateRequest {
  readonly subject: readonly NamePart[];
  readonly altNames: SubjectAltNames;
  /** Object ids of requested extensions other than subjectAltName. */
  readonly otherExtensions: readonly string[];
  readonly key: PublicKeyKind;
  /** SHA-256 over the SubjectPublicKeyInfo, lower-case hex. */
  readonly keyFingerprint: string;
  /** By the request's own key; `unsupported`: an algorithm that we do not check. */
  readonly signature: 'valid' | 'invalid' | 'unsupported';
}

export type RequestReading =
  | { readonly ok: true; readonly request: CertificateRequest }
  | { readonly ok: false; readonly problem: string };

const MAX_PEM_LENGTH = 64 * 1024;
const ONE_BLOCK =
  /^\s*-----BEGIN CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n?-----END CERTIFICATE REQUEST-----\s*$/;

const OID = {
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
  ecPublicKey: '1.2.840.10045.2.1',
  rsaEncryption: '1.2.840.113549.1.1.1',
  ed25519: '1.3.101.112',
} as const;

const CURVES: Readonly<Record<string, 'P-256' | 'P-384'>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
};

/** Signature algorithm to digest; Ed25519 has none of its own. */
const SIGNATURES: Readonly<
  Record<string, { readonly key: 'ec' | 'rsa' | 'ed25519'; readonly digest: string | null }>
> = {
  '1.2.840.10045.4.3.2': { key: 'ec', digest: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', digest: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', digest: 'sha512' },
  '1.2.840.113549.1.1.11': { key: 'rsa', digest: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', digest: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', digest: 'sha512' },
  [OID.ed25519]: { key: 'ed25519', digest: null },
};

/** OpenSSL checks no larger RSA key (OPENSSL_RSA_MAX_MODULUS_BITS). */
const MAX_RSA_BITS = 16_384;

/** Never throws: whatever is not exactly one well-formed request is a problem in words. */
export function readCertificateRequest(pem: string): RequestReading {
  try {
    return { ok: true, request: parseRequest(decodePem(pem)) };
  } catch (error) {
    if (error instanceof MalformedDer) {
      return { ok: false, problem: `The request ${error.message}.` };
    }
    throw error;
  }
}

function decodePem(pem: string): Uint8Array {
  if (pem.length > MAX_PEM_LENGTH) throw new MalformedDer('is larger than 64 KiB');
  // kube-controller-manager reads the first block and ignores what follows: more than one is no accident.
  const body = ONE_BLOCK.exec(pem)?.[1]?.replaceAll(/[\r\n]/g, '');
  if (body === undefined) throw new MalformedDer('is not exactly one CERTIFICATE REQUEST block');
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('base64') !== body) throw new MalformedDer('is not clean base64');
  return bytes;
}

function parseRequest(bytes: Uint8Array): CertificateRequest {
  const [info, algorithm, signature, ...rest] = childrenOf(bytes, readWhole(bytes, TAG.sequence));
  if (rest.length > 0) throw new MalformedDer('has an unexpected structure');
  const [version, subject, keyInfo, attributes, ...more] = childrenOf(
    bytes,
    expectTag(info, TAG.sequence),
  );
  if (more.length > 0) throw new MalformedDer('has an unexpected structure');
  if (contentOf(bytes, expectTag(version, TAG.integer)).some((byte) => byte !== 0)) {
    throw new MalformedDer('has an unknown version');
  }
  const keyBytes = wholeOf(bytes, expectTag(keyInfo, TAG.sequence));
  const publicKey = importKey(keyBytes);
  const key = keyKind(bytes, expectTag(keyInfo, TAG.sequence), publicKey);
  return {
    subject: readName(bytes, subject),
    ...readAttributes(bytes, attributes),
    key,
    keyFingerprint: createHash('sha256').update(keyBytes).digest('hex'),
    signature: checkSignature({
      signed: wholeOf(bytes, expectTag(info, TAG.sequence)),
      algorithm: oidOf(bytes, childrenOf(bytes, expectTag(algorithm, TAG.sequence))[0]),
      signature: bitStringOf(bytes, signature),
      key,
      publicKey,
    }),
  };
}

function importKey(keyBytes: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(keyBytes), format: 'der', type: 'spki' });
  } catch {
    // OpenSSL's texts name its own decoder, not the operator's problem.
    throw new MalformedDer('has a public key that cannot be read');
  }
}

/** By the algorithm ids in the request: OpenSSL also takes curves given as explicit numbers. */
function keyKind(bytes: Uint8Array, keyInfo: DerElement, publicKey: KeyObject): PublicKeyKind {
  const [algorithm] = childrenOf(bytes, keyInfo);
  const [oid, parameters] = childrenOf(bytes, expectTag(algorithm, TAG.sequence));
  const name = oidOf(bytes, oid);
  if (name === OID.ed25519) return { type: 'ed25519' };
  if (name === OID.rsaEncryption) {
    return { type: 'rsa', bits: publicKey.asymmetricKeyDetails?.modulusLength ?? 0 };
  }
  const curve =
    name === OID.ecPublicKey && parameters?.tag === TAG.oid
      ? CURVES[oidOf(bytes, parameters)]
      : undefined;
  return curve === undefined ? { type: 'other', algorithm: name } : { type: 'ec', curve };
}

function readAttributes(
  bytes: Uint8Array,
  attributes: DerElement | undefined,
): Pick<CertificateRequest, 'altNames' | 'otherExtensions'> {
  // [0] IMPLICIT SET OF Attribute
  const lists = (attributes === undefined ? [] : childrenOf(bytes, expectTag(attributes, 0xa0)))
    .map((attribute) => childrenOf(bytes, expectTag(attribute, TAG.sequence)))
    .filter(([oid]) => oidOf(bytes, oid) === OID.extensionRequest)
    .flatMap(([, values]) => childrenOf(bytes, expectTag(values, TAG.set)));
  if (lists.length > 1) throw new MalformedDer('has more than one list of extensions');
  const extensions = lists.flatMap((list) => readExtensions(bytes, list));
  const altNames = extensions.find(({ oid }) => oid === OID.subjectAltName);
  return {
    altNames: altNames === undefined ? NO_NAMES : readAltNames(altNames.value),
    otherExtensions: extensions.map(({ oid }) => oid).filter((oid) => oid !== OID.subjectAltName),
  };
}

function checkSignature({
  signed,
  algorithm,
  signature,
  key,
  publicKey,
}: {
  readonly signed: Uint8Array;
  readonly algorithm: string;
  readonly signature: Uint8Array;
  readonly key: PublicKeyKind;
  readonly publicKey: KeyObject;
}): CertificateRequest['signature'] {
  const known = SIGNATURES[algorithm];
  if (known === undefined || key.type === 'other') return 'unsupported';
  if (key.type === 'rsa' && key.bits > MAX_RSA_BITS) return 'unsupported';
  if (known.key !== key.type) return 'invalid';
  try {
    return verify(known.digest, signed, publicKey, signature) ? 'valid' : 'invalid';
  } catch {
    // OpenSSL throws on signatures that are no DER at all.
    return 'invalid';
  }
}

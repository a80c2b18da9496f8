import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  bits,
  children,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  readNode,
  sequence,
  set,
  TRUE,
  text,
  time,
  tlv,
} from './der.js';

const OID = {
  organization: '2.5.4.10',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  subjectKeyId: '2.5.29.14',
  authorityKeyId: '2.5.29.35',
  extensionRequest: '1.2.840.113549.1.9.14',
  ed25519: '1.3.101.112',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaWithSha256: '1.2.840.113549.1.1.11',
} as const;

const PURPOSE = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

export interface Subject {
  readonly organizations: readonly string[];
  readonly commonName: string | null;
}

export interface AltNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris?: readonly string[];
  readonly emails?: readonly string[];
}

export interface CertificateContent {
  /** Subject as DER, or its parts. */
  readonly subject: Subject | Buffer;
  /** SubjectPublicKeyInfo as DER. */
  readonly spki: Buffer;
  readonly fromMs: number;
  readonly toMs: number;
  readonly purposes: readonly (keyof typeof PURPOSE)[];
  readonly isCa: boolean;
  /** SubjectAltName value as DER, or its parts; null = none. */
  readonly altNames: AltNames | Buffer | null;
}

export interface Issuer {
  readonly subject: Subject | Buffer;
  readonly key: KeyObject;
  /** Default: the SHA-1 of its key, as we write it ourselves. */
  readonly keyId?: Buffer | undefined;
}

/** RFC 5280 v3 certificate. @returns PEM. */
export function createCertificate(content: CertificateContent, issuer: Issuer): string {
  const algorithm = signatureAlgorithm(issuer.key);
  const issuerKeyId =
    issuer.keyId ?? keyId(createPublicKey(issuer.key).export({ type: 'spki', format: 'der' }));
  const body = sequence(
    explicit(0, integer(2)),
    integer(serialNumber()),
    algorithm,
    nameOf(issuer.subject),
    sequence(time(content.fromMs), time(content.toMs)),
    nameOf(content.subject),
    content.spki,
    explicit(3, sequence(...extensionsOf(content, issuerKeyId))),
  );
  return pem('CERTIFICATE', sequence(body, algorithm, bits(signBytes(body, issuer.key))));
}

/** PKCS#10 (RFC 2986) signed by its own key. @returns PEM. */
export function createRequest(subject: Subject, altNames: AltNames, key: KeyObject): string {
  const extensions = sequence(extension(OID.subjectAltName, altNamesOf(altNames), false));
  const body = sequence(
    integer(0),
    nameOf(subject),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    explicit(0, sequence(oid(OID.extensionRequest), set(extensions))),
  );
  return pem(
    'CERTIFICATE REQUEST',
    sequence(body, signatureAlgorithm(key), bits(signBytes(body, key))),
  );
}

export interface RequestParts {
  /** All as DER. */
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly altNames: Buffer | null;
}

/** @throws RangeError when the request is no PKCS#10 structure. */
export function readRequest(requestPem: string): RequestParts {
  const base64 = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]*?)-----END/.exec(requestPem)?.[1];
  const [body] = children(readNode(Buffer.from(base64 ?? '', 'base64')).content);
  const [, subject, spki, attributes] = body === undefined ? [] : children(body.content);
  if (subject === undefined || spki === undefined) throw new RangeError('Not a PKCS#10 request.');
  return {
    subject: subject.whole,
    spki: spki.whole,
    altNames: attributes === undefined ? null : requestedAltNames(attributes.content),
  };
}

function requestedAltNames(attributes: Buffer): Buffer | null {
  for (const attribute of children(attributes)) {
    const [type, values] = children(attribute.content);
    if (!type?.whole.equals(oid(OID.extensionRequest)) || values === undefined) continue;
    for (const requested of children(readNode(values.content).content)) {
      const parts = children(requested.content);
      if (parts[0]?.whole.equals(oid(OID.subjectAltName))) return parts.at(-1)?.content ?? null;
    }
  }
  return null;
}

function extensionsOf(content: CertificateContent, issuerKeyId: Buffer): readonly Buffer[] {
  const { isCa, purposes, altNames } = content;
  // digitalSignature, and for an authority keyCertSign (5) and cRLSign (6).
  const usage = isCa ? bits(Buffer.from([0b1000_0110]), 1) : bits(Buffer.from([0b1000_0000]), 7);
  return [
    extension(OID.keyUsage, usage, true),
    ...(purposes.length === 0
      ? []
      : [
          extension(
            OID.extendedKeyUsage,
            sequence(...purposes.map((purpose) => oid(PURPOSE[purpose]))),
            false,
          ),
        ]),
    extension(OID.basicConstraints, isCa ? sequence(TRUE) : sequence(), true),
    extension(OID.subjectKeyId, octets(keyId(content.spki)), false),
    extension(OID.authorityKeyId, sequence(implicit(0, issuerKeyId)), false),
    ...(altNames === null
      ? []
      : [
          extension(
            OID.subjectAltName,
            Buffer.isBuffer(altNames) ? altNames : altNamesOf(altNames),
            false,
          ),
        ]),
  ];
}

const extension = (id: string, value: Buffer, isCritical: boolean): Buffer =>
  sequence(oid(id), ...(isCritical ? [TRUE] : []), octets(value));

function altNamesOf(names: AltNames): Buffer {
  return sequence(
    ...names.dnsNames.map((name) => implicit(2, Buffer.from(name, 'ascii'))),
    ...(names.emails ?? []).map((email) => implicit(1, Buffer.from(email, 'ascii'))),
    ...names.ipAddresses.map((address) => implicit(7, ipBytes(address))),
    ...(names.uris ?? []).map((uri) => implicit(6, Buffer.from(uri, 'ascii'))),
  );
}

function ipBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from(
    [...before, ...zeros, ...after].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/** Organisations first, as Go's pkix.Name writes them. */
export function nameOf(subject: Subject | Buffer): Buffer {
  if (Buffer.isBuffer(subject)) return subject;
  const part = (id: string, value: string): Buffer => set(sequence(oid(id), text(value)));
  return sequence(
    ...(subject.organizations.length === 0
      ? []
      : [set(...subject.organizations.map((name) => sequence(oid(OID.organization), text(name))))]),
    ...(subject.commonName === null ? [] : [part(OID.commonName, subject.commonName)]),
  );
}

function signatureAlgorithm(key: KeyObject): Buffer {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return sequence(oid(OID.ed25519));
    case 'ec':
      return sequence(oid(OID.ecdsaWithSha256));
    case 'rsa':
      return sequence(oid(OID.rsaWithSha256), tlv(0x05));
    default:
      throw new TypeError(`No signature with a key of type ${key.asymmetricKeyType}.`);
  }
}

const signBytes = (bytes: Buffer, key: KeyObject): Buffer =>
  sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key);

const keyId = (spki: Buffer): Buffer => {
  const [, key] = children(readNode(spki).content);
  return createHash('sha1')
    .update(key?.content.subarray(1) ?? spki)
    .digest();
};

function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes;
}

export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
